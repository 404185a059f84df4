//! What is taken from a tree: REMOVE and RMDIR (RFC 1813 3.3.12, 3.3.13).

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use std::fs;

use rig::client::{Arguments, named, procedure, status};
use rig::trees::Served;

fn remove(served: &mut Served, directory: &[u8], name: &[u8]) -> u32 {
    served.status(procedure::REMOVE, Arguments(named(directory, name)))
}

fn rmdir(served: &mut Served, directory: &[u8], name: &[u8]) -> u32 {
    served.status(procedure::RMDIR, Arguments(named(directory, name)))
}

#[test]
fn a_file_is_removed_and_its_handle_is_stale() {
    let mut served = Served::new();
    let (root, file) = (served.root(), served.file("a", b"0123"));

    assert_eq!(remove(&mut served, &root, b"a"), status::OK);

    assert!(!served.path("a").exists());
    let getattr = Arguments::of(&file);
    assert_eq!(served.status(procedure::GETATTR, getattr), status::STALE);
}

#[test]
fn a_file_that_has_another_name_keeps_it_and_its_handle() {
    let mut served = Served::new();
    let (root, file) = (served.root(), served.file("a", b"0123"));
    fs::hard_link(served.path("a"), served.path("b")).unwrap();

    assert_eq!(remove(&mut served, &root, b"a"), status::OK);

    let left = served.getattr(&file);
    assert_eq!((left.size, left.nlink), (4, 1));
    assert_eq!(served.at("b"), file);
}

#[test]
fn a_link_is_removed_and_not_what_it_leads_to() {
    let mut served = Served::new();
    let root = served.root();
    fs::write(served.outside("outside"), "secret").unwrap();
    served.file("a", b"0123");
    served.link("a", "inside");
    served.link("../outside", "escape");

    assert_eq!(remove(&mut served, &root, b"inside"), status::OK);
    assert_eq!(remove(&mut served, &root, b"escape"), status::OK);

    assert!(served.path("a").exists() && served.outside("outside").exists());
}

#[test]
fn a_directory_is_not_removed_as_a_file() {
    let mut served = Served::new();
    let root = served.root();
    served.directory("d");

    assert_eq!(remove(&mut served, &root, b"d"), status::ISDIR);
    assert!(served.path("d").is_dir());
}

#[test]
fn an_empty_directory_is_removed_and_its_handle_is_stale() {
    let mut served = Served::new();
    let (root, directory) = (served.root(), served.directory("d"));

    assert_eq!(rmdir(&mut served, &root, b"d"), status::OK);

    assert!(!served.path("d").exists());
    let getattr = Arguments::of(&directory);
    assert_eq!(served.status(procedure::GETATTR, getattr), status::STALE);
}

#[test]
fn a_directory_with_something_in_it_stays() {
    let mut served = Served::new();
    let root = served.root();
    served.directory("d");
    served.file("d/a", b"");

    assert_eq!(rmdir(&mut served, &root, b"d"), status::NOTEMPTY);
    assert!(served.path("d/a").exists());
}

#[test]
fn only_a_directory_is_removed_as_one() {
    let mut served = Served::new();
    let root = served.root();
    served.directory("d");
    served.file("a", b"");
    served.link("d", "l");

    for name in [&b"a"[..], b"l"] {
        assert_eq!(rmdir(&mut served, &root, name), status::NOTDIR);
    }
}

#[test]
fn what_is_not_there_is_not_removed() {
    let mut served = Served::new();
    let root = served.root();

    assert_eq!(remove(&mut served, &root, b"none"), status::NOENT);
    assert_eq!(rmdir(&mut served, &root, b"none"), status::NOENT);
}

/// > the filename, ".", is illegal. These servers will return the error, NFS3ERR_INVAL. [...] "..",
/// > is illegal. These servers will return the error, NFS3ERR_EXIST. (RFC 1813 3.3.13)
#[test]
fn a_directory_is_not_removed_from_within() {
    let mut served = Served::new();
    let directory = served.directory("d");
    let inner = served.directory("d/e");

    assert_eq!(rmdir(&mut served, &inner, b"."), status::INVAL);
    assert_eq!(rmdir(&mut served, &directory, b".."), status::EXIST);
    for name in [&b"."[..], b".."] {
        assert_eq!(remove(&mut served, &inner, name), status::ACCES);
    }
    assert!(served.path("d/e").is_dir());
}

#[test]
fn nothing_is_removed_by_a_name_that_is_none() {
    let mut served = Served::new();
    let directory = served.directory("d");
    served.file("a", b"");

    for (name, expected) in [
        (&b""[..], status::ACCES),
        (b"../a", status::ACCES),
        (b"a\0", status::ACCES),
        (&[b'a'; 256], status::NAMETOOLONG),
    ] {
        assert_eq!(remove(&mut served, &directory, name), expected);
        assert_eq!(rmdir(&mut served, &directory, name), expected);
    }
    assert!(served.path("a").exists());
}

#[test]
fn nothing_is_in_a_file_to_be_removed() {
    let mut served = Served::new();
    let file = served.file("a", b"");

    assert_eq!(remove(&mut served, &file, b"x"), status::NOTDIR);
    assert_eq!(rmdir(&mut served, &file, b"x"), status::NOTDIR);
}

#[test]
fn nothing_is_removed_from_a_directory_that_is_gone() {
    let mut served = Served::new();
    let directory = served.directory("d");
    fs::remove_dir(served.path("d")).unwrap();
    fs::write(served.path("keeps-the-number"), "").unwrap();

    assert_eq!(remove(&mut served, &directory, b"x"), status::STALE);
    assert_eq!(rmdir(&mut served, &directory, b"x"), status::STALE);
}

#[test]
fn a_tree_is_not_removed_from_the_root_of_the_export() {
    let mut served = Served::new();
    let name = rig::trees::TREE_NAME.as_bytes();

    assert_eq!(remove(&mut served, &rig::root(), name), status::ROFS);
    assert_eq!(rmdir(&mut served, &rig::root(), name), status::ROFS);
    assert!(served.path("").is_dir());
}
