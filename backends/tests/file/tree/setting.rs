//! SETATTR and ACCESS.

use labelgate_backends::tree::{Access, Kind, SetAttributes, SetTime, Time, TreeError};

use super::{NOTHING, Rig};

const THEN: Time = Time {
    seconds: 1_234_567_890,
    nanoseconds: 42,
};

#[test]
fn attributes_are_set_one_by_one() {
    for mut rig in Rig::both() {
        let root = rig.root;
        let file = rig.create(root, "file");
        rig.write(file, 0, b"0123456789").unwrap();
        let mut set = |set| rig.tree.set_attributes(file, &set, None).unwrap();

        let mode = set(SetAttributes {
            mode: Some(0o6711),
            ..NOTHING
        });
        assert_eq!((mode.mode, mode.size), (0o6711, 10));
        let size = set(SetAttributes {
            size: Some(4),
            ..NOTHING
        });
        assert_eq!(size.size, 4);
        let times = set(SetAttributes {
            accessed: SetTime::To(THEN),
            ..NOTHING
        });
        assert_eq!((times.accessed, times.modified), (THEN, size.modified));
        let now = set(SetAttributes {
            accessed: SetTime::Now,
            modified: SetTime::To(THEN),
            ..NOTHING
        });
        assert!(now.accessed > THEN && now.modified == THEN);
        set(SetAttributes {
            size: Some(6),
            ..NOTHING
        });
        assert_eq!(rig.read(file, 0, 10).unwrap(), b"0123\0\0");
    }
}

#[test]
fn everything_but_a_file_keeps_its_size_and_a_link_its_mode() {
    for mut rig in Rig::both() {
        let root = rig.root;
        let link = rig
            .tree
            .symlink(root, b"l", b"../outside", &NOTHING)
            .unwrap();
        let fifo = rig
            .tree
            .mknod(root, b"p", Kind::Fifo, &NOTHING)
            .unwrap()
            .node;
        let size = SetAttributes {
            size: Some(0),
            ..NOTHING
        };
        let mut set = |node, set| rig.tree.set_attributes(node, &set, None);

        assert_eq!(set(root, size), Err(TreeError::IsDirectory));
        assert_eq!(set(link.node, size), Err(TreeError::Invalid));
        assert_eq!(set(fifo, size), Err(TreeError::Invalid));
        let both = SetAttributes {
            mode: Some(0o777),
            modified: SetTime::To(THEN),
            ..NOTHING
        };
        let changed = set(link.node, both).unwrap();
        assert_eq!((changed.mode, changed.modified), (link.mode, THEN));
        let changed = set(fifo, both).unwrap();
        assert_eq!((changed.mode, changed.modified), (0o777, THEN));
        let outside = std::fs::metadata(rig.outside()).unwrap();
        assert!(
            outside.modified().unwrap()
                > std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_300_000_000)
        );
    }
}

#[test]
fn nothing_is_given_away() {
    let mut rig = Rig::tmpfs();
    let file = rig.create(rig.root, "file");
    let owner = |uid, gid| SetAttributes {
        uid,
        gid,
        ..NOTHING
    };
    let mut set = |set| rig.tree.set_attributes(file, &set, None).map(|_| ());
    assert_eq!(set(owner(Some(1), None)), Err(TreeError::Permission));
    assert_eq!(set(owner(None, Some(1))), Err(TreeError::Permission));
    assert_eq!(set(owner(Some(0), Some(0))), Ok(()), "as it is said to be");
    let mode = SetAttributes {
        mode: Some(0o777),
        ..NOTHING
    };
    let refused = rig.tree.set_attributes(rig.root, &mode, None);
    assert_eq!(
        refused,
        Err(TreeError::Permission),
        "the root keeps others out"
    );
}

#[test]
fn a_guard_that_is_over_stops_everything() {
    for mut rig in Rig::both() {
        let root = rig.root;
        let file = rig.create(root, "file");
        let changed = rig.tree.attributes(file).unwrap().changed;
        let mode = SetAttributes {
            mode: Some(0o640),
            ..NOTHING
        };
        let wrong = Time {
            seconds: 1,
            ..changed
        };

        let refused = rig.tree.set_attributes(file, &mode, Some(wrong));
        assert_eq!(refused, Err(TreeError::NotSync));
        assert_eq!(rig.tree.attributes(file).unwrap().mode, 0o600);
        let done = rig.tree.set_attributes(file, &mode, Some(changed)).unwrap();
        assert_eq!(done.mode, 0o640);
    }
}

#[test]
fn a_link_may_be_read_and_a_directory_searched() {
    let mut rig = Rig::tmpfs();
    let root = rig.root;
    let link = rig.tree.symlink(root, b"l", b"x", &NOTHING).unwrap().node;
    let read = Access {
        read: true,
        ..Access::default()
    };
    assert_eq!(rig.tree.access(link).unwrap(), read);
    let access = rig.tree.access(root).unwrap();
    assert!(access.lookup && access.delete && access.extend && !access.execute);
    let file = rig.create(root, "file");
    let access = rig.tree.access(file).unwrap();
    assert!(access.read && access.modify && !access.execute && !access.delete);
}
