//! A tree as a file system: FSSTAT, FSINFO and PATHCONF (RFC 1813 3.3.18 to 3.3.20).

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use rig::client::{Arguments, procedure, status};
use rig::trees::Served;

const ALL: [u32; 3] = [procedure::FSSTAT, procedure::FSINFO, procedure::PATHCONF];

#[test]
fn the_space_is_that_of_the_file_system() {
    let mut served = Served::new();
    let root = served.root();

    let mut results = served.done(procedure::FSSTAT, Arguments::of(&root));

    assert!(results.some_attributes().is_some());
    let [total, free, available] = [results.u64(), results.u64(), results.u64()];
    let [files, files_free, files_available] = [results.u64(), results.u64(), results.u64()];
    let invariant = results.u32();
    results.end();
    let is = rustix::fs::statvfs(served.path("")).unwrap();
    assert_eq!(total, is.f_blocks * is.f_frsize);
    assert_eq!(files, is.f_files);
    // Others use it meanwhile.
    assert!(0 < available && available <= free && free < total);
    assert!(files_available <= files_free && files_free <= files);
    assert_eq!(invariant, 0);
}

#[test]
fn links_are_made_here_and_times_are_set() {
    let mut served = Served::new();
    let root = served.root();

    let mut results = served.done(procedure::FSINFO, Arguments::of(&root));

    assert!(results.some_attributes().is_some());
    let [rtmax, rtpref, rtmult] = [results.u32(), results.u32(), results.u32()];
    let [wtmax, wtpref, wtmult] = [results.u32(), results.u32(), results.u32()];
    let (dtpref, largest) = (results.u32(), results.u64());
    let (delta, properties) = (results.time(), results.u32());
    results.end();
    assert_eq!([rtmax, rtpref, wtmax, wtpref], [1 << 20; 4]);
    assert_eq!([rtmult, wtmult, dtpref], [4096, 4096, 64 << 10]);
    assert_eq!((largest, delta), (i64::MAX as u64, (0, 1)));
    // FSF3_LINK, FSF3_SYMLINK, FSF3_HOMOGENEOUS, FSF3_CANSETTIME.
    assert_eq!(properties, 0x01 | 0x02 | 0x08 | 0x10);
}

#[test]
fn names_are_long_and_never_cut() {
    let mut served = Served::new();
    let root = served.root();

    let mut results = served.done(procedure::PATHCONF, Arguments::of(&root));

    assert!(results.some_attributes().is_some());
    let (links, name) = (results.u32(), results.u32());
    let rest = [(); 4].map(|()| results.bool());
    results.end();
    assert!(links >= 8);
    assert_eq!(name, 255);
    // no_trunc, chown_restricted, case_insensitive, case_preserving.
    assert_eq!(rest, [true, true, false, true]);
}

#[test]
fn any_object_of_a_tree_will_do_to_ask() {
    let mut served = Served::new();
    let (file, link) = (served.file("a", b""), served.link("a", "l"));

    for handle in [file, link] {
        for procedure in ALL {
            let answered = served.status(procedure, Arguments::of(&handle));
            assert_eq!(answered, status::OK, "procedure {procedure}");
        }
    }
}

#[test]
fn what_is_gone_is_on_no_file_system() {
    let mut served = Served::new();
    let gone = served.stale();

    for procedure in ALL {
        let answered = served.status(procedure, Arguments::of(&gone));
        assert_eq!(answered, status::STALE, "procedure {procedure}");
    }
}
