//! Snapshots are made under a keeper's hands, and rolled back to when it is gone.

use labelgate_control::{KeysmithAnswer, KeysmithRefusal, KeysmithTask};

use crate::bench::text;
use crate::clones::{SNAPSHOT, base, clone_of};
use crate::keeper::Keeper;
use crate::{Bench, name};

fn names(bench: &Bench, image: &str) -> Vec<String> {
    let task = KeysmithTask::ListSnapshots {
        name: name("", image),
        after: 0,
    };
    match bench.ask(&task) {
        Ok(KeysmithAnswer::Snapshots { all, more: false }) => {
            all.iter().map(|one| one.name.as_str().to_owned()).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn remove(snapshot: &str) -> KeysmithTask {
    KeysmithTask::RemoveSnapshot {
        name: name("", "base"),
        snapshot: text(snapshot),
    }
}

#[test]
fn an_image_is_rolled_back_when_nobody_holds_it() {
    let bench = Bench::start();
    bench.create("", "disk", 8 << 20);
    let key = bench.image_key("labelgate.disk", name("", "disk"), false);
    let mut keeper = Keeper::connect(&bench, "labelgate.disk", &key).unwrap();
    keeper.open("", "disk", false).unwrap();
    keeper.lock().unwrap();
    keeper.write(0).unwrap();
    let create = |snapshot: &str| KeysmithTask::CreateSnapshot {
        name: name("", "disk"),
        snapshot: text(snapshot),
    };
    // Twice: what is there already will do.
    for snapshot in ["one", "one", "two"] {
        bench.does(&create(snapshot));
    }
    assert_eq!(names(&bench, "disk"), ["one", "two"]);
    keeper.zero(0).unwrap();
    let roll_back = |snapshot: &str| KeysmithTask::RollBack {
        name: name("", "disk"),
        snapshot: text(snapshot),
    };
    assert_eq!(bench.ask(&roll_back("one")), Err(KeysmithRefusal::Busy));
    keeper.close();
    assert_eq!(
        bench.ask(&roll_back("none")),
        Err(KeysmithRefusal::NotFound)
    );
    bench.does(&roll_back("one"));
    keeper.open("", "disk", false).unwrap();
    keeper.forget();
    keeper.read(0).unwrap();
    assert_eq!(keeper.byte(), 7, "what was written before the snapshot");
    keeper.close();
}

#[test]
fn a_snapshot_stays_as_long_as_it_is_protected_or_has_clones() {
    let bench = Bench::start();
    let base = base(&bench, "base");
    clone_of(&bench, &base, ("ns", "disk"));
    let said = bench.smith.work(&remove(SNAPSHOT)).unwrap_err();
    assert_eq!(said.why, KeysmithRefusal::Busy);
    assert!(said.reason.contains("has 1 clones"), "{said}");
    bench.does(&KeysmithTask::RemoveImage {
        name: name("ns", "disk"),
    });
    let snapshot = format!("rbd/{base}@{SNAPSHOT}");
    bench.ceph.rbd(&["snap", "protect", &snapshot]).unwrap();
    let said = bench.smith.work(&remove(SNAPSHOT)).unwrap_err();
    assert!(said.reason.contains("rbd snap unprotect"), "{said}");
    bench.ceph.rbd(&["snap", "unprotect", &snapshot]).unwrap();
    for _ in 0..2 {
        bench.does(&remove(SNAPSHOT));
    }
    assert!(names(&bench, &base).is_empty());
}
