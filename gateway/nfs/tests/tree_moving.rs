//! What gets another name in a tree: RENAME and LINK (RFC 1813 3.3.14, 3.3.15).

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use std::fs;
use std::os::unix::fs::MetadataExt;

use rig::client::{Arguments, procedure, status};
use rig::trees::{Served, ftype, link, rename};
use rig::{NAME, image};

/// A directory and a name in it, from and to.
type Way<'a> = (&'a [u8], &'a [u8]);

fn renamed(served: &mut Served, from: Way<'_>, to: Way<'_>) -> u32 {
    served.status(procedure::RENAME, rename(from, to))
}

fn linked(served: &mut Served, file: &[u8], to: Way<'_>) -> u32 {
    served.status(procedure::LINK, link(file, to.0, to.1))
}

#[test]
fn a_file_gets_another_name_and_keeps_its_handle() {
    let mut served = Served::new();
    let (root, file) = (served.root(), served.file("a", b"0123"));

    assert_eq!(renamed(&mut served, (&root, b"a"), (&root, b"b")), 0);

    assert!(!served.path("a").exists());
    assert_eq!(served.at("b"), file);
    assert_eq!(served.getattr(&file).size, 4);
}

#[test]
fn a_file_is_moved_to_another_directory_and_keeps_its_handle() {
    let mut served = Served::new();
    let (root, directory) = (served.root(), served.directory("d"));
    let file = served.file("a", b"0123");

    assert_eq!(renamed(&mut served, (&root, b"a"), (&directory, b"b")), 0);

    assert_eq!(served.at("d/b"), file);
    assert_eq!(served.getattr(&file).size, 4);
}

#[test]
fn a_directory_is_moved_with_all_that_is_in_it() {
    let mut served = Served::new();
    let (root, to) = (served.root(), served.directory("to"));
    let moved = served.directory("d");
    let file = served.file("d/a", b"0123");

    assert_eq!(renamed(&mut served, (&root, b"d"), (&to, b"e")), 0);

    assert_eq!(served.getattr(&file).size, 4);
    assert_eq!(served.lookup(&moved, b".."), to);
    assert_eq!(served.at("to/e/a"), file);
}

#[test]
fn a_file_takes_the_place_of_a_file() {
    let mut served = Served::new();
    let root = served.root();
    let (file, victim) = (served.file("a", b"new"), served.file("b", b"old!"));

    assert_eq!(renamed(&mut served, (&root, b"a"), (&root, b"b")), 0);

    assert_eq!(fs::read(served.path("b")).unwrap(), b"new");
    assert_eq!(served.at("b"), file);
    let getattr = Arguments::of(&victim);
    assert_eq!(served.status(procedure::GETATTR, getattr), status::STALE);
}

#[test]
fn a_directory_takes_the_place_of_an_empty_directory() {
    let mut served = Served::new();
    let root = served.root();
    let moved = served.directory("d");
    served.file("d/a", b"");
    served.directory("e");

    assert_eq!(renamed(&mut served, (&root, b"d"), (&root, b"e")), 0);

    assert_eq!(served.at("e"), moved);
    assert!(served.path("e/a").exists());
}

/// > If they are not compatible or if the target is a directory but not empty, the server should
/// > return the error, NFS3ERR_EXIST. (RFC 1813 3.3.14)
#[test]
fn a_directory_with_something_in_it_is_not_replaced() {
    let mut served = Served::new();
    let root = served.root();
    served.directory("d");
    served.directory("e");
    served.file("e/a", b"");

    let refused = renamed(&mut served, (&root, b"d"), (&root, b"e"));

    assert_eq!(refused, status::EXIST);
    assert!(served.path("d").is_dir() && served.path("e/a").exists());
}

#[test]
fn a_file_and_a_directory_do_not_take_each_others_place() {
    let mut served = Served::new();
    let root = served.root();
    served.directory("d");
    served.file("a", b"");

    for (from, to) in [(b"a", b"d"), (b"d", b"a")] {
        let refused = renamed(&mut served, (&root, from), (&root, to));
        assert_eq!(refused, status::EXIST);
    }
    assert!(served.path("d").is_dir() && served.path("a").is_file());
}

/// > If from and to both refer to the same file (they might be hard links of each other), then
/// > RENAME should perform no action and return NFS3_OK. (RFC 1813 3.3.14)
#[test]
fn two_names_of_one_file_stay() {
    let mut served = Served::new();
    let root = served.root();
    served.file("a", b"");
    fs::hard_link(served.path("a"), served.path("b")).unwrap();

    for to in [b"a", b"b"] {
        assert_eq!(renamed(&mut served, (&root, b"a"), (&root, to)), 0);
    }
    assert!(served.path("a").exists() && served.path("b").exists());
}

#[test]
fn a_link_is_renamed_and_not_what_it_leads_to() {
    let mut served = Served::new();
    let root = served.root();
    fs::write(served.outside("outside"), "secret").unwrap();
    served.link("../outside", "a");

    assert_eq!(renamed(&mut served, (&root, b"a"), (&root, b"b")), 0);

    let moved = fs::symlink_metadata(served.path("b")).unwrap();
    assert!(moved.is_symlink() && served.outside("outside").exists());
}

#[test]
fn a_directory_is_not_moved_into_itself() {
    let mut served = Served::new();
    let (root, directory) = (served.root(), served.directory("d"));
    let inner = served.directory("d/e");

    for to in [&directory, &inner] {
        let refused = renamed(&mut served, (&root, b"d"), (to, b"x"));
        assert_eq!(refused, status::INVAL);
    }
    assert!(served.path("d/e").is_dir());
}

#[test]
fn what_is_not_there_is_not_renamed() {
    let mut served = Served::new();
    let root = served.root();

    let refused = renamed(&mut served, (&root, b"none"), (&root, b"b"));
    assert_eq!(refused, status::NOENT);
}

#[test]
fn nothing_is_moved_from_or_to_what_is_no_directory() {
    let mut served = Served::new();
    let (root, file) = (served.root(), served.file("a", b""));

    let from = renamed(&mut served, (&file, b"x"), (&root, b"b"));
    let to = renamed(&mut served, (&root, b"a"), (&file, b"x"));
    assert_eq!((from, to), (status::NOTDIR, status::NOTDIR));
}

/// > On some servers, the filenames, "." and "..", are illegal as either from.name or to.name. [...]
/// > These servers will return the error, NFS3ERR_INVAL (RFC 1813 3.3.14)
#[test]
fn dot_and_dot_dot_are_not_renamed() {
    let mut served = Served::new();
    let (root, directory) = (served.root(), served.directory("d"));
    served.file("a", b"");

    for dots in [&b"."[..], b".."] {
        let from = renamed(&mut served, (&directory, dots), (&root, b"b"));
        let to = renamed(&mut served, (&root, b"a"), (&directory, dots));
        assert_eq!((from, to), (status::INVAL, status::INVAL));
    }
}

#[test]
fn nothing_is_renamed_by_a_name_that_is_none() {
    let mut served = Served::new();
    let (root, directory) = (served.root(), served.directory("d"));
    let file = served.file("a", b"");

    for (name, expected) in [
        (&b""[..], status::ACCES),
        (b"../a", status::ACCES),
        (b"a\0", status::ACCES),
        (&[b'a'; 256], status::NAMETOOLONG),
    ] {
        let from = renamed(&mut served, (&directory, name), (&root, b"b"));
        let to = renamed(&mut served, (&root, b"a"), (&directory, name));
        let link = linked(&mut served, &file, (&directory, name));
        assert_eq!((from, to, link), (expected, expected, expected));
    }
    assert!(served.path("a").exists());
}

#[test]
fn nothing_is_moved_from_or_to_a_directory_that_is_gone() {
    let mut served = Served::new();
    let (root, directory) = (served.root(), served.directory("d"));
    let file = served.file("a", b"");
    fs::remove_dir(served.path("d")).unwrap();
    fs::write(served.path("keeps-the-number"), "").unwrap();

    let from = renamed(&mut served, (&directory, b"x"), (&root, b"b"));
    let to = renamed(&mut served, (&root, b"a"), (&directory, b"x"));
    let link = linked(&mut served, &file, (&directory, b"x"));
    assert_eq!(
        (from, to, link),
        (status::STALE, status::STALE, status::STALE)
    );
}

/// > to.dir and from.dir must reside on the same file system on the server [...] If they reside on
/// > different file systems, the error, NFS3ERR_XDEV, is returned. (RFC 1813 3.3.14)
#[test]
fn nothing_is_moved_or_linked_from_one_tree_to_another() {
    let mut served = Served::new();
    let path = served.with_other();
    fs::write(path.join("theirs"), "").unwrap();
    let (root, other) = (served.root(), served.other_root());
    let file = served.file("a", b"");

    let there = renamed(&mut served, (&root, b"a"), (&other, b"a"));
    let here = renamed(&mut served, (&other, b"theirs"), (&root, b"b"));
    let link = linked(&mut served, &file, (&other, b"a"));

    assert_eq!(
        (there, here, link),
        (status::XDEV, status::XDEV, status::XDEV)
    );
    assert!(served.path("a").exists() && path.join("theirs").exists());
}

#[test]
fn nothing_is_moved_or_linked_between_a_tree_and_the_root_of_the_export() {
    let mut served = Served::new();
    let (root, file) = (served.root(), served.file("a", b""));
    let (export, image_name) = (rig::root(), NAME.as_bytes());

    let out = renamed(&mut served, (&root, b"a"), (&export, b"a"));
    let into = renamed(&mut served, (&export, image_name), (&root, b"b"));
    let link_out = linked(&mut served, &file, (&export, b"a"));
    let link_in = linked(&mut served, &image(), (&root, b"b"));

    assert_eq!((out, into), (status::XDEV, status::XDEV));
    assert_eq!((link_out, link_in), (status::XDEV, status::XDEV));
    assert_eq!(fs::read_dir(served.path("")).unwrap().count(), 1);
}

#[test]
fn an_image_is_no_directory_to_move_something_to() {
    let mut served = Served::new();
    let (root, file) = (served.root(), served.file("a", b""));

    let moved = renamed(&mut served, (&root, b"a"), (&image(), b"a"));
    let link = linked(&mut served, &file, (&image(), b"a"));

    assert_eq!((moved, link), (status::NOTDIR, status::NOTDIR));
}

#[test]
fn a_tree_is_not_renamed_in_the_root_of_the_export() {
    let mut served = Served::new();
    let (export, name) = (rig::root(), rig::trees::TREE_NAME.as_bytes());

    let refused = renamed(&mut served, (&export, name), (&export, b"x"));
    assert_eq!(refused, status::ROFS);
}

#[test]
fn a_handle_that_is_none_is_refused_before_it_is_asked_where_things_are() {
    let mut served = Served::new();
    let (root, file) = (served.root(), served.file("a", b""));
    let mut forged = file.clone();
    forged[40] ^= 1;

    let from = renamed(&mut served, (&forged, b"a"), (&root, b"b"));
    let to = renamed(&mut served, (&root, b"a"), (&forged, b"b"));
    let linking = linked(&mut served, &forged, (&root, b"b"));
    let into = linked(&mut served, &file, (&forged, b"b"));

    assert_eq!([from, to, linking, into], [status::STALE; 4]);
}

#[test]
fn a_file_gets_a_second_name() {
    let mut served = Served::new();
    let (directory, file) = (served.directory("d"), served.file("a", b"0123"));

    let mut results = served.done(procedure::LINK, link(&file, &directory, b"b"));

    assert_eq!(results.some_attributes().unwrap().nlink, 2);
    results.weak();
    results.end();
    let inode = |name| fs::metadata(served.path(name)).unwrap().ino();
    assert_eq!(inode("a"), inode("d/b"));
    assert_eq!(served.at("d/b"), file);
}

#[test]
fn a_link_gets_a_second_name_and_not_what_it_leads_to() {
    let mut served = Served::new();
    let root = served.root();
    fs::write(served.outside("outside"), "secret").unwrap();
    let escape = served.link("../outside", "a");

    assert_eq!(linked(&mut served, &escape, (&root, b"b")), status::OK);

    let second = served.at("b");
    assert_eq!(served.getattr(&second).file_type, ftype::LNK);
    assert_eq!(fs::metadata(served.outside("outside")).unwrap().nlink(), 1);
}

#[test]
fn what_is_there_is_not_replaced_by_a_second_name() {
    let mut served = Served::new();
    let (root, file) = (served.root(), served.file("a", b"0123"));
    served.file("b", b"stays");

    assert_eq!(linked(&mut served, &file, (&root, b"b")), status::EXIST);
    assert_eq!(fs::read(served.path("b")).unwrap(), b"stays");
}

#[test]
fn a_directory_has_one_name() {
    let mut served = Served::new();
    let (root, directory) = (served.root(), served.directory("d"));

    for handle in [&root, &directory] {
        assert_eq!(linked(&mut served, handle, (&root, b"e")), status::INVAL);
    }
}

#[test]
fn a_second_name_is_not_made_in_what_is_no_directory() {
    let mut served = Served::new();
    let (file, at) = (served.file("a", b""), served.file("b", b""));

    assert_eq!(linked(&mut served, &file, (&at, b"x")), status::NOTDIR);
}

#[test]
fn what_is_gone_gets_no_second_name() {
    let mut served = Served::new();
    let (root, gone) = (served.root(), served.stale());

    assert_eq!(linked(&mut served, &gone, (&root, b"b")), status::STALE);
}
