//! Objects of a tree: LOOKUP, GETATTR, ACCESS and READLINK (RFC 1813 3.3.1, 3.3.3 to 3.3.5).

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use rig::client::{Arguments, named, procedure, status};
use rig::trees::{Served, ftype, node};

fn lookup(served: &mut Served, directory: &[u8], name: &[u8]) -> u32 {
    served.status(procedure::LOOKUP, Arguments(named(directory, name)))
}

#[test]
fn a_lookup_answers_the_object_and_how_it_and_its_directory_are() {
    let mut served = Served::new();
    fs::write(served.path("a"), "12345").unwrap();
    let root = served.root();

    let mut results = served.done(procedure::LOOKUP, Arguments::of(&root).opaque(b"a"));

    let handle = results.opaque();
    assert_eq!(results.some_attributes().unwrap().size, 5);
    assert_eq!(results.some_attributes().unwrap().file_type, ftype::DIR);
    results.end();
    assert_eq!(served.getattr(&handle).size, 5);
}

#[test]
fn a_directory_is_its_own_dot() {
    let mut served = Served::new();
    let (root, inner) = (served.root(), served.directory("d"));

    assert_eq!(served.lookup(&root, b"."), root);
    assert_eq!(served.lookup(&inner, b"."), inner);
}

#[test]
fn dot_dot_is_the_directory_above() {
    let mut served = Served::new();
    let (outer, inner) = (served.directory("d"), served.directory("d/e"));
    let root = served.root();

    assert_eq!(served.lookup(&inner, b".."), outer);
    assert_eq!(served.lookup(&outer, b".."), root);
}

#[test]
fn nothing_is_above_the_root_of_a_tree() {
    let mut served = Served::new();
    let root = served.root();

    assert_eq!(served.lookup(&root, b".."), root);
}

#[test]
fn a_name_may_be_any_bytes() {
    use std::os::unix::ffi::OsStrExt;
    let mut served = Served::new();
    let name = b"\xff\xfe \n";
    let root = served.root();
    let path = served.path("").join(std::ffi::OsStr::from_bytes(name));
    fs::write(path, "bytes").unwrap();

    let handle = served.lookup(&root, name);
    assert_eq!(served.getattr(&handle).size, 5);
}

#[test]
fn what_is_not_there_is_not_found_in_a_directory_that_is() {
    let mut served = Served::new();
    let root = served.root();

    let mut results = served.call(procedure::LOOKUP, Arguments::of(&root).opaque(b"none"));

    assert_eq!(results.u32(), status::NOENT);
    assert_eq!(results.some_attributes().unwrap().file_type, ftype::DIR);
    results.end();
}

#[test]
fn a_name_that_is_none_is_refused() {
    let mut served = Served::new();
    let root = served.root();

    for name in [&b""[..], b"a/b", b"/", b"../x", b"a\0"] {
        assert_eq!(lookup(&mut served, &root, name), status::ACCES, "{name:?}");
    }
}

#[test]
fn a_name_has_255_bytes_at_most() {
    let mut served = Served::new();
    let root = served.root();

    assert_eq!(lookup(&mut served, &root, &[b'a'; 255]), status::NOENT);
    assert_eq!(
        lookup(&mut served, &root, &[b'a'; 256]),
        status::NAMETOOLONG
    );
}

#[test]
fn nothing_is_in_what_is_no_directory() {
    let mut served = Served::new();
    let (file, link) = (served.file("a", b""), served.link(".", "l"));

    for at in [file, link] {
        for name in [&b"x"[..], b".", b".."] {
            assert_eq!(lookup(&mut served, &at, name), status::NOTDIR);
        }
    }
}

#[test]
fn a_symbolic_link_is_found_and_not_followed() {
    let mut served = Served::new();
    served.file("a", b"content");

    let link = served.link("a", "l");

    assert_eq!(served.getattr(&link).file_type, ftype::LNK);
}

#[test]
fn attributes_are_those_of_the_file() {
    let mut served = Served::new();
    let handle = served.file("a", &[7; 10_000]);
    fs::set_permissions(served.path("a"), Permissions::from_mode(0o4751)).unwrap();
    fs::hard_link(served.path("a"), served.path("b")).unwrap();
    let is = fs::metadata(served.path("a")).unwrap();

    let told = served.getattr(&handle);

    let time = |seconds: i64, nanoseconds: i64| {
        let word = |number: i64| u32::try_from(number).unwrap();
        (word(seconds), word(nanoseconds))
    };
    assert_eq!((told.file_type, told.mode), (ftype::REG, 0o4751));
    assert_eq!((told.size, told.nlink), (10_000, 2));
    assert_eq!(told.used, is.blocks() * 512);
    assert_eq!(told.fileid, is.ino());
    assert_eq!(told.atime, time(is.atime(), is.atime_nsec()));
    assert_eq!(told.mtime, time(is.mtime(), is.mtime_nsec()));
    assert_eq!(told.ctime, time(is.ctime(), is.ctime_nsec()));
}

#[test]
fn whose_a_file_is_on_the_gateway_is_no_clients_business() {
    let mut served = Served::new();
    let handle = served.file("a", b"");
    std::os::unix::fs::chown(served.path("a"), Some(1234), Some(5678)).unwrap();

    assert_eq!(served.getattr(&handle).owner, (0, 0));
}

#[test]
fn every_type_of_object_is_told() {
    let mut served = Served::new();
    let root = served.root();
    for (name, kind) in [(&b"fifo"[..], ftype::FIFO), (b"socket", ftype::SOCK)] {
        served.done(procedure::MKNOD, node(&root, name, kind));
    }
    served.file("file", b"");
    served.directory("directory");
    served.link("file", "link");

    let types = ["file", "directory", "link", "socket", "fifo"].map(|name| {
        let handle = served.at(name);
        served.getattr(&handle).file_type
    });
    assert_eq!(
        types,
        [ftype::REG, ftype::DIR, ftype::LNK, ftype::SOCK, ftype::FIFO]
    );
}

#[test]
fn a_tree_is_a_file_system_of_its_own() {
    let mut served = Served::new();
    let path = served.with_other();
    fs::write(path.join("a"), "").unwrap();
    let (root, file) = (served.root(), served.file("a", b""));
    let other_root = served.other_root();
    let other = served.lookup(&other_root, b"a");
    let mut fsid = |handle: &[u8]| served.getattr(handle).fsid;

    assert_eq!(fsid(&root), fsid(&file));
    assert_eq!(fsid(&other_root), fsid(&other));
    assert_ne!(fsid(&root), fsid(&other_root));
    assert_ne!(fsid(&root), fsid(&rig::root()));
}

/// What may be done of all that there is.
fn access(served: &mut Served, handle: &[u8], asked: u32) -> u32 {
    let mut results = served.done(procedure::ACCESS, Arguments::of(handle).u32(asked));
    assert!(results.some_attributes().is_some());
    let granted = results.u32();
    results.end();
    granted
}

const READ: u32 = 0x01;
const LOOKUP: u32 = 0x02;
const MODIFY: u32 = 0x04;
const EXTEND: u32 = 0x08;
const DELETE: u32 = 0x10;
const EXECUTE: u32 = 0x20;
const ALL: u32 = 0x3f;

#[test]
fn a_directory_is_read_searched_and_changed() {
    let mut served = Served::new();
    let root = served.root();

    let granted = access(&mut served, &root, ALL);
    assert_eq!(granted, READ | LOOKUP | MODIFY | EXTEND | DELETE);
}

#[test]
fn a_file_is_read_and_written_and_executed_if_its_mode_says_so() {
    let mut served = Served::new();
    let (plain, program) = (served.file("a", b""), served.file("b", b""));
    fs::set_permissions(served.path("a"), Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(served.path("b"), Permissions::from_mode(0o744)).unwrap();

    let data = READ | MODIFY | EXTEND;
    assert_eq!(access(&mut served, &plain, ALL), data);
    assert_eq!(access(&mut served, &program, ALL), data | EXECUTE);
}

#[test]
fn a_symbolic_link_is_read_and_nothing_else() {
    let mut served = Served::new();
    let link = served.link("/etc", "l");

    assert_eq!(access(&mut served, &link, ALL), READ);
}

#[test]
fn only_what_was_asked_about_is_granted() {
    let mut served = Served::new();
    let root = served.root();

    assert_eq!(access(&mut served, &root, EXTEND | EXECUTE), EXTEND);
    assert_eq!(access(&mut served, &root, 0), 0);
}

#[test]
fn a_link_says_what_was_written_there() {
    let mut served = Served::new();
    let link = served.link("../../etc/passwd", "l");

    let mut results = served.done(procedure::READLINK, Arguments::of(&link));

    assert_eq!(results.some_attributes().unwrap().file_type, ftype::LNK);
    assert_eq!(results.opaque(), b"../../etc/passwd");
    results.end();
}

#[test]
fn only_a_link_is_read_as_one() {
    let mut served = Served::new();
    let (root, file) = (served.root(), served.file("a", b""));

    for handle in [root, file] {
        let mut results = served.call(procedure::READLINK, Arguments::of(&handle));
        assert_eq!(results.u32(), status::INVAL);
        assert!(results.some_attributes().is_some());
    }
}
