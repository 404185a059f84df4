//! How a client gets into a tree: handles, LOOKUP in the root of the export, and MNT.

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use std::fs;

use labelgate_nfs::handle::{Handle, Object};
use labelgate_nfs::server::Notice;
use rig::client::{Arguments, named, procedure, status};
use rig::trees::{OTHER, OTHER_NAME, Served, TREE, TREE_NAME, ftype, setattr};
use rig::{EPOCH, PEER, image, key, sealed};

const MNT3ERR_NOENT: u32 = 2;
const MNT3ERR_NOTDIR: u32 = 20;
const MNT3ERR_INVAL: u32 = 22;
const MNT3ERR_NAMETOOLONG: u32 = 63;

/// The handle that MNT of a path answers, or the status.
fn mounted(served: &mut Served, path: &[u8]) -> Result<Vec<u8>, u32> {
    let mut results = served.mount(path);
    match results.u32() {
        status::OK => Ok(results.opaque()),
        refused => Err(refused),
    }
}

fn getattr(served: &mut Served, handle: &[u8]) -> u32 {
    served.status(procedure::GETATTR, Arguments::of(handle))
}

/// A handle of this node of the tree.
fn of_node(store: u32, generation: u32, inode: u64) -> Vec<u8> {
    sealed(Object::Node {
        store,
        generation,
        inode,
    })
}

#[test]
fn the_root_of_a_tree_has_one_handle_whichever_way_it_is_found() {
    let mut served = Served::new();
    let root = served.root();
    let inner = served.directory("d");

    let by_export = served.lookup(&rig::root(), TREE_NAME.as_bytes());
    let by_dot = served.lookup(&root, b".");
    let by_dots = served.lookup(&inner, b"..");
    let by_mount = mounted(&mut served, b"/main");

    assert_eq!([by_export, by_dot, by_dots], [(); 3].map(|()| root.clone()));
    assert_eq!(by_mount, Ok(root));
}

#[test]
fn a_lookup_of_a_tree_tells_its_attributes_and_those_of_the_export() {
    let mut served = Served::new();
    let is = served.getattr(&served.root());

    let tree = Arguments(named(&rig::root(), TREE_NAME.as_bytes()));
    let mut results = served.done(procedure::LOOKUP, tree);

    assert_eq!(results.opaque(), served.root());
    assert_eq!(results.some_attributes(), Some(is));
    let export = results.some_attributes().unwrap();
    assert_eq!(export, served.getattr(&rig::root()));
    results.end();
}

#[test]
fn the_root_of_a_tree_by_its_own_number_is_the_root_too() {
    let mut served = Served::new();
    let root = served.root();
    let node = served.rig.trees.values().next().unwrap().root();
    let by_number = of_node(TREE, node.generation, node.inode);

    assert_eq!(served.lookup(&by_number, b"."), root);
}

#[test]
fn a_handle_outlives_its_server() {
    let mut served = Served::new();
    served.directory("d");
    let file = served.file("d/a", b"0123");
    served.restart();

    assert_eq!(served.getattr(&file).size, 4);
}

#[test]
fn a_handle_is_the_same_whichever_name_it_was_found_by() {
    let mut served = Served::new();
    let file = served.file("a", b"");
    fs::hard_link(served.path("a"), served.path("b")).unwrap();

    assert_eq!(served.at("b"), file);
}

#[test]
fn a_handle_of_what_is_gone_is_stale_for_every_procedure() {
    let mut served = Served::new();
    let gone = served.stale();
    let of = Arguments::of(&gone);
    let calls = [
        (procedure::GETATTR, of.clone()),
        (procedure::SETATTR, setattr(&gone, Default::default(), None)),
        (procedure::LOOKUP, of.clone().opaque(b"x")),
        (procedure::ACCESS, of.clone().u32(0x3f)),
        (procedure::READLINK, of.clone()),
        (procedure::READ, of.clone().u64(0).u32(4)),
        (procedure::REMOVE, of.clone().opaque(b"x")),
        (procedure::READDIR, of.clone().u64(0).u64(0).u32(4096)),
        (procedure::FSINFO, of.clone()),
        (procedure::COMMIT, of.u64(0).u32(0)),
    ];

    for (procedure, arguments) in calls {
        let answered = served.status(procedure, arguments);
        assert_eq!(answered, status::STALE, "procedure {procedure}");
    }
}

#[test]
fn what_gets_the_number_of_something_gone_does_not_get_its_handle() {
    let mut served = Served::new();
    let root = served.root();
    let file = served.file("a", b"");
    let number = served.getattr(&file).fileid;
    for round in 0..200 {
        let name = format!("{round}");
        served.done(procedure::REMOVE, Arguments(named(&root, b"a")));
        fs::write(served.path(&name), "").unwrap();
        let other = served.at(&name);
        assert_ne!(other, file);
        if served.getattr(&other).fileid == number {
            break;
        }
        fs::write(served.path("a"), "").unwrap();
    }
    assert_eq!(getattr(&mut served, &file), status::STALE);
}

#[test]
fn a_number_that_nothing_has_is_stale() {
    let mut served = Served::new();

    for (generation, inode) in [(0, 1), (7, 2), (u32::MAX, u64::MAX), (1, 1 << 63)] {
        let handle = of_node(TREE, generation, inode);
        assert_eq!(getattr(&mut served, &handle), status::STALE);
    }
}

#[test]
fn the_number_of_something_outside_of_the_tree_is_stale() {
    let mut served = Served::new();
    let outside = served.outside("outside");
    fs::write(&outside, "secret").unwrap();
    // As a worker would see it that had the directory above for its tree.
    let above = fs::File::open(outside.parent().unwrap()).unwrap();
    let options = labelgate_backends::tree::TreeOptions::default();
    let mut above = labelgate_backends::tree::Tree::open(above.into(), options).unwrap();
    let root = above.root();
    let node = above.lookup(root, b"outside").unwrap().node;

    let handle = of_node(TREE, node.generation, node.inode);
    assert_eq!(getattr(&mut served, &handle), status::STALE);
    let read = Arguments::of(&handle).u64(0).u32(6);
    assert_eq!(served.status(procedure::READ, read), status::STALE);
    let parent = of_node(TREE, root.generation, root.inode);
    assert_eq!(getattr(&mut served, &parent), status::STALE);
}

#[test]
fn a_node_of_a_tree_that_is_not_there_is_stale() {
    let mut served = Served::new();
    let file = served.file("a", b"");
    let number = served.getattr(&file).fileid;

    for handle in [
        sealed(Object::root_of_tree(OTHER)),
        of_node(OTHER, 0, number),
    ] {
        assert_eq!(getattr(&mut served, &handle), status::STALE);
        let write = Arguments(rig::client::write(&handle, 0, 0, b"data"));
        assert_eq!(served.status(procedure::WRITE, write), status::STALE);
        let link = rig::trees::link(&handle, &served.root(), b"b");
        assert_eq!(served.status(procedure::LINK, link), status::STALE);
    }
}

#[test]
fn a_node_of_one_tree_is_none_of_another() {
    let mut served = Served::new();
    let path = served.with_other();
    fs::write(path.join("theirs"), "").unwrap();
    let other = served.other_root();
    let handle = served.lookup(&other, b"theirs");
    let number = served.getattr(&handle).fileid;
    let tree = labelgate_engine::tree::TreeId(OTHER);
    let tree = served.rig.trees.get_mut(&tree).unwrap();
    let root = tree.root();
    let node = tree.lookup(root, b"theirs").unwrap().node;
    assert_eq!(node.inode, number);

    let here = of_node(TREE, node.generation, node.inode);
    assert_eq!(getattr(&mut served, &here), status::STALE);
}

#[test]
fn a_handle_of_another_label_is_stale_and_on_record() {
    let mut served = Served::new();
    let handle = Handle {
        epoch: EPOCH,
        object: Object::root_of_tree(TREE),
    };
    let client = PEER.parse::<std::net::SocketAddr>().unwrap().ip();
    let theirs = handle.seal(&key("s0:c3,c4"), Some(client));
    served.rig.notices();

    assert_eq!(getattr(&mut served, &theirs), status::STALE);
    let notices = served.rig.notices();
    assert!(matches!(notices[..], [Notice::HandleRefused { .. }]));
}

#[test]
fn a_handle_of_another_identity_or_of_another_client_is_stale() {
    let mut served = Served::new();
    let object = Object::root_of_tree(TREE);
    let (ours, mine) = (key("s0:c1,c2"), PEER.parse::<std::net::SocketAddr>());
    let epoch = EPOCH + 1;
    let other = Handle { epoch, object }.seal(&ours, Some(mine.unwrap().ip()));
    let epoch = EPOCH;
    let elsewhere = Handle { epoch, object }.seal(&ours, "192.0.2.77".parse().ok());

    assert_eq!(getattr(&mut served, &other), status::STALE);
    assert_eq!(getattr(&mut served, &elsewhere), status::STALE);
}

#[test]
fn a_handle_with_any_bit_changed_is_none() {
    let mut served = Served::new();
    let file = served.file("a", b"");

    for bit in 0..file.len() * 8 {
        let mut forged = file.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        let answered = getattr(&mut served, &forged);
        let expected = [status::STALE, status::BADHANDLE];
        assert!(expected.contains(&answered), "bit {bit}: {answered}");
    }
}

#[test]
fn the_root_of_a_tree_and_every_directory_in_it_are_mounted() {
    let mut served = Served::new();
    served.directory("d");
    let (root, inner) = (served.root(), served.directory("d/e"));

    for path in ["/main", "main", "/main/", "//main//", "/images/main"] {
        let answered = mounted(&mut served, path.as_bytes());
        assert_eq!(answered.as_ref(), Ok(&root), "{path}");
    }
    for path in [
        "/main/d/e",
        "main//d/e/",
        "/images/main/d/e",
        "/main/./d/./e",
    ] {
        let answered = mounted(&mut served, path.as_bytes());
        assert_eq!(answered.as_ref(), Ok(&inner), "{path}");
    }
}

#[test]
fn what_is_no_directory_is_not_mounted() {
    let mut served = Served::new();
    served.directory("d");
    served.file("a", b"");
    served.link("a", "to-file");

    for path in ["/main/a", "/main/a/x", "/main/to-file"] {
        let refused = mounted(&mut served, path.as_bytes());
        assert_eq!(refused, Err(MNT3ERR_NOTDIR), "{path}");
    }
}

#[test]
fn nothing_is_mounted_through_a_symbolic_link() {
    let mut served = Served::new();
    served.directory("d");
    served.directory("d/e");
    fs::create_dir(served.outside("outside")).unwrap();
    served.link("d", "inside");
    served.link("../outside", "escape");
    served.link("/", "slash");

    for path in ["inside", "inside/e", "escape", "slash", "slash/etc"] {
        let refused = mounted(&mut served, format!("/main/{path}").as_bytes());
        assert_eq!(refused, Err(MNT3ERR_NOTDIR), "{path}");
    }
}

#[test]
fn dot_dot_leads_up_and_never_out() {
    let mut served = Served::new();
    served.directory("d");
    fs::create_dir(served.outside("outside")).unwrap();
    let root = served.root();

    for path in ["/main/..", "/main/d/..", "/main/../../..", "/main/d/../.."] {
        let answered = mounted(&mut served, path.as_bytes());
        assert_eq!(answered.as_ref(), Ok(&root), "{path}");
    }
    let outside = mounted(&mut served, b"/main/../outside");
    let main = mounted(&mut served, b"/main/../tree");
    assert_eq!((outside, main), (Err(MNT3ERR_NOENT), Err(MNT3ERR_NOENT)));
}

#[test]
fn what_is_not_there_is_not_mounted() {
    let mut served = Served::new();

    for path in [
        "/other",
        "/main/none",
        "/main/none/x",
        "/images/none",
        "/..",
    ] {
        let refused = mounted(&mut served, path.as_bytes());
        assert_eq!(refused, Err(MNT3ERR_NOENT), "{path}");
    }
}

#[test]
fn a_path_with_a_name_that_is_none_is_not_mounted() {
    let mut served = Served::new();
    let long = [&b"/main/"[..], &[b'a'; 256]].concat();

    assert_eq!(mounted(&mut served, &long), Err(MNT3ERR_NAMETOOLONG));
    assert_eq!(mounted(&mut served, b"/main/a\0b"), Err(MNT3ERR_INVAL));
}

#[test]
fn a_mount_that_is_refused_is_on_record_and_its_path_is_not() {
    let mut served = Served::new();
    served.rig.notices();

    assert!(mounted(&mut served, b"/main/secret").is_err());

    let notices = served.rig.notices();
    assert!(matches!(notices[..], [Notice::MountRefused { .. }]));
    assert!(!format!("{notices:?}").contains("secret"));
}

#[test]
fn an_image_is_found_beside_the_trees() {
    let mut served = Served::new();

    let found = served.lookup(&rig::root(), rig::NAME.as_bytes());

    assert_eq!(found, image());
    assert_eq!(served.getattr(&found).file_type, ftype::REG);
}

#[test]
fn the_second_of_two_trees_of_one_name_is_not_shown() {
    let mut served = Served::new();
    let path = served.outside("second");
    fs::create_dir(&path).unwrap();
    served.rig.add_tree(OTHER, TREE_NAME, &path);
    let root = served.root();

    assert_eq!(served.lookup(&rig::root(), TREE_NAME.as_bytes()), root);
    let other = served.other_root();
    assert_eq!(getattr(&mut served, &other), status::STALE);
}

#[test]
fn each_tree_is_looked_up_by_its_name() {
    let mut served = Served::new();
    served.with_other();
    let other = served.other_root();

    assert_eq!(served.lookup(&rig::root(), OTHER_NAME.as_bytes()), other);
}
