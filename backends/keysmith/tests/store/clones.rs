//! Keys of clones: they read what the clone was made of, and that is believed only if it is noted there.

use std::fs;

use labelgate_control::{KeyScope, KeysmithAnswer, KeysmithRefusal, KeysmithTask, List, Text};

use crate::bench::text;
use crate::isolation::{forbids_everything_else, reaches_no_object};
use crate::keeper::Keeper;
use crate::{Bench, name};

/// The snapshot of an image without a namespace that clones are made of.
pub(crate) const SNAPSHOT: &str = "golden";

/// Makes an image with something in it, and a snapshot.
pub(crate) fn base(bench: &Bench, image: &str) -> String {
    bench.create("", image, 8 << 20);
    let mut admin = Keeper::connect(bench, "admin", bench.ceph.admin_key()).unwrap();
    admin.open("", image, false).unwrap();
    admin.write(0).unwrap();
    admin.close();
    bench.does(&KeysmithTask::CreateSnapshot {
        name: name("", image),
        snapshot: text(SNAPSHOT),
    });
    image.to_owned()
}

pub(crate) fn clone_of(bench: &Bench, base: &str, (namespace, image): (&str, &str)) {
    bench.does(&KeysmithTask::CloneImage {
        name: name(namespace, image),
        of: name("", base),
        snapshot: text(SNAPSHOT),
    });
}

/// That a keeper reads what the clone was made of, and can do everything with the clone.
fn is_served(bench: &Bench, entity: &str, key: &str, (namespace, image): (&str, &str)) {
    let mut keeper = Keeper::connect(bench, entity, key).unwrap();
    keeper.open(namespace, image, false).unwrap();
    keeper.forget();
    keeper.read(0).unwrap();
    assert_eq!(keeper.byte(), 7, "the parent's");
    keeper.do_everything().unwrap();
    keeper.close();
}

#[test]
fn a_clones_key_reads_what_it_was_made_of_and_nothing_else() {
    let bench = Bench::start();
    let base = base(&bench, "base");
    bench.create("", "other", 8 << 20);
    clone_of(&bench, &base, ("ns", "disk"));
    let entity = "labelgate.disk";
    let key = bench.image_key(entity, name("ns", "disk"), false);
    is_served(&bench, entity, &key, ("ns", "disk"));

    let id = bench.id("", &base);
    let (data, header) = (
        format!("rbd_data.{id}.0000000000000000"),
        format!("rbd_header.{id}"),
    );
    bench.allows(
        entity,
        &key,
        &["rados", "-p", "rbd", "get", &data, "/dev/null"],
    );
    for words in [
        &["put", &data, "/etc/hostname"][..],
        &["rm", &data],
        &["setomapval", &header, "size", "x"],
        &[
            "lock",
            "get",
            &header,
            "rbd_lock",
            "--lock-cookie",
            "auto 1",
        ],
        &["get", &format!("rbd_object_map.{id}"), "/dev/null"],
    ] {
        bench.refuses(entity, &key, &[&["rados", "-p", "rbd"], words].concat());
    }
    reaches_no_object(&bench, entity, &key, "", "other");
    bench.refuses(entity, &key, &["rbd", "ls", "rbd/ns"]);
    forbids_everything_else(&bench, entity, &key);
}

#[test]
fn clones_of_the_first_format_and_of_clones_are_served_too() {
    let bench = Bench::start();
    let base = base(&bench, "base");
    let snapshot = format!("rbd/{base}@{SNAPSHOT}");
    // What the cluster's own program makes on a cluster that may have old clients.
    bench.ceph.rbd(&["snap", "protect", &snapshot]).unwrap();
    bench.ceph.rbd(&["clone", &snapshot, "rbd/child"]).unwrap();
    let key = bench.image_key("labelgate.child", name("", "child"), false);
    is_served(&bench, "labelgate.child", &key, ("", "child"));

    clone_of(&bench, &base, ("", "middle"));
    bench.does(&KeysmithTask::CreateSnapshot {
        name: name("", "middle"),
        snapshot: text(SNAPSHOT),
    });
    clone_of(&bench, "middle", ("ns", "last"));
    let key = bench.image_key("labelgate.last", name("ns", "last"), false);
    is_served(&bench, "labelgate.last", &key, ("ns", "last"));

    let clones = bench.ask(&KeysmithTask::ListClones {
        name: name("", &base),
        skip: 0,
    });
    let Ok(KeysmithAnswer::Relatives { all, more: false }) = clones else {
        panic!("{clones:?}");
    };
    let mut found: Vec<_> = all
        .iter()
        .map(|one| format!("{}/{}", one.name.namespace, one.name.image))
        .collect();
    found.sort();
    assert_eq!(found, ["/child", "/middle", "ns/last"]);
}

/// As its keeper could, who writes its header.
#[test]
fn what_a_clone_says_of_its_parent_is_believed_only_if_that_says_so_too() {
    let bench = Bench::start();
    let base = base(&bench, "base");
    let other = base_like(&bench, &base);
    clone_of(&bench, &base, ("ns", "disk"));
    let number = |image: &str| {
        let task = KeysmithTask::ListSnapshots {
            name: name("", image),
            after: 0,
        };
        match bench.ask(&task) {
            Ok(KeysmithAnswer::Snapshots { all, .. }) => all.iter().next().unwrap().number,
            other => panic!("{other:?}"),
        }
    };
    let header = format!("rbd_header.{}", bench.id("ns", "disk"));
    let file = bench.ceph.conf().with_file_name("parent");
    let path = file.display().to_string();
    let rados = |words: &[&str]| {
        let all = [&["rados", "-p", "rbd", "-N", "ns"], words].concat();
        bench.allows("admin", bench.ceph.admin_key(), &all);
    };
    rados(&["getomapval", &header, "parent", &path]);
    let mut parent = fs::read(&file).unwrap();
    for (was, is) in [
        (
            bench.id("", &base).into_bytes(),
            bench.id("", &other).into_bytes(),
        ),
        (
            number(&base).to_le_bytes().to_vec(),
            number(&other).to_le_bytes().to_vec(),
        ),
    ] {
        let at = parent.windows(was.len()).rposition(|some| some == was);
        let at = at.expect("it is in there");
        parent.splice(at..at + was.len(), is);
    }
    fs::write(&file, parent).unwrap();
    rados(&["setomapval", &header, "parent", "--input-file", &path]);

    let asked = KeysmithTask::ListParents {
        name: name("ns", "disk"),
    };
    let refused = bench.smith.work(&asked).unwrap_err();
    assert!(refused.reason.contains("knows nothing of"), "{refused}");
    let id = Text::new(&bench.id("", &other)).unwrap();
    let scope = KeyScope::Image {
        name: name("ns", "disk"),
        read_only: false,
        parents: List::try_from(vec![id]).unwrap(),
    };
    let entity = text("labelgate.disk");
    let made = bench.ask(&KeysmithTask::MakeKey { entity, scope });
    assert_eq!(made, Err(KeysmithRefusal::Unfit));
}

/// Another image whose identifier is as long.
fn base_like(bench: &Bench, like: &str) -> String {
    let length = bench.id("", like).len();
    let mut more = (0..20).map(|n| base(bench, &format!("other-{n}")));
    more.find(|other| bench.id("", other).len() == length)
        .expect("identifiers are of one length, mostly")
}

#[test]
fn a_key_is_made_for_the_parents_that_were_allowed_alone() {
    let bench = Bench::start();
    let base = base(&bench, "base");
    clone_of(&bench, &base, ("ns", "disk"));
    let make = |parents: Vec<Text<64>>| {
        let scope = KeyScope::Image {
            name: name("ns", "disk"),
            read_only: false,
            parents: List::try_from(parents).unwrap(),
        };
        let entity = text("labelgate.disk");
        bench.ask(&KeysmithTask::MakeKey { entity, scope })
    };
    assert_eq!(make(Vec::new()), Err(KeysmithRefusal::Unfit));
    assert_eq!(make(vec![text("1")]), Err(KeysmithRefusal::Unfit));
    let made = make(vec![text(&bench.id("", &base))]);
    assert!(matches!(made, Ok(KeysmithAnswer::Key(_))), "{made:?}");
}

/// As a keysmith that was killed leaves it, between the clone and the note of it.
#[test]
fn a_clone_that_its_parent_knows_nothing_of_is_made_again() {
    let bench = Bench::start();
    let base = base(&bench, "base");
    clone_of(&bench, &base, ("ns", "disk"));
    let header = format!("rbd_header.{}", bench.id("", &base));
    let list = bench
        .ceph
        .rbd(&["snap", "ls", "--format", "json", "rbd/base"]);
    let list: serde_json::Value = serde_json::from_str(&list.unwrap().stdout).unwrap();
    let number = list[0]["id"].as_u64().unwrap();
    let note = format!("snap_children_{number:016x}");
    let forget = ["rados", "-p", "rbd", "rmomapkey", &header, &note];
    bench.allows("admin", bench.ceph.admin_key(), &forget);
    let was = bench.id("ns", "disk");
    // Nor is it said yet, on either side, that there is more to them than images have otherwise.
    let file = bench.ceph.conf().with_file_name("none");
    fs::write(&file, [0; 8]).unwrap();
    let file = file.display().to_string();
    for (namespace, header) in [("", header), ("ns", format!("rbd_header.{was}"))] {
        let pool = ["rados", "-p", "rbd", "-N", namespace];
        let set = ["setomapval", &header, "op_features", "--input-file", &file];
        let admin = bench.ceph.admin_key();
        bench.allows("admin", admin, &[&pool[..], &set].concat());
    }
    let parents = KeysmithTask::ListParents {
        name: name("ns", "disk"),
    };
    assert_eq!(bench.ask(&parents), Err(KeysmithRefusal::Unfit));

    let again = KeysmithTask::CloneImage {
        name: name("ns", "disk"),
        of: name("", &base),
        snapshot: text(SNAPSHOT),
    };
    assert_eq!(bench.smith.work(&again), Ok(KeysmithAnswer::Done));
    assert!(bench.ask(&parents).is_ok());
    let is = bench.id("ns", "disk");
    assert_ne!(is, was);
    // What is noted is left as it is.
    clone_of(&bench, &base, ("ns", "disk"));
    assert_eq!(bench.id("ns", "disk"), is);
}
