//! Objects of a tree: SETATTR (RFC 1813 3.3.2).

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

use rig::client::{procedure, status};
use rig::trees::{Served, Set, When, setattr};

const NOTHING: Set = Set {
    mode: None,
    uid: None,
    gid: None,
    size: None,
    atime: When::Keep,
    mtime: When::Keep,
};

fn set(served: &mut Served, handle: &[u8], set: Set) -> u32 {
    served.status(procedure::SETATTR, setattr(handle, set, None))
}

const fn size(size: u64) -> Set {
    Set {
        size: Some(size),
        ..NOTHING
    }
}

const fn mode(mode: u32) -> Set {
    Set {
        mode: Some(mode),
        ..NOTHING
    }
}

#[test]
fn a_file_is_made_shorter() {
    let mut served = Served::new();
    let file = served.file("a", b"0123456789");

    assert_eq!(set(&mut served, &file, size(4)), status::OK);
    assert_eq!(fs::read(served.path("a")).unwrap(), b"0123");
}

#[test]
fn a_file_is_made_longer_with_zeros() {
    let mut served = Served::new();
    let file = served.file("a", b"01");

    assert_eq!(set(&mut served, &file, size(4)), status::OK);
    assert_eq!(fs::read(served.path("a")).unwrap(), b"01\0\0");
}

#[test]
fn a_new_size_changes_the_time_of_modification() {
    let mut served = Served::new();
    let file = served.file("a", b"0123456789");
    let long_ago = Set {
        mtime: When::At(1_000_000, 0),
        ..NOTHING
    };
    assert_eq!(set(&mut served, &file, long_ago), status::OK);

    assert_eq!(set(&mut served, &file, size(4)), status::OK);
    assert!(served.getattr(&file).mtime.0 > 1_000_000);
}

/// As other servers answer it, and as clients pass it on to their programs (EFBIG); RFC 1813 speaks
/// of NFS3ERR_INVAL.
#[test]
fn no_file_is_longer_than_can_be_said() {
    let mut served = Served::new();
    let file = served.file("a", b"01");

    assert_eq!(set(&mut served, &file, size(1 << 63)), status::FBIG);
    assert_eq!(set(&mut served, &file, size(u64::MAX)), status::FBIG);
    assert_eq!(served.getattr(&file).size, 2);
}

#[test]
fn what_is_no_file_has_no_size_to_set() {
    let mut served = Served::new();
    let (root, directory) = (served.root(), served.directory("d"));
    let link = served.link("a", "l");

    assert_eq!(set(&mut served, &root, size(0)), status::ISDIR);
    assert_eq!(set(&mut served, &directory, size(0)), status::ISDIR);
    assert_eq!(set(&mut served, &link, size(0)), status::INVAL);
}

#[test]
fn twelve_bits_of_mode_are_set() {
    let mut served = Served::new();
    let (file, directory) = (served.file("a", b""), served.directory("d"));

    for (handle, bits) in [(&file, 0o6417), (&directory, 0o1750)] {
        assert_eq!(set(&mut served, handle, mode(bits)), status::OK);
        assert_eq!(served.getattr(handle).mode, bits);
    }
}

#[test]
fn bits_that_are_no_mode_are_left_alone() {
    let mut served = Served::new();
    let file = served.file("a", b"");

    assert_eq!(set(&mut served, &file, mode(0o170_640)), status::OK);
    let is = fs::metadata(served.path("a")).unwrap();
    assert!(is.is_file());
    assert_eq!(is.mode() & 0o7777, 0o640);
}

#[test]
fn the_mode_of_the_root_keeps_others_out_and_stays() {
    let mut served = Served::new();
    let root = served.root();
    let before = served.getattr(&root).mode;

    assert_eq!(set(&mut served, &root, mode(0o777)), status::PERM);
    assert_eq!(served.getattr(&root).mode, before);
}

#[test]
fn times_are_set_to_what_the_client_says() {
    let mut served = Served::new();
    let (file, link) = (served.file("a", b""), served.link("a", "l"));
    let times = Set {
        atime: When::At(5, 6),
        mtime: When::At(u32::MAX, 999_999_999),
        ..NOTHING
    };

    for handle in [&file, &link] {
        assert_eq!(set(&mut served, handle, times), status::OK);
        let is = served.getattr(handle);
        assert_eq!((is.atime, is.mtime), ((5, 6), (u32::MAX, 999_999_999)));
    }
}

#[test]
fn one_time_is_set_without_the_other() {
    let mut served = Served::new();
    let file = served.file("a", b"");
    let modified = served.getattr(&file).mtime;
    let accessed = Set {
        atime: When::At(5, 6),
        ..NOTHING
    };

    assert_eq!(set(&mut served, &file, accessed), status::OK);
    let is = served.getattr(&file);
    assert_eq!((is.atime, is.mtime), ((5, 6), modified));
}

#[test]
fn a_time_is_set_to_the_gateways_clock() {
    let mut served = Served::new();
    let file = served.file("a", b"");
    let long_ago = Set {
        atime: When::At(1, 0),
        mtime: When::At(1, 0),
        ..NOTHING
    };
    assert_eq!(set(&mut served, &file, long_ago), status::OK);
    let now = Set {
        mtime: When::Now,
        ..NOTHING
    };

    assert_eq!(set(&mut served, &file, now), status::OK);
    let is = served.getattr(&file);
    assert_eq!((is.atime, is.mtime), ((1, 0), is.ctime));
}

#[test]
fn nobody_is_given_anything() {
    let mut served = Served::new();
    let file = served.file("a", b"");
    let (user, group) = (
        Set {
            uid: Some(1000),
            ..NOTHING
        },
        Set {
            gid: Some(1000),
            ..NOTHING
        },
    );

    for owner in [user, group] {
        assert_eq!(set(&mut served, &file, owner), status::PERM);
    }
    let is = fs::metadata(served.path("a")).unwrap();
    assert!(is.uid() != 1000 && is.gid() != 1000);
}

#[test]
fn who_is_said_to_own_a_file_already_may_be_given_it() {
    let mut served = Served::new();
    let file = served.file("a", b"");
    let owner = Set {
        uid: Some(0),
        gid: Some(0),
        ..NOTHING
    };

    assert_eq!(set(&mut served, &file, owner), status::OK);
}

#[test]
fn nothing_else_is_set_where_the_owner_is_refused() {
    let mut served = Served::new();
    let file = served.file("a", b"0123456789");
    let all = Set {
        uid: Some(1000),
        mode: Some(0),
        size: Some(0),
        ..NOTHING
    };
    let before = served.getattr(&file);

    assert_eq!(set(&mut served, &file, all), status::PERM);
    assert_eq!(served.getattr(&file), before);
}

#[test]
fn a_guard_that_is_the_time_of_change_lets_it_through() {
    let mut served = Served::new();
    let file = served.file("a", b"");
    let changed = served.getattr(&file).ctime;

    let guarded = setattr(&file, size(3), Some(changed));
    assert_eq!(served.status(procedure::SETATTR, guarded), status::OK);
    assert_eq!(served.getattr(&file).size, 3);
}

#[test]
fn a_guard_that_is_over_changes_nothing() {
    let mut served = Served::new();
    let file = served.file("a", b"0");
    let before = served.getattr(&file);
    let (seconds, nanoseconds) = before.ctime;

    let guarded = setattr(&file, size(3), Some((seconds, nanoseconds ^ 1)));
    let mut results = served.call(procedure::SETATTR, guarded);

    assert_eq!(results.u32(), status::NOT_SYNC);
    assert_eq!(results.weak(), (Some(before.before()), Some(before)));
    results.end();
}

#[test]
fn to_set_nothing_changes_nothing() {
    let mut served = Served::new();
    let file = served.file("a", b"0");
    let before = served.getattr(&file);

    let mut results = served.done(procedure::SETATTR, setattr(&file, NOTHING, None));

    assert_eq!(results.weak(), (Some(before.before()), Some(before)));
    results.end();
}

#[test]
fn a_change_tells_what_was_before_and_what_is_after() {
    let mut served = Served::new();
    let file = served.file("a", b"0123456789");
    let before = served.getattr(&file);

    let mut results = served.done(procedure::SETATTR, setattr(&file, size(3), None));
    let told = results.weak();
    results.end();

    let after = served.getattr(&file);
    assert_eq!((before.size, after.size), (10, 3));
    assert_eq!(told, (Some(before.before()), Some(after)));
}
