//! Weak cache consistency: what a call says of its directory before and afterwards (RFC 1813 2.6,
//! wcc_data), whether it succeeds or fails.

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use rig::client::{Arguments, named, procedure, status};
use rig::trees::{
    Create, Served, Set, When, creation, ftype, link, node, rename, setattr, symlink,
};

/// Says of a directory that it was last modified long ago, so that a change shows.
fn age(served: &mut Served, directory: &[u8]) {
    let set = Set {
        mtime: When::At(1_000_000, 0),
        ..Set::default()
    };
    served.done(procedure::SETATTR, setattr(directory, set, None));
}

/// A call that succeeds, or not, and whose results end with the directory's wcc_data, tells what
/// GETATTR says before and afterwards.
fn tells(served: &mut Served, (procedure, arguments): (u32, Arguments), expected: u32, made: bool) {
    let root = served.root();
    age(served, &root);
    let before = served.getattr(&root);

    let mut results = served.call(procedure, arguments);

    assert_eq!(results.u32(), expected, "procedure {procedure}");
    if made {
        results.made();
    }
    let told = results.weak();
    results.end();
    let after = served.getattr(&root);
    assert_eq!(told, (Some(before.before()), Some(after)));
    assert_eq!(after.mtime != before.mtime, expected == status::OK);
}

#[test]
fn what_is_made_changes_its_directory() {
    let mut served = Served::new();
    let root = served.root();
    let nothing = Set::default();
    let all = [
        (
            procedure::CREATE,
            creation(&root, b"file", Create::Guarded(nothing)),
        ),
        (
            procedure::CREATE,
            creation(&root, b"exclusive", Create::Exclusive([1; 8])),
        ),
        (
            procedure::MKDIR,
            Arguments::of(&root).opaque(b"directory").set(nothing),
        ),
        (procedure::SYMLINK, symlink(&root, b"link", b"target")),
        (procedure::MKNOD, node(&root, b"fifo", ftype::FIFO)),
    ];

    for call in all {
        tells(&mut served, call, status::OK, true);
    }
}

#[test]
fn what_is_not_made_leaves_its_directory_and_says_so() {
    let mut served = Served::new();
    let root = served.root();
    served.file("there", b"");
    let nothing = Set::default();
    let all = [
        (
            procedure::CREATE,
            creation(&root, b"there", Create::Guarded(nothing)),
        ),
        (
            procedure::MKDIR,
            Arguments::of(&root).opaque(b"there").set(nothing),
        ),
        (procedure::SYMLINK, symlink(&root, b"there", b"target")),
        (procedure::MKNOD, node(&root, b"there", ftype::FIFO)),
    ];

    for call in all {
        tells(&mut served, call, status::EXIST, false);
    }
}

#[test]
fn what_is_removed_changes_its_directory() {
    let mut served = Served::new();
    let root = served.root();
    served.file("file", b"");
    served.directory("directory");

    let remove = (procedure::REMOVE, Arguments(named(&root, b"file")));
    tells(&mut served, remove, status::OK, false);
    let rmdir = (procedure::RMDIR, Arguments(named(&root, b"directory")));
    tells(&mut served, rmdir, status::OK, false);
}

#[test]
fn what_is_not_removed_leaves_its_directory_and_says_so() {
    let mut served = Served::new();
    let root = served.root();
    let none = Arguments(named(&root, b"none"));

    let remove = (procedure::REMOVE, none.clone());
    tells(&mut served, remove, status::NOENT, false);
    tells(&mut served, (procedure::RMDIR, none), status::NOENT, false);
}

#[test]
fn a_rename_changes_both_directories() {
    let mut served = Served::new();
    let (from, to) = (served.directory("from"), served.directory("to"));
    served.file("from/a", b"");
    age(&mut served, &from);
    age(&mut served, &to);
    let before = [served.getattr(&from), served.getattr(&to)];

    let arguments = rename((&from, b"a"), (&to, b"b"));
    let mut results = served.done(procedure::RENAME, arguments);
    let told = [results.weak(), results.weak()];
    results.end();

    let after = [served.getattr(&from), served.getattr(&to)];
    for at in 0..2 {
        assert_eq!(told[at], (Some(before[at].before()), Some(after[at])));
        assert_ne!(before[at].mtime, after[at].mtime);
    }
}

#[test]
fn a_rename_that_fails_leaves_both_and_says_so() {
    let mut served = Served::new();
    let (from, to) = (served.directory("from"), served.directory("to"));
    let is = [served.getattr(&from), served.getattr(&to)];

    let arguments = rename((&from, b"a"), (&to, b"b"));
    let mut results = served.call(procedure::RENAME, arguments);

    assert_eq!(results.u32(), status::NOENT);
    for is in is {
        assert_eq!(results.weak(), (Some(is.before()), Some(is)));
    }
    results.end();
}

#[test]
fn a_link_changes_its_directory_and_the_file() {
    let mut served = Served::new();
    let (directory, file) = (served.directory("d"), served.file("a", b""));
    age(&mut served, &directory);
    let before = served.getattr(&directory);

    let mut results = served.done(procedure::LINK, link(&file, &directory, b"b"));
    let (of_file, of_directory) = (results.some_attributes(), results.weak());
    results.end();

    let after = served.getattr(&directory);
    assert_eq!(of_file, Some(served.getattr(&file)));
    assert_eq!(of_directory, (Some(before.before()), Some(after)));
    assert_ne!(before.mtime, after.mtime);
}

#[test]
fn a_link_that_fails_says_how_the_file_and_the_directory_are() {
    let mut served = Served::new();
    let (directory, file) = (served.directory("d"), served.file("a", b""));
    served.file("d/b", b"");
    let is = served.getattr(&directory);

    let mut results = served.call(procedure::LINK, link(&file, &directory, b"b"));

    assert_eq!(results.u32(), status::EXIST);
    assert_eq!(results.some_attributes(), Some(served.getattr(&file)));
    assert_eq!(results.weak(), (Some(is.before()), Some(is)));
    results.end();
}

#[test]
fn a_call_about_what_is_gone_says_nothing_of_it() {
    let mut served = Served::new();
    let gone = served.stale();

    let mut results = served.call(procedure::SETATTR, setattr(&gone, Set::default(), None));

    assert_eq!(results.u32(), status::STALE);
    assert_eq!(results.weak(), (None, None));
    results.end();
}
