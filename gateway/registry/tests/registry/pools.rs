//! Stores that are pools of a Ceph cluster.

use labelgate_registry::{Change, NewStore, RedbRegistry, Registry, StoreKey};

use crate::backup::backup;
use crate::samples::{STORE_KEY, directory, image, pool, registry, store};

fn key_of(registry: &RedbRegistry, store: &str) -> Option<StoreKey> {
    registry.store_key(&store.parse().unwrap()).unwrap()
}

fn expose(key: Option<StoreKey>) -> String {
    key.unwrap().cephx().unwrap().expose().to_owned()
}

fn refused(registry: &RedbRegistry, change: &Change, why: &str) {
    let error = registry.apply(change).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains(why), "{error}");
}

#[test]
fn a_stores_key_is_kept_apart_from_it_and_goes_with_it() {
    let (_directory, path, registry) = registry();
    registry
        .apply(&Change::AddStore(pool("ceph", "vms")))
        .unwrap();
    registry.apply(&store("local")).unwrap();
    let shown = format!("{:?}", registry.read().unwrap());
    assert!(
        shown.contains("vms") && !shown.contains(STORE_KEY),
        "{shown}"
    );
    drop(registry);

    let registry = RedbRegistry::open(&path).unwrap();
    assert_eq!(expose(key_of(&registry, "ceph")), STORE_KEY);
    assert_eq!(key_of(&registry, "local"), None);
    let other = StoreKey::Cephx(STORE_KEY.replace("AQB", "AQC").parse().unwrap());
    let rekey = |store: &str| Change::RekeyStore {
        store: store.parse().unwrap(),
        key: other.clone(),
    };
    registry.apply(&rekey("ceph")).unwrap();
    assert_eq!(key_of(&registry, "ceph"), Some(other.clone()));
    refused(
        &registry,
        &rekey("local"),
        "store local is opened with no key",
    );

    let gone = Change::RemoveStore("ceph".parse().unwrap());
    registry.apply(&gone).unwrap();
    assert_eq!(key_of(&registry, "ceph"), None);
}

#[test]
fn a_pool_has_a_key_and_a_directory_none() {
    let (_directory, _, registry) = registry();
    let without = NewStore {
        key: None,
        ..pool("ceph", "vms")
    };
    refused(
        &registry,
        &Change::AddStore(without),
        "opened with the key of its entity",
    );
    let Change::AddStore(mut with) = directory("local", "/srv/local") else {
        panic!("no store");
    };
    with.key = Some(StoreKey::Cephx(STORE_KEY.parse().unwrap()));
    refused(&registry, &Change::AddStore(with), "opened with no key");
}

#[test]
fn a_pool_is_one_store_and_an_image_in_it_one_image() {
    let (_directory, _, registry) = registry();
    registry
        .apply(&Change::AddStore(pool("ceph", "vms")))
        .unwrap();
    refused(
        &registry,
        &Change::AddStore(pool("again", "vms")),
        "pool vms of these monitors is store ceph",
    );
    registry
        .apply(&Change::AddStore(pool("fast", "ssd")))
        .unwrap();

    let mut disk = image("ceph", "web", "s0:c1,c2");
    disk.file = "ns/web".parse().unwrap();
    registry.apply(&Change::AddImage(disk.clone())).unwrap();
    let mut other = image("ceph", "other", "s0:c1,c2");
    other.file = disk.file.clone();
    refused(
        &registry,
        &Change::AddImage(other.clone()),
        "is image ceph/web already",
    );
    // The same name in another pool is another image.
    other.store = "fast".parse().unwrap();
    registry.apply(&Change::AddImage(other)).unwrap();
    refused(
        &registry,
        &Change::RemoveStore("ceph".parse().unwrap()),
        "store ceph still has images",
    );
}

#[test]
fn what_a_pool_cannot_have_is_refused() {
    let (_directory, _, registry) = registry();
    registry
        .apply(&Change::AddStore(pool("ceph", "vms")))
        .unwrap();
    let disk = image("ceph", "web", "s0:c1,c2");
    let with = |file: &str, direct, content| {
        let mut disk = disk.clone();
        disk.file = file.parse().unwrap();
        (disk.direct, disk.content, disk.read_only) = (direct, content, content);
        Change::AddImage(disk)
    };
    for (change, why) in [
        (
            with("a/b/web", false, false),
            "a/b/web is no image in a pool",
        ),
        (with("web@before", false, false), "has the character '@'"),
        (with("web", true, false), "leave direct out"),
        (
            with("web", false, true),
            "content is served from directories",
        ),
    ] {
        refused(&registry, &change, why);
    }
}

#[test]
fn a_backup_has_the_keys_of_stores_and_says_that_an_older_labelgate_cannot_read_it() {
    let (_from, _, from) = registry();
    from.apply(&store("local")).unwrap();
    let head = b"{\"labelgate-registry-backup\":2,";
    assert!(backup(&from).starts_with(head), "nothing new is in it");
    from.apply(&Change::AddStore(pool("ceph", "vms"))).unwrap();
    let bytes = backup(&from);
    assert!(bytes.starts_with(b"{\"labelgate-registry-backup\":3,"));
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(!text.contains(STORE_KEY), "as all secrets: in hexadecimal");

    let (_to, _, to) = registry();
    to.apply(&Change::AddStore(pool("old", "old"))).unwrap();
    to.restore(&mut bytes.as_slice()).unwrap();
    assert_eq!(expose(key_of(&to, "ceph")), STORE_KEY);
    assert_eq!(key_of(&to, "old"), None);
    assert_eq!(to.read().unwrap().stores, from.read().unwrap().stores);
}
