//! Stores that are upstream iSCSI targets.

use labelgate_registry::{
    Change, ChapSecrets, Iscsi, NewStore, Place, RedbRegistry, Registry, Store, StoreKey,
};

use crate::backup::backup;
use crate::samples::{STORE_KEY, image, registry};

const SECRET: &str = "secret-of-gateway";

fn secrets(target: Option<&str>) -> StoreKey {
    let target = target.map(|secret| secret.parse().unwrap());
    ChapSecrets::new(SECRET.parse().unwrap(), target)
        .unwrap()
        .into()
}

fn target(name: &str, target: &str, user: Option<&str>) -> NewStore {
    let place = Iscsi {
        portal: "10.0.0.9".parse().unwrap(),
        target: format!("iqn.2026-11.org.example:{target}").parse().unwrap(),
        initiator: "iqn.2026-11.io.labelgate:gateway".parse().unwrap(),
        user: user.map(|name| name.parse().unwrap()),
        target_user: None,
        shared: false,
    };
    NewStore {
        store: Store {
            name: name.parse().unwrap(),
            place: Place::Iscsi(place),
        },
        key: user.map(|_| secrets(None)),
    }
}

fn refused(registry: &RedbRegistry, change: &Change, why: &str) {
    let error = registry.apply(change).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains(why), "{error}");
}

#[test]
fn a_target_has_a_secret_for_each_name_and_no_other_key() {
    let (_directory, _, registry) = registry();
    let open = target("open", "open", None);
    registry.apply(&Change::AddStore(open)).unwrap();
    let san = target("san", "web", Some("gateway"));
    for wrong in [
        None,
        Some(StoreKey::Cephx(STORE_KEY.parse().unwrap())),
        Some(secrets(Some("secret-of-target"))),
    ] {
        let store = NewStore {
            key: wrong,
            ..san.clone()
        };
        refused(
            &registry,
            &Change::AddStore(store),
            "is opened with the secret of its user",
        );
    }
    registry.apply(&Change::AddStore(san)).unwrap();
    let rekey = |key| Change::RekeyStore {
        store: "san".parse().unwrap(),
        key,
    };
    refused(
        &registry,
        &rekey(secrets(Some("secret-of-target"))),
        "is opened with the secret of its user",
    );
    let other = ChapSecrets::new("another-secret".parse().unwrap(), None).unwrap();
    registry.apply(&rekey(other.clone().into())).unwrap();
    let kept = registry.store_key(&"san".parse().unwrap()).unwrap();
    assert_eq!(kept, Some(StoreKey::Chap(other)));
}

#[test]
fn a_target_is_one_store_and_a_unit_of_it_one_image() {
    let (_directory, _, registry) = registry();
    registry
        .apply(&Change::AddStore(target("san", "web", None)))
        .unwrap();
    let mut again = target("again", "web", None);
    if let Place::Iscsi(iscsi) = &mut again.store.place {
        iscsi.portal = "10.0.0.10".parse().unwrap();
    }
    refused(&registry, &Change::AddStore(again), "web is store san");
    let mut disk = image("san", "web", "s0:c1,c2");
    disk.file = "7".parse().unwrap();
    registry.apply(&Change::AddImage(disk)).unwrap();
    let mut other = image("san", "other", "s0:c1,c3");
    for (unit, why) in [
        ("7", "is image san/web already"),
        ("07", "07 is no image in a pool"),
        ("web", "is no number of a logical unit"),
    ] {
        other.file = unit.parse().unwrap();
        refused(&registry, &Change::AddImage(other.clone()), why);
    }
}

#[test]
fn a_backup_with_secrets_of_a_target_says_that_an_older_labelgate_cannot_read_it() {
    let (_from, _, from) = registry();
    from.apply(&Change::AddStore(target("san", "web", Some("gateway"))))
        .unwrap();
    let bytes = backup(&from);
    assert!(bytes.starts_with(b"{\"labelgate-registry-backup\":4,"));
    assert!(
        !String::from_utf8_lossy(&bytes).contains(SECRET),
        "in hexadecimal"
    );
    let (_to, _, to) = registry();
    to.restore(&mut bytes.as_slice()).unwrap();
    let kept = to.store_key(&"san".parse().unwrap()).unwrap();
    assert_eq!(kept, Some(secrets(None)));
    assert_eq!(to.read().unwrap().stores, from.read().unwrap().stores);
}
