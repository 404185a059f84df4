//! A tree whose owner is not root: what modes mean.

use std::os::unix::fs::{PermissionsExt, chown};

use labelgate_backends::tree::{Create, Node, SetAttributes, Tree, TreeError, TreeOptions};
use rustix::process::{Gid, Uid};
use rustix::thread::{set_thread_res_gid, set_thread_res_uid};

use super::{NOTHING, Rig, directory};
use crate::place::Place;

const UID: u32 = 2_100_000_043;

/// Runs a test as the owner of a tree, in a thread of its own: credentials are a thread's.
fn as_owner(place: Place, test: impl FnOnce(Rig) + Send) {
    let rig = Rig::on(place, TreeOptions::default());
    chown(rig.path(""), Some(UID), Some(UID)).unwrap();
    let path = rig.path("");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).unwrap();
    let (base, root) = (rig.base.clone(), directory(&rig.base));
    std::thread::scope(|scope| {
        let owner = scope.spawn(move || {
            let (uid, gid) = (Uid::from_raw(UID), Gid::from_raw(UID));
            set_thread_res_gid(gid, gid, gid).unwrap();
            set_thread_res_uid(uid, uid, uid).unwrap();
            let options = TreeOptions::default();
            let tree = Tree::open(root, options).unwrap();
            test(Rig {
                root: tree.root(),
                tree,
                options,
                base,
                _place: None,
                pool: labelgate_buffers::Pool::new(8 << 20).unwrap(),
            });
        });
        owner.join().unwrap();
    });
}

fn mode(rig: &mut Rig, node: Node, mode: u32) {
    let set = SetAttributes {
        mode: Some(mode),
        ..NOTHING
    };
    rig.tree.set_attributes(node, &set, None).unwrap();
}

#[test]
fn access_says_what_the_owner_may() {
    as_owner(Place::tmpfs("4m"), |mut rig| {
        let root = rig.root;
        let file = rig.create(root, "file");
        mode(&mut rig, file, 0o500);
        let access = rig.tree.access(file).unwrap();
        assert!(access.read && access.execute && !access.modify && !access.extend);
        mode(&mut rig, file, 0o277);
        let access = rig.tree.access(file).unwrap();
        assert!(!access.read && !access.execute && access.modify);
        let directory = rig.mkdir(root, "d");
        mode(&mut rig, directory, 0o500);
        let access = rig.tree.access(directory).unwrap();
        assert!(access.read && access.lookup && !access.delete && !access.extend);
    });
}

#[test]
fn a_file_made_read_only_is_written_all_the_same() {
    for place in [Place::tmpfs("4m"), Place::ext4(64 << 20)] {
        as_owner(place, |mut rig| {
            let set = SetAttributes {
                mode: Some(0o444),
                ..NOTHING
            };
            let file = rig
                .tree
                .create(rig.root, b"file", &Create::Guarded(set))
                .unwrap()
                .node;
            rig.write(file, 0, b"one").unwrap();
            mode(&mut rig, file, 0);
            rig.tree = Tree::open(directory(&rig.base), rig.options).unwrap();
            rig.write(file, 3, b"two").unwrap();
            assert_eq!(rig.read(file, 0, 10).unwrap(), b"onetwo");
            assert_eq!(rig.tree.attributes(file).unwrap().mode, 0, "as it was");
            rig.commit(file).unwrap();
        });
    }
}

#[test]
fn a_directory_that_its_owner_forbade_himself_is_forbidden() {
    as_owner(Place::ext4(64 << 20), |mut rig| {
        let root = rig.root;
        let closed = rig.mkdir(root, "d");
        let file = rig.create(closed, "file");
        mode(&mut rig, closed, 0);
        rig.tree = Tree::open(directory(&rig.base), rig.options).unwrap();

        assert_eq!(rig.lookup(closed, "file"), Err(TreeError::Access));
        assert_eq!(rig.patiently(file), Err(TreeError::Access), "not gone");
        mode(&mut rig, closed, 0o300);
        rig.tree.remove(closed, b"file").unwrap();
        mode(&mut rig, closed, 0o500);
        let refused = rig.tree.create(closed, b"x", &Create::Guarded(NOTHING));
        assert_eq!(refused.unwrap_err(), TreeError::Access);
    });
}
