//! The data of files.

use std::fs;

use labelgate_backends::Step;
use labelgate_backends::tree::{Create, SetAttributes, TreeError, TreeOptions};
use labelgate_engine::{ImageError, Operation};

use super::{NOTHING, Rig};
use crate::executor::{Mood, run};
use crate::place::Place;

#[test]
fn reads_end_where_the_file_ends_and_writes_make_it_longer() {
    for mut rig in Rig::both() {
        let root = rig.root;
        let file = rig.create(root, "file");
        assert_eq!(rig.read(file, 0, 100).unwrap(), b"");
        rig.write(file, 3, b"abc").unwrap();
        assert_eq!(rig.read(file, 0, 100).unwrap(), b"\0\0\0abc");
        assert_eq!(rig.read(file, 4, 1).unwrap(), b"b");
        assert_eq!(rig.read(file, 6, 1).unwrap(), b"");
        assert_eq!(rig.read(file, u64::from(u32::MAX), 1).unwrap(), b"");
        rig.write(file, 1 << 33, b"far").unwrap();
        assert_eq!(rig.tree.attributes(file).unwrap().size, (1 << 33) + 3);
        assert!(
            rig.tree.attributes(file).unwrap().used < 1 << 20,
            "a hole takes nothing"
        );
        rig.commit(file).unwrap();
        let far = rig.write(file, i64::MAX.unsigned_abs(), b"x");
        assert_eq!(far, Err(ImageError::OutOfRange));
        let far = rig.read(file, u64::MAX, 1);
        assert_eq!(far, Err(ImageError::OutOfRange));
    }
}

#[test]
fn what_moves_in_pieces_comes_together() {
    let mut rig = Rig::ext4();
    let options = TreeOptions {
        dirty_budget: 0,
        ..TreeOptions::default()
    };
    rig.options = options;
    rig.restart();
    let root = rig.root;
    let file = rig.create(root, "file");
    let bytes: Vec<u8> = (0..300_000_u32).map(|number| (number / 7) as u8).collect();
    let operation = rig.write_operation(5, &bytes, true);
    let mut step = rig.tree.start(file, operation).unwrap();
    let mut requests = 0;
    while let Step::Request(mut request) = step {
        requests += 1;
        let result = run(&mut request, Mood::Short(100_000));
        step = rig.tree.resume(file, request, result.map_err(Into::into));
    }
    assert!(matches!(step, Step::Done(completion) if completion.result.is_ok()));
    assert!(requests >= 4, "three pieces or more, and a flush");
    assert_eq!(rig.read(file, 5, 400_000).unwrap(), bytes);
}

#[test]
fn a_file_with_operations_stays_open_and_others_wait() {
    let options = TreeOptions {
        open_files: 1,
        dirty_budget: 0,
        ..TreeOptions::default()
    };
    let mut rig = Rig::on(Place::ext4(64 << 20), options);
    let root = rig.root;
    let other = rig.create(root, "other");
    let file = rig.create(root, "file");
    let operation = rig.write_operation(0, b"data", false);
    let Step::Request(mut request) = rig.tree.start(file, operation).unwrap() else {
        panic!("no budget");
    };

    let refused = rig.tree.start(other, Operation::Flush).unwrap_err();
    assert_eq!(refused.error, TreeError::Later);
    rig.tree.remove(root, b"file").unwrap();
    assert_eq!(rig.tree.attributes(file), Err(TreeError::Stale));
    let result = run(&mut request, Mood::Well);
    let step = rig.tree.resume(file, request, result.map_err(Into::into));
    assert!(matches!(step, Step::Done(completion) if completion.result.is_ok()));
    assert_eq!(rig.commit(other), Ok(()));
}

#[test]
fn a_failed_flush_poisons_the_file_and_no_other() {
    let place = Place::ext4_on_thin_ice(64 << 20, "4m");
    let mut rig = Rig::on(place, TreeOptions::default());
    let root = rig.root;
    let (good, bad) = (rig.create(root, "good"), rig.create(root, "bad"));
    for megabyte in 0..16 {
        rig.write(bad, megabyte << 20, &vec![7; 1 << 20]).unwrap();
    }

    assert_eq!(rig.commit(bad), Err(ImageError::Medium));
    assert!(rig.tree.poisoned());
    assert_eq!(rig.read(bad, 0, 10), Err(ImageError::Poisoned));
    assert_eq!(rig.commit(bad), Err(ImageError::Poisoned));
    let set = SetAttributes {
        size: Some(0),
        ..NOTHING
    };
    assert_eq!(rig.tree.set_attributes(bad, &set, None), Err(TreeError::Io));
    assert_eq!(rig.read(good, 0, 10).unwrap(), b"");
}

#[test]
fn a_file_that_is_closed_for_want_of_room_loses_no_error() {
    let place = Place::ext4_on_thin_ice(64 << 20, "4m");
    let options = TreeOptions {
        open_files: 1,
        sync_metadata: false,
        ..TreeOptions::default()
    };
    let mut rig = Rig::on(place, options);
    let root = rig.root;
    let (other, bad) = (rig.create(root, "other"), rig.create(root, "bad"));
    for megabyte in 0..16 {
        rig.write(bad, megabyte << 20, &vec![7; 1 << 20]).unwrap();
    }

    assert_eq!(
        rig.read(other, 0, 10).unwrap(),
        b"",
        "which takes its place"
    );
    assert_eq!(rig.commit(bad), Err(ImageError::Poisoned));
}

#[test]
fn others_change_a_file_and_it_shows() {
    let mut rig = Rig::tmpfs();
    let root = rig.root;
    let file = rig.create(root, "file");
    rig.write(file, 0, b"0123456789").unwrap();
    fs::write(rig.path("file"), "new").unwrap();
    assert_eq!(rig.read(file, 0, 10).unwrap(), b"new");
    let how = Create::Unchecked(NOTHING);
    assert_eq!(rig.tree.create(root, b"file", &how).unwrap().size, 3);
}
