//! Files that are made in a tree: CREATE (RFC 1813 3.3.8).

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

use rig::client::status;
use rig::trees::{Create, Served, Set, When, ftype};

const VERIFIER: [u8; 8] = [0x81, 2, 3, 4, 0xf5, 6, 7, 8];

const fn with_mode(mode: u32) -> Set {
    Set {
        mode: Some(mode),
        uid: None,
        gid: None,
        size: None,
        atime: When::Keep,
        mtime: When::Keep,
    }
}

const fn with_size(size: u64) -> Set {
    Set {
        size: Some(size),
        mode: None,
        ..with_mode(0)
    }
}

fn create(served: &mut Served, name: &[u8], how: Create) -> u32 {
    let root = served.root();
    served.create(&root, name, how).u32()
}

#[test]
fn a_file_is_made_with_what_was_asked_for() {
    let mut served = Served::new();
    let root = served.root();
    let set = Set {
        mode: Some(0o4640),
        size: Some(5000),
        atime: When::At(5, 6),
        mtime: When::At(7, 8),
        ..Set::default()
    };

    let mut results = served.create(&root, b"a", Create::Guarded(set));

    assert_eq!(results.u32(), status::OK);
    let (handle, made) = results.made();
    results.weak();
    results.end();
    assert_eq!((made.file_type, made.mode), (ftype::REG, 0o4640));
    assert_eq!((made.size, made.nlink), (5000, 1));
    assert_eq!((made.atime, made.mtime), ((5, 6), (7, 8)));
    assert_eq!(served.getattr(&handle), made);
    assert_eq!(served.at("a"), handle);
}

#[test]
fn a_file_that_is_made_without_a_mode_is_its_owners() {
    let mut served = Served::new();

    assert_eq!(
        create(&mut served, b"a", Create::Unchecked(Set::default())),
        status::OK
    );
    let is = fs::metadata(served.path("a")).unwrap();
    assert_eq!((is.mode() & 0o7777, is.len()), (0o600, 0));
}

#[test]
fn an_unchecked_create_takes_the_file_that_is_there() {
    let mut served = Served::new();
    let file = served.file("a", b"0123");
    let (root, before) = (served.root(), served.getattr(&file));

    let mut results = served.create(&root, b"a", Create::Unchecked(with_mode(0o777)));

    assert_eq!(results.u32(), status::OK);
    let (handle, made) = results.made();
    assert_eq!((handle, made), (file, before));
}

#[test]
fn an_unchecked_create_with_a_size_cuts_the_file_that_is_there() {
    let mut served = Served::new();
    let file = served.file("a", b"0123");

    assert_eq!(
        create(&mut served, b"a", Create::Unchecked(with_size(0))),
        status::OK
    );
    assert_eq!(served.getattr(&file).size, 0);
}

#[test]
fn an_unchecked_create_takes_nothing_but_a_file() {
    let mut served = Served::new();
    served.directory("d");
    served.file("a", b"0123");
    served.link("a", "l");

    for name in [&b"d"[..], b"l"] {
        let how = Create::Unchecked(with_size(0));
        assert_eq!(create(&mut served, name, how), status::EXIST);
    }
    assert_eq!(fs::read(served.path("a")).unwrap(), b"0123");
}

#[test]
fn a_guarded_create_makes_what_is_not_there() {
    let mut served = Served::new();

    assert_eq!(
        create(&mut served, b"a", Create::Guarded(Set::default())),
        status::OK
    );
    assert!(served.path("a").is_file());
}

#[test]
fn a_guarded_create_leaves_what_is_there() {
    let mut served = Served::new();
    served.file("a", b"0123");

    assert_eq!(
        create(&mut served, b"a", Create::Guarded(with_size(0))),
        status::EXIST
    );
    assert_eq!(fs::read(served.path("a")).unwrap(), b"0123");
}

#[test]
fn an_exclusive_create_that_is_repeated_finds_its_file() {
    let mut served = Served::new();
    let root = served.root();
    let mut first = served.create(&root, b"a", Create::Exclusive(VERIFIER));
    assert_eq!(first.u32(), status::OK);
    let (made, _) = first.made();

    // With another XID, so that the file alone tells.
    let mut second = served.create(&root, b"a", Create::Exclusive(VERIFIER));

    assert_eq!(second.u32(), status::OK);
    assert_eq!(second.made().0, made);
}

#[test]
fn an_exclusive_create_that_is_repeated_to_the_next_server_finds_its_file() {
    let mut served = Served::new();
    let root = served.root();
    let mut first = served.create(&root, b"a", Create::Exclusive(VERIFIER));
    assert_eq!(first.u32(), status::OK);
    let (made, _) = first.made();
    served.restart();

    let mut second = served.create(&root, b"a", Create::Exclusive(VERIFIER));

    assert_eq!(second.u32(), status::OK);
    assert_eq!(second.made().0, made);
}

#[test]
fn an_exclusive_create_with_another_verifier_finds_anothers_file() {
    let mut served = Served::new();
    assert_eq!(
        create(&mut served, b"a", Create::Exclusive(VERIFIER)),
        status::OK
    );

    for bit in 0..64 {
        let other = u64::from_be_bytes(VERIFIER) ^ 1 << bit;
        let how = Create::Exclusive(other.to_be_bytes());
        assert_eq!(create(&mut served, b"a", how), status::EXIST, "bit {bit}");
    }
}

#[test]
fn an_exclusive_create_does_not_take_a_file_that_is_there() {
    let mut served = Served::new();
    served.file("a", b"");

    for verifier in [[0; 8], VERIFIER] {
        assert_eq!(
            create(&mut served, b"a", Create::Exclusive(verifier)),
            status::EXIST
        );
    }
}
