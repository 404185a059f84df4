//! A tree whose objects have owners: the kernel judges what each caller may do.

use std::os::unix::fs::MetadataExt;

use labelgate_backends::tree::{
    Access, Caller, Create, Kind, LAST_ID, Node, Owners, SetAttributes, TreeError, TreeOptions,
};
use labelgate_engine::ImageError;

use super::{NOTHING, Rig};
use crate::place::Place;

const ROOT: u32 = 0;
const ANN: u32 = 1000;
const BOB: u32 = 1001;
const STAFF: u32 = 50;

/// A tree where everybody may make files at the top.
fn shared(squash_root: bool) -> [Rig; 2] {
    [Place::tmpfs("16m"), Place::ext4(64 << 20)].map(|place| {
        let options = TreeOptions {
            owners: Owners::Callers { squash_root },
            ..TreeOptions::default()
        };
        let rig = Rig::on(place, options);
        let top = rig.path("");
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o1777);
        std::fs::set_permissions(top, open).unwrap();
        rig
    })
}

/// What follows is for this user, who is in a group of the same number and in these.
fn act(rig: &mut Rig, user: u32, groups: &[u32]) {
    rig.tree.act_for(Some(&Caller::new(user, user, groups)));
}

fn mode(mode: u32) -> SetAttributes {
    SetAttributes {
        mode: Some(mode),
        ..NOTHING
    }
}

fn file(rig: &mut Rig, directory: Node, name: &str, bits: u32) -> Node {
    let how = Create::Guarded(mode(bits));
    let made = rig.tree.create(directory, name.as_bytes(), &how);
    made.unwrap().node
}

fn directory(rig: &mut Rig, name: &str, bits: u32) -> Node {
    let made = rig.tree.mkdir(rig.root, name.as_bytes(), &mode(bits));
    made.unwrap().node
}

fn set(rig: &mut Rig, node: Node, set: SetAttributes) -> Result<u32, TreeError> {
    let attributes = rig.tree.set_attributes(node, &set, None)?;
    Ok(attributes.mode)
}

fn give(uid: Option<u32>, gid: Option<u32>) -> SetAttributes {
    SetAttributes {
        uid,
        gid,
        ..NOTHING
    }
}

#[test]
fn what_somebody_makes_is_theirs_here_and_on_the_store() {
    for mut rig in shared(false) {
        let root = rig.root;
        act(&mut rig, ANN, &[]);
        file(&mut rig, root, "file", 0o644);
        directory(&mut rig, "directory", 0o755);
        rig.tree.symlink(root, b"link", b"x", &NOTHING).unwrap();
        rig.tree.mknod(root, b"pipe", Kind::Fifo, &NOTHING).unwrap();

        for name in ["file", "directory", "link", "pipe"] {
            let known = rig.tree.lookup(root, name.as_bytes()).unwrap();
            assert_eq!((known.uid, known.gid), (ANN, ANN), "{name}");
            let there = std::fs::symlink_metadata(rig.path(name)).unwrap();
            assert_eq!((there.uid(), there.gid()), (ANN, ANN), "{name}");
        }
    }
}

#[test]
fn others_read_and_write_what_the_mode_lets_them() {
    for mut rig in shared(false) {
        let root = rig.root;
        act(&mut rig, ANN, &[STAFF]);
        let secret = file(&mut rig, root, "secret", 0o600);
        let staffs = file(&mut rig, root, "staffs", 0o640);
        set(&mut rig, staffs, give(None, Some(STAFF))).unwrap();
        rig.write(secret, 0, b"mine").unwrap();
        rig.write(staffs, 0, b"ours").unwrap();

        act(&mut rig, BOB, &[]);
        assert_eq!(rig.read(secret, 0, 4), Err(ImageError::Denied));
        assert_eq!(rig.read(staffs, 0, 4), Err(ImageError::Denied));
        assert_eq!(rig.write(secret, 0, b"his"), Err(ImageError::Denied));
        let cut = SetAttributes {
            size: Some(0),
            ..NOTHING
        };
        assert_eq!(set(&mut rig, secret, cut), Err(TreeError::Access));

        act(&mut rig, BOB, &[STAFF]);
        assert_eq!(rig.read(staffs, 0, 4).unwrap(), b"ours");
        assert_eq!(rig.write(staffs, 0, b"his"), Err(ImageError::Denied));

        act(&mut rig, ROOT, &[]);
        assert_eq!(rig.read(secret, 0, 4).unwrap(), b"mine");
    }
}

#[test]
fn an_owner_reads_and_writes_whatever_the_mode_says_since_the_file_may_be_open() {
    for mut rig in shared(false) {
        let root = rig.root;
        act(&mut rig, ANN, &[]);
        let shut = file(&mut rig, root, "shut", 0);

        rig.write(shut, 0, b"data").unwrap();

        assert_eq!(rig.read(shut, 0, 4).unwrap(), b"data");
    }
}

#[test]
fn names_are_made_and_removed_by_who_may_write_the_directory() {
    for mut rig in shared(false) {
        let root = rig.root;
        act(&mut rig, ANN, &[]);
        let hers = directory(&mut rig, "hers", 0o755);
        file(&mut rig, hers, "file", 0o666);
        file(&mut rig, root, "top", 0o666);

        act(&mut rig, BOB, &[]);
        let made = rig.tree.create(hers, b"new", &Create::Guarded(NOTHING));
        assert_eq!(made.unwrap_err(), TreeError::Access);
        assert_eq!(
            rig.tree.mkdir(hers, b"new", &NOTHING).unwrap_err(),
            TreeError::Access
        );
        assert_eq!(rig.tree.remove(hers, b"file"), Err(TreeError::Access));
        let moved = rig.tree.rename(hers, b"file", root, b"his");
        assert_eq!(moved, Err(TreeError::Access));
        // The top is sticky.
        assert_eq!(rig.tree.remove(root, b"top"), Err(TreeError::Permission));

        act(&mut rig, ANN, &[]);
        rig.tree.rename(hers, b"file", root, b"moved").unwrap();
        rig.tree.remove(root, b"top").unwrap();
    }
}

#[test]
fn files_are_given_away_by_root_alone_and_to_groups_by_their_members() {
    for mut rig in shared(false) {
        let root = rig.root;
        act(&mut rig, ANN, &[STAFF]);
        let node = file(&mut rig, root, "file", 0o644);

        assert_eq!(
            set(&mut rig, node, give(Some(BOB), None)),
            Err(TreeError::Permission)
        );
        assert_eq!(
            set(&mut rig, node, give(None, Some(BOB))),
            Err(TreeError::Permission)
        );
        set(&mut rig, node, give(None, Some(STAFF))).unwrap();
        assert_eq!(rig.tree.attributes(node).unwrap().gid, STAFF);

        act(&mut rig, ROOT, &[]);
        set(&mut rig, node, give(Some(BOB), Some(BOB))).unwrap();
        let known = rig.tree.attributes(node).unwrap();
        assert_eq!((known.uid, known.gid), (BOB, BOB));
        let beyond = give(Some(LAST_ID + 1), None);
        assert_eq!(set(&mut rig, node, beyond), Err(TreeError::Invalid));
    }
}

#[test]
fn modes_are_set_by_owners_and_do_not_lend_a_group_that_they_are_not_in() {
    for mut rig in shared(false) {
        let root = rig.root;
        act(&mut rig, ANN, &[]);
        let node = file(&mut rig, root, "file", 0o644);
        assert_eq!(set(&mut rig, node, mode(0o2755)), Ok(0o2755));

        act(&mut rig, ROOT, &[]);
        set(&mut rig, node, give(None, Some(STAFF))).unwrap();
        act(&mut rig, BOB, &[STAFF]);
        assert_eq!(set(&mut rig, node, mode(0o777)), Err(TreeError::Permission));
        act(&mut rig, ANN, &[]);
        assert_eq!(set(&mut rig, node, mode(0o2755)), Ok(0o755));
        act(&mut rig, ANN, &[STAFF]);
        assert_eq!(set(&mut rig, node, mode(0o2755)), Ok(0o2755));
    }
}

#[test]
fn a_directory_hands_its_group_on_to_who_is_not_in_it() {
    for mut rig in shared(false) {
        act(&mut rig, ROOT, &[]);
        let shared = directory(&mut rig, "shared", 0o777);
        set(&mut rig, shared, give(None, Some(STAFF))).unwrap();
        set(&mut rig, shared, mode(0o2777)).unwrap();

        act(&mut rig, ANN, &[]);
        let made = rig.tree.mkdir(shared, b"hers", &mode(0o755)).unwrap();

        assert_eq!((made.uid, made.gid, made.mode), (ANN, STAFF, 0o2755));
    }
}

#[test]
fn a_directory_is_read_and_gone_through_as_its_mode_says() {
    for mut rig in shared(false) {
        act(&mut rig, ANN, &[]);
        let through = directory(&mut rig, "through", 0o711);
        let listed = directory(&mut rig, "listed", 0o744);
        for place in [through, listed] {
            file(&mut rig, place, "file", 0o644);
        }

        act(&mut rig, BOB, &[]);
        rig.lookup(through, "file").unwrap();
        let list = rig.tree.list(
            through,
            (0, [0; 8]),
            labelgate_backends::tree::Detail::Names,
            |_| true,
        );
        assert_eq!(list.unwrap_err(), TreeError::Access);
        assert_eq!(rig.lookup(listed, "file"), Err(TreeError::Access));
        let mut seen = Vec::new();
        rig.tree
            .list(
                listed,
                (0, [0; 8]),
                labelgate_backends::tree::Detail::Attributes,
                |entry| {
                    seen.push((entry.name.to_vec(), entry.attributes.is_some()));
                    true
                },
            )
            .unwrap();
        assert!(seen.contains(&(b"file".to_vec(), false)), "{seen:?}");
    }
}

#[test]
fn who_has_a_handle_needs_no_way_to_the_file() {
    for mut rig in shared(false) {
        act(&mut rig, ANN, &[]);
        let hidden = directory(&mut rig, "hidden", 0o700);
        let open = file(&mut rig, hidden, "open", 0o644);
        rig.write(open, 0, b"data").unwrap();
        rig.restart();

        act(&mut rig, BOB, &[]);

        rig.patiently(open).unwrap();
        assert_eq!(rig.read(open, 0, 4).unwrap(), b"data");
        assert_eq!(rig.lookup(hidden, "open"), Err(TreeError::Access));
    }
}

#[test]
fn access_says_what_the_kernel_would_let_the_caller_do() {
    for mut rig in shared(false) {
        let root = rig.root;
        act(&mut rig, ANN, &[]);
        let node = file(&mut rig, root, "file", 0o751);
        let hers = directory(&mut rig, "hers", 0o751);

        let all = rig.tree.access(node).unwrap();
        assert!(all.read && all.modify && all.extend && all.execute);
        act(&mut rig, BOB, &[ANN]);
        let group = rig.tree.access(node).unwrap();
        assert!(group.read && group.execute && !group.modify);
        act(&mut rig, BOB, &[]);
        let others = Access {
            execute: true,
            ..Access::default()
        };
        assert_eq!(rig.tree.access(node), Ok(others));
        let others = Access {
            lookup: true,
            ..Access::default()
        };
        assert_eq!(rig.tree.access(hers), Ok(others));
    }
}

#[test]
fn root_is_nobody_where_it_is_squashed_and_ids_beyond_the_last_always_are() {
    for mut rig in shared(true) {
        let (root, nobody) = (rig.root, Caller::NOBODY.uid);
        act(&mut rig, ROOT, &[]);
        file(&mut rig, root, "roots", 0o644);
        act(&mut rig, LAST_ID + 1, &[]);
        file(&mut rig, root, "beyond", 0o644);
        act(&mut rig, ANN, &[]);
        let hers = file(&mut rig, root, "hers", 0o600);

        for name in ["roots", "beyond"] {
            let known = rig.tree.lookup(root, name.as_bytes()).unwrap();
            assert_eq!((known.uid, known.gid), (nobody, nobody), "{name}");
        }
        act(&mut rig, ROOT, &[]);
        assert_eq!(rig.read(hers, 0, 1), Err(ImageError::Denied));
        assert_eq!(
            set(&mut rig, hers, give(Some(ROOT), None)),
            Err(TreeError::Permission)
        );
    }
}
