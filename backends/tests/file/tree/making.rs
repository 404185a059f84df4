//! What is made, and what is found.

use std::os::unix::fs::{FileTypeExt, MetadataExt};

use labelgate_backends::tree::{Create, Kind, SetAttributes, SetTime, Time, TreeError};

use super::{NOTHING, Rig};

#[test]
fn what_is_made_is_there_with_what_was_asked_for() {
    for mut rig in Rig::both() {
        let set = SetAttributes {
            mode: Some(0o4751),
            size: Some(5000),
            modified: SetTime::To(Time {
                seconds: 1_000_000_000,
                nanoseconds: 5,
            }),
            ..NOTHING
        };
        let file = rig
            .tree
            .create(rig.root, b"file", &Create::Guarded(set))
            .unwrap();
        assert_eq!(
            (file.kind, file.mode, file.size),
            (Kind::Regular, 0o4751, 5000)
        );
        assert_eq!(
            (file.modified.seconds, file.modified.nanoseconds),
            (1_000_000_000, 5)
        );
        assert_eq!((file.uid, file.gid, file.links), (0, 0, 1));

        let mode = |mode| SetAttributes {
            mode: Some(mode),
            ..NOTHING
        };
        let directory = rig.tree.mkdir(rig.root, b"dir", &mode(0o1777)).unwrap();
        assert_eq!((directory.kind, directory.mode), (Kind::Directory, 0o1777));
        let link = rig
            .tree
            .symlink(directory.node, b"link", b"/etc/\xFF", &mode(0o600))
            .unwrap();
        assert_eq!(link.kind, Kind::SymbolicLink);
        assert_eq!(rig.tree.readlink(link.node).unwrap(), b"/etc/\xFF");
        for (name, kind) in [("fifo", Kind::Fifo), ("socket", Kind::Socket)] {
            let made = rig
                .tree
                .mknod(directory.node, name.as_bytes(), kind, &mode(0o640))
                .unwrap();
            assert_eq!((made.kind, made.mode), (kind, 0o640));
            assert_eq!(rig.tree.attributes(made.node).unwrap(), made);
        }
        let metadata = std::fs::symlink_metadata(rig.path("dir/socket")).unwrap();
        assert!(metadata.file_type().is_socket());
        let metadata = std::fs::metadata(rig.path("file")).unwrap();
        assert_eq!((metadata.ino(), metadata.len()), (file.node.inode, 5000));
    }
}

#[test]
fn names_are_bytes() {
    for mut rig in Rig::both() {
        let longest = [b'n'; 255];
        for name in [
            &b"\xFF\xFE"[..],
            b"new\nline",
            b" ",
            b"-rf",
            b"...",
            &longest,
        ] {
            let how = Create::Guarded(NOTHING);
            let made = rig.tree.create(rig.root, name, &how).unwrap();
            assert_eq!(rig.tree.lookup(rig.root, name).unwrap().node, made.node);
            rig.tree.remove(rig.root, name).unwrap();
        }
        let too_long = rig.tree.lookup(rig.root, &[b'n'; 256]).unwrap_err();
        assert_eq!(too_long, TreeError::NameTooLong);
        for name in [&b""[..], b"a/b", b"/", b"a\0b"] {
            let refused = rig.tree.lookup(rig.root, name).unwrap_err();
            assert_eq!(refused, TreeError::Invalid);
        }
    }
}

#[test]
fn what_is_there_is_made_once() {
    for mut rig in Rig::both() {
        let root = rig.root;
        let file = rig.create(root, "file");
        let directory = rig.mkdir(root, "dir");
        rig.write(file, 0, b"content").unwrap();

        let exists = Err(TreeError::Exists);
        let guarded = Create::Guarded(NOTHING);
        let kind = |rig: &mut Rig, name: &str, how| {
            rig.tree
                .create(root, name.as_bytes(), &how)
                .map(|made| (made.node, made.size))
        };
        assert_eq!(kind(&mut rig, "file", guarded), exists);
        assert_eq!(kind(&mut rig, "file", Create::Exclusive([1; 8])), exists);
        assert_eq!(
            kind(&mut rig, "file", Create::Unchecked(NOTHING)),
            Ok((file, 7))
        );
        let emptied = SetAttributes {
            size: Some(0),
            mode: Some(0o777),
            ..NOTHING
        };
        assert_eq!(
            kind(&mut rig, "file", Create::Unchecked(emptied)),
            Ok((file, 0))
        );
        assert_eq!(
            rig.tree.attributes(file).unwrap().mode,
            0o600,
            "not for what was there"
        );
        assert_eq!(kind(&mut rig, "dir", Create::Unchecked(NOTHING)), exists);
        for name in ["file", "dir", ".", ".."] {
            let name = name.as_bytes();
            let made = rig.tree.mkdir(root, name, &NOTHING);
            assert_eq!(made.unwrap_err(), TreeError::Exists);
            let made = rig.tree.symlink(root, name, b"x", &NOTHING);
            assert_eq!(made.unwrap_err(), TreeError::Exists);
            let made = rig.tree.mknod(root, name, Kind::Fifo, &NOTHING);
            assert_eq!(made.unwrap_err(), TreeError::Exists);
            let made = rig.tree.link(file, root, name);
            assert_eq!(made.unwrap_err(), TreeError::Exists);
        }
        assert_eq!(
            rig.tree.attributes(directory).unwrap().kind,
            Kind::Directory
        );
    }
}

#[test]
fn an_exclusive_create_is_known_again_also_by_the_next_process() {
    for mut rig in Rig::both() {
        // As times, they are in the past: to read the file would change one.
        let verifier = [1, 2, 3, 4, 5, 6, 7, 8];
        let how = Create::Exclusive(verifier);
        let made = rig.tree.create(rig.root, b"x", &how).unwrap();

        rig.restart();
        let again = rig.tree.create(rig.root, b"x", &how).unwrap();
        assert_eq!(again.node, made.node);
        let mut other = verifier;
        other[7] ^= 1;
        let refused = rig.tree.create(rig.root, b"x", &Create::Exclusive(other));
        assert_eq!(refused.unwrap_err(), TreeError::Exists);

        rig.write(made.node, 0, b"y").unwrap();
        let refused = rig.tree.create(rig.root, b"x", &how);
        assert_eq!(refused.unwrap_err(), TreeError::Exists, "it is in use");
    }
}

#[test]
fn only_directories_have_entries_and_only_links_say_where() {
    for mut rig in Rig::both() {
        let root = rig.root;
        let file = rig.create(root, "file");
        let fifo = rig
            .tree
            .mknod(root, b"fifo", Kind::Fifo, &NOTHING)
            .unwrap()
            .node;
        let not_directory = TreeError::NotDirectory;

        assert_eq!(rig.lookup(file, "x"), Err(not_directory));
        assert_eq!(rig.lookup(file, "."), Err(not_directory));
        assert_eq!(
            rig.tree.mkdir(file, b"x", &NOTHING).unwrap_err(),
            not_directory
        );
        assert_eq!(rig.tree.remove(file, b"x"), Err(not_directory));
        assert_eq!(
            rig.tree.rename(root, b"file", fifo, b"x"),
            Err(not_directory)
        );
        assert_eq!(rig.lookup(root, "x"), Err(TreeError::NoEntry));
        assert_eq!(rig.tree.readlink(file), Err(TreeError::Invalid));
        assert_eq!(rig.tree.readlink(root), Err(TreeError::Invalid));
    }
}

#[test]
fn devices_and_empty_links_are_not_made() {
    let mut rig = Rig::tmpfs();
    let root = rig.root;
    for kind in [Kind::Block, Kind::Character] {
        let refused = rig.tree.mknod(root, b"x", kind, &NOTHING).unwrap_err();
        assert_eq!(refused, TreeError::NotSupported);
    }
    let refused = rig.tree.mknod(root, b"x", Kind::Regular, &NOTHING);
    assert_eq!(refused.unwrap_err(), TreeError::Invalid);
    for target in [&b""[..], b"a\0b"] {
        let refused = rig.tree.symlink(root, b"x", target, &NOTHING);
        assert_eq!(refused.unwrap_err(), TreeError::Invalid);
    }
    let refused = rig.tree.symlink(root, b"x", &[b'a'; 4096], &NOTHING);
    assert_eq!(refused.unwrap_err(), TreeError::NameTooLong);
    assert!(rig.names(root).is_empty());
}

#[test]
fn a_full_store_says_so() {
    let mut rig = Rig::on(
        crate::place::Place::tmpfs("64k"),
        labelgate_backends::tree::TreeOptions::default(),
    );
    let root = rig.root;
    let file = rig.create(root, "file");
    let full = rig.write(file, 0, &vec![1; 1 << 20]).unwrap_err();
    assert_eq!(full, labelgate_engine::ImageError::NoSpace);
    let space = rig.tree.space().unwrap();
    assert_eq!((space.total, space.available), (64 << 10, 0));
    let limits = rig.tree.path_limits().unwrap();
    assert_eq!(limits.max_name, 255);
}

#[test]
fn depth_is_bounded_and_what_is_deep_is_found() {
    let mut rig = Rig::tmpfs();
    let name = "d".repeat(200);
    let mut directory = rig.root;
    let mut depth = 0;
    let refused = loop {
        match rig.tree.mkdir(directory, name.as_bytes(), &NOTHING) {
            Ok(made) => directory = made.node,
            Err(error) => break error,
        }
        depth += 1;
    };
    assert_eq!(refused, TreeError::NameTooLong);
    assert!(depth > 100, "far beyond what one path can say");

    let file = rig.create(directory, "file");
    rig.restart();
    assert_eq!(rig.patiently(file).unwrap().kind, Kind::Regular);
    assert_eq!(rig.lookup(directory, "file"), Ok(file));
}

#[test]
fn what_was_moved_as_deep_as_one_may_is_found_with_all_that_is_in_it() {
    let mut rig = Rig::tmpfs();
    let chain = |rig: &mut Rig, first: &str| {
        let mut directory = rig.mkdir(rig.root, first);
        while let Ok(made) = rig.tree.mkdir(directory, b"d", &NOTHING) {
            directory = made.node;
        }
        directory
    };
    let bottom = chain(&mut rig, "one");
    let last = chain(&mut rig, "other");
    let file = rig.create(last, "file");
    let above = rig.lookup(bottom, "..").unwrap();

    let root = rig.root;
    rig.tree.rename(root, b"other", above, b"moved").unwrap();
    rig.restart();

    assert_eq!(rig.patiently(file).unwrap().kind, Kind::Regular);
    let refused = rig.tree.rename(root, b"one", last, b"x");
    assert_eq!(refused.unwrap_err(), TreeError::NameTooLong);
}
