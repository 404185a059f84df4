//! What is made in a tree: MKDIR, SYMLINK and MKNOD (RFC 1813 3.3.9 to 3.3.11), and what CREATE has in
//! common with them.

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use std::fs;
use std::os::unix::fs::FileTypeExt;

use rig::client::{Arguments, procedure, status};
use rig::trees::{Create, Served, Set, When, creation, ftype, node, symlink};

const VERIFIER: [u8; 8] = [0x81, 2, 3, 4, 0xf5, 6, 7, 8];

fn create(served: &mut Served, name: &[u8], how: Create) -> u32 {
    let root = served.root();
    served.create(&root, name, how).u32()
}

fn mkdir(directory: &[u8], name: &[u8], set: Set) -> Arguments {
    Arguments::of(directory).opaque(name).set(set)
}

/// What makes something of this name, by each procedure that does.
fn all_of(directory: &[u8], name: &[u8]) -> [(u32, Arguments); 5] {
    let nothing = Set::default();
    [
        (
            procedure::CREATE,
            creation(directory, name, Create::Unchecked(nothing)),
        ),
        (
            procedure::CREATE,
            creation(directory, name, Create::Exclusive(VERIFIER)),
        ),
        (procedure::MKDIR, mkdir(directory, name, nothing)),
        (procedure::SYMLINK, symlink(directory, name, b"target")),
        (procedure::MKNOD, node(directory, name, ftype::FIFO)),
    ]
}

#[test]
fn a_directory_is_made_with_what_was_asked_for() {
    let mut served = Served::new();
    let root = served.root();
    let set = Set {
        mode: Some(0o1750),
        mtime: When::At(7, 8),
        ..Set::default()
    };

    let mut results = served.done(procedure::MKDIR, mkdir(&root, b"d", set));

    let (handle, made) = results.made();
    results.weak();
    results.end();
    assert_eq!((made.file_type, made.mode), (ftype::DIR, 0o1750));
    assert_eq!((made.nlink, made.mtime), (2, (7, 8)));
    assert_eq!(served.getattr(&handle), made);
    assert_eq!(served.lookup(&handle, b".."), root);
}

#[test]
fn a_link_is_made_of_any_text_and_leads_nowhere() {
    let mut served = Served::new();
    let root = served.root();
    for (name, target) in [
        (&b"up"[..], &b"../../../../etc/passwd"[..]),
        (b"absolute", b"/etc/shadow"),
        (b"bytes", b"\xff\n//x/"),
    ] {
        let mut results = served.done(procedure::SYMLINK, symlink(&root, name, target));
        let (handle, made) = results.made();
        results.weak();
        results.end();
        assert_eq!(made.file_type, ftype::LNK);
        assert_eq!(made.size, target.len() as u64);
        let mut read = served.done(procedure::READLINK, Arguments::of(&handle));
        read.some_attributes();
        assert_eq!(read.opaque(), target);
    }
}

#[test]
fn a_link_that_says_nothing_is_not_made() {
    let mut served = Served::new();
    let root = served.root();

    for target in [&b""[..], b"a\0b"] {
        let refused = served.status(procedure::SYMLINK, symlink(&root, b"l", target));
        assert_eq!(refused, status::INVAL);
    }
    assert!(fs::symlink_metadata(served.path("l")).is_err());
}

#[test]
fn a_link_says_4095_bytes_at_most() {
    let mut served = Served::new();
    let root = served.root();

    let mut made = |name: &[u8], length| {
        let target = vec![b'a'; length];
        served.status(procedure::SYMLINK, symlink(&root, name, &target))
    };
    assert_eq!(made(b"longest", 4095), status::OK);
    assert_eq!(made(b"longer", 4096), status::NAMETOOLONG);
}

#[test]
fn pipes_and_sockets_are_made() {
    let mut served = Served::new();
    let root = served.root();

    for (name, kind) in [(&b"fifo"[..], ftype::FIFO), (b"socket", ftype::SOCK)] {
        let mut results = served.done(procedure::MKNOD, node(&root, name, kind));
        let (handle, made) = results.made();
        results.weak();
        results.end();
        assert_eq!(made.file_type, kind);
        assert_eq!(served.getattr(&handle), made);
    }
    let kind = |name| fs::symlink_metadata(served.path(name)).unwrap().file_type();
    assert!(kind("fifo").is_fifo() && kind("socket").is_socket());
}

/// > if the server does not support the target type or the target type is illegal, the error,
/// > NFS3ERR_BADTYPE, should be returned (RFC 1813 3.3.11)
#[test]
fn devices_and_what_mknod_does_not_make_are_of_a_bad_type() {
    let mut served = Served::new();
    let root = served.root();

    for kind in [
        0,
        ftype::REG,
        ftype::DIR,
        ftype::LNK,
        ftype::BLK,
        ftype::CHR,
        8,
        u32::MAX,
    ] {
        let refused = served.status(procedure::MKNOD, node(&root, b"n", kind));
        assert_eq!(refused, status::BADTYPE, "{kind}");
    }
    assert!(fs::symlink_metadata(served.path("n")).is_err());
}

#[test]
fn what_is_there_is_not_made_again() {
    let mut served = Served::new();
    let root = served.root();
    served.directory("d");
    served.file("a", b"0123");

    for name in [&b"d"[..], b"a"] {
        for (procedure, arguments) in all_of(&root, name).into_iter().skip(1) {
            assert_eq!(served.status(procedure, arguments), status::EXIST);
        }
    }
    assert_eq!(fs::read(served.path("a")).unwrap(), b"0123");
}

#[test]
fn nothing_is_called_dot_or_dot_dot() {
    let mut served = Served::new();
    let root = served.root();

    for name in [&b"."[..], b".."] {
        for (procedure, arguments) in all_of(&root, name) {
            assert_eq!(served.status(procedure, arguments), status::EXIST);
        }
    }
}

#[test]
fn nothing_is_given_a_name_that_is_none() {
    let mut served = Served::new();
    let root = served.root();

    for (name, expected) in [
        (&b""[..], status::ACCES),
        (b"../outside", status::ACCES),
        (b"a\0", status::ACCES),
        (&[b'a'; 256], status::NAMETOOLONG),
    ] {
        for (procedure, arguments) in all_of(&root, name) {
            assert_eq!(served.status(procedure, arguments), expected, "{name:?}");
        }
    }
    assert_eq!(fs::read_dir(served.path("")).unwrap().count(), 0);
    assert!(!served.outside("outside").exists());
}

#[test]
fn the_longest_name_can_be_given() {
    let mut served = Served::new();
    let name = [b'a'; 255];

    assert_eq!(
        create(&mut served, &name, Create::Guarded(Set::default())),
        status::OK
    );
    let root = served.root();
    served.lookup(&root, &name);
}

#[test]
fn nothing_is_made_in_what_is_no_directory() {
    let mut served = Served::new();
    served.directory("d");
    let (file, link) = (served.file("a", b""), served.link("d", "l"));

    for at in [file, link] {
        for (procedure, arguments) in all_of(&at, b"x") {
            assert_eq!(served.status(procedure, arguments), status::NOTDIR);
        }
    }
    assert_eq!(fs::read_dir(served.path("d")).unwrap().count(), 0);
}

#[test]
fn nothing_is_made_in_a_directory_that_is_gone() {
    let mut served = Served::new();
    let directory = served.directory("d");
    fs::remove_dir(served.path("d")).unwrap();
    fs::write(served.path("keeps-the-number"), "").unwrap();

    for (procedure, arguments) in all_of(&directory, b"x") {
        assert_eq!(served.status(procedure, arguments), status::STALE);
    }
}

#[test]
fn nothing_is_made_for_somebody_else() {
    let mut served = Served::new();
    let root = served.root();
    let theirs = Set {
        uid: Some(1000),
        ..Set::default()
    };

    for how in [Create::Unchecked(theirs), Create::Guarded(theirs)] {
        assert_eq!(create(&mut served, b"a", how), status::PERM);
    }
    assert_eq!(
        served.status(procedure::MKDIR, mkdir(&root, b"d", theirs)),
        status::PERM
    );
    assert_eq!(fs::read_dir(served.path("")).unwrap().count(), 0);
}
