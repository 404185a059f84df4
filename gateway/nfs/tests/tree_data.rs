//! The data of a tree's files: READ, WRITE and COMMIT (RFC 1813 3.3.6, 3.3.7, 3.3.21).

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use std::fs;

use rig::client::{Arguments, DATA_SYNC, FILE_SYNC, UNSTABLE, procedure, read, status, write};
use rig::results::Attributes;
use rig::trees::{Served, Set, ftype, node, setattr};

/// What a READ that succeeds answers: the attributes, the data, and whether the file ends there.
fn data(served: &mut Served, file: &[u8], offset: u64, count: u32) -> (Attributes, Vec<u8>, bool) {
    let mut results = served.done(procedure::READ, Arguments(read(file, offset, count)));
    let attributes = results.some_attributes().unwrap();
    let (count, eof) = (results.u32(), results.bool());
    let data = results.opaque();
    assert_eq!(data.len(), count as usize);
    results.end();
    (attributes, data, eof)
}

fn read_status(served: &mut Served, file: &[u8], offset: u64, count: u32) -> u32 {
    served.status(procedure::READ, Arguments(read(file, offset, count)))
}

fn write_status(served: &mut Served, file: &[u8], offset: u64, data: &[u8]) -> u32 {
    let arguments = Arguments(write(file, offset, UNSTABLE, data));
    served.status(procedure::WRITE, arguments)
}

/// What a WRITE that succeeds answers: the size afterwards, how much, how stable, the verifier.
fn written(
    served: &mut Served,
    file: &[u8],
    (offset, stable): (u64, u32),
    data: &[u8],
) -> (u64, u32, u32, [u8; 8]) {
    let arguments = Arguments(write(file, offset, stable, data));
    let mut results = served.done(procedure::WRITE, arguments);
    let (_, after) = results.weak();
    let told = (results.u32(), results.u32(), results.verifier());
    results.end();
    (after.unwrap().size, told.0, told.1, told.2)
}

#[test]
fn a_read_within_a_file_is_not_its_end() {
    let mut served = Served::new();
    let file = served.file("a", b"0123456789");

    let (attributes, data, eof) = data(&mut served, &file, 2, 5);

    assert_eq!((&data[..], eof), (&b"23456"[..], false));
    assert_eq!(attributes.size, 10);
}

#[test]
fn a_read_beyond_the_end_is_short_and_says_so() {
    let mut served = Served::new();
    let file = served.file("a", b"0123456789");

    let (_, data, eof) = data(&mut served, &file, 7, 100);

    assert_eq!((&data[..], eof), (&b"789"[..], true));
}

#[test]
fn a_read_up_to_the_last_byte_is_the_end() {
    let mut served = Served::new();
    let file = served.file("a", b"0123456789");

    let (_, data, eof) = data(&mut served, &file, 0, 10);

    assert_eq!((&data[..], eof), (&b"0123456789"[..], true));
}

#[test]
fn there_is_nothing_behind_the_end() {
    let mut served = Served::new();
    let file = served.file("a", b"0123456789");

    for offset in [10, 11, 1 << 40, i64::MAX as u64] {
        let (_, data, eof) = data(&mut served, &file, offset, 4);
        assert_eq!((&data[..], eof), (&b""[..], true), "{offset}");
    }
}

/// > If offset is greater than or equal to the size of the file, the status, NFS3_OK, is returned
/// > with count set to 0 and eof set to TRUE (RFC 1813 3.3.6)
#[test]
fn there_is_nothing_where_no_file_ends() {
    let mut served = Served::new();
    let file = served.file("a", b"0123456789");

    for offset in [(1 << 63) - 2, 1 << 63, u64::MAX - 1, u64::MAX] {
        let (_, data, eof) = data(&mut served, &file, offset, 4);
        assert_eq!((&data[..], eof), (&b""[..], true), "{offset}");
    }
}

#[test]
fn an_empty_file_ends_at_once() {
    let mut served = Served::new();
    let file = served.file("a", b"");

    let (_, data, eof) = data(&mut served, &file, 0, 4096);

    assert_eq!((&data[..], eof), (&b""[..], true));
}

#[test]
fn no_bytes_are_read_of_a_file_that_is_there() {
    let mut served = Served::new();
    let file = served.file("a", b"0123456789");

    let (attributes, nothing, eof) = data(&mut served, &file, 2, 0);
    assert_eq!((&nothing[..], eof), (&b""[..], false));
    assert_eq!(attributes.size, 10);
    let (_, nothing, eof) = data(&mut served, &file, 10, 0);
    assert_eq!((&nothing[..], eof), (&b""[..], true));
}

#[test]
fn a_read_moves_one_mib_at_most() {
    let mut served = Served::new();
    let file = served.file("a", &vec![7; 3 << 20]);

    let (_, data, eof) = data(&mut served, &file, 1 << 20, u32::MAX);

    assert_eq!((data.len(), eof), (1 << 20, false));
    assert!(data.iter().all(|&byte| byte == 7));
}

#[test]
fn a_hole_reads_as_zeros() {
    let mut served = Served::new();
    let file = served.file("a", b"");
    fs::File::options()
        .write(true)
        .open(served.path("a"))
        .unwrap()
        .set_len(1 << 30)
        .unwrap();

    let (_, data, eof) = data(&mut served, &file, 1 << 29, 4096);

    assert_eq!((data, eof), (vec![0; 4096], false));
}

/// > The correct return value for the NFS version 3 protocol is NFS3ERR_INVAL. (RFC 1813 3.3.6 and
/// > 3.3.7, of objects that are no regular files)
#[test]
fn only_files_have_data() {
    let mut served = Served::new();
    let root = served.root();
    served.done(procedure::MKNOD, node(&root, b"fifo", ftype::FIFO));
    served.file("a", b"0123");
    let others = [
        root,
        served.directory("d"),
        served.link("a", "l"),
        served.at("fifo"),
    ];

    for other in others {
        for count in [0, 4] {
            let data = &b"9876"[..count as usize];
            assert_eq!(
                read_status(&mut served, &other, 0, count),
                status::INVAL,
                "{count}"
            );
            assert_eq!(
                write_status(&mut served, &other, 0, data),
                status::INVAL,
                "{count}"
            );
        }
        let commit = Arguments::of(&other).u64(0).u32(0);
        assert_eq!(served.status(procedure::COMMIT, commit), status::INVAL);
    }
    assert_eq!(fs::read(served.path("a")).unwrap(), b"0123");
}

#[test]
fn what_is_gone_is_neither_read_nor_written() {
    let mut served = Served::new();
    let gone = served.stale();

    for count in [0, 4] {
        let data = &b"9876"[..count as usize];
        assert_eq!(
            read_status(&mut served, &gone, 0, count),
            status::STALE,
            "{count}"
        );
        assert_eq!(
            write_status(&mut served, &gone, 0, data),
            status::STALE,
            "{count}"
        );
    }
    let commit = Arguments::of(&gone).u64(0).u32(0);
    assert_eq!(served.status(procedure::COMMIT, commit), status::STALE);
}

#[test]
fn a_file_that_goes_while_it_is_read_does_not_end_there() {
    let mut served = Served::new();
    let file = served.file("a", b"0123456789");
    let id = served.id;
    served.rig.hold = true;
    let call = rig::client::read_call(7, &file, 0, 4);
    served.rig.feed(id, &call);
    served.rig.release_file(0);
    fs::remove_file(served.path("a")).unwrap();

    served.rig.release_all();

    let mut results = served.rig.one(id).results();
    assert_eq!(results.u32(), status::STALE);
    assert_eq!(served.rig.server.bytes_in_use(), 0);
}

#[test]
fn a_write_changes_what_it_says_and_nothing_beside() {
    let mut served = Served::new();
    let file = served.file("a", b"0123456789");

    let (size, count, ..) = written(&mut served, &file, (2, UNSTABLE), b"abc");

    assert_eq!((size, count), (10, 3));
    assert_eq!(fs::read(served.path("a")).unwrap(), b"01abc56789");
}

#[test]
fn a_write_beyond_the_end_makes_the_file_longer() {
    let mut served = Served::new();
    let file = served.file("a", b"01");

    let (size, ..) = written(&mut served, &file, (4, UNSTABLE), b"abc");

    assert_eq!(size, 7);
    assert_eq!(fs::read(served.path("a")).unwrap(), b"01\0\0abc");
}

#[test]
fn a_write_is_as_stable_as_it_was_asked_to_be() {
    let mut served = Served::new();
    let file = served.file("a", b"");

    for stable in [UNSTABLE, DATA_SYNC, FILE_SYNC] {
        let (_, count, committed, _) = written(&mut served, &file, (0, stable), b"abcd");
        assert_eq!((count, committed), (4, stable));
    }
}

#[test]
fn a_commit_has_the_verifier_of_the_writes_that_it_covers() {
    let mut served = Served::new();
    let file = served.file("a", b"");
    let (.., verifier) = written(&mut served, &file, (0, UNSTABLE), b"abcd");

    let mut results = served.done(procedure::COMMIT, Arguments::of(&file).u64(0).u32(0));

    let (_, after) = results.weak();
    assert_eq!(after.unwrap().size, 4);
    assert_eq!(results.verifier(), verifier);
    results.end();
}

#[test]
fn all_files_of_a_server_have_one_verifier() {
    let mut served = Served::new();
    let (one, other) = (served.file("a", b""), served.file("b", b""));

    let (.., first) = written(&mut served, &one, (0, UNSTABLE), b"abcd");
    let (.., second) = written(&mut served, &other, (0, FILE_SYNC), b"abcd");

    assert_eq!(first, second);
}

#[test]
fn the_next_server_has_another_verifier() {
    let mut served = Served::new();
    let file = served.file("a", b"");
    let (.., first) = written(&mut served, &file, (0, UNSTABLE), b"abcd");
    served.restart();

    let (.., second) = written(&mut served, &file, (0, UNSTABLE), b"abcd");

    assert_ne!(first, second);
}

#[test]
fn a_commit_of_any_part_of_a_file_succeeds() {
    let mut served = Served::new();
    let file = served.file("a", b"0123");

    for (offset, count) in [(0, 0), (2, 2), (100, 100), (u64::MAX, u32::MAX)] {
        let commit = Arguments::of(&file).u64(offset).u32(count);
        assert_eq!(served.status(procedure::COMMIT, commit), status::OK);
    }
}

/// > If count is 0, the WRITE will succeed and return a count of 0 [...] a WRITE request with count
/// > set to 0 should not cause the mtime of the file to be updated (RFC 1813 3.3.7)
#[test]
fn a_write_of_nothing_changes_nothing() {
    let mut served = Served::new();
    let file = served.file("a", b"0123");
    let before = served.getattr(&file);

    let (size, count, committed, _) = written(&mut served, &file, (100, FILE_SYNC), b"");

    assert_eq!((size, count, committed), (4, 0, FILE_SYNC));
    assert_eq!(served.getattr(&file), before);
}

#[test]
fn no_file_is_written_where_none_can_end() {
    let mut served = Served::new();
    let file = served.file("a", b"0123");

    for offset in [(1 << 63) - 3, 1 << 63, u64::MAX - 3, u64::MAX] {
        assert_eq!(
            write_status(&mut served, &file, offset, b"abcd"),
            status::FBIG,
            "{offset}"
        );
    }
    assert_eq!(served.getattr(&file).size, 4);
}

#[test]
fn a_write_that_the_file_system_has_no_room_to_number_is_too_big() {
    let mut served = Served::new();
    let file = served.file("a", b"0123");
    // The last bytes that NFS can name, which few file systems have.
    let last = (1_u64 << 63) - 5;

    let answered = write_status(&mut served, &file, last, b"abcd");

    let tried = fs::File::options().write(true).open(served.path("a"));
    let possible = std::os::unix::fs::FileExt::write_at(&tried.unwrap(), b"abcd", last).is_ok();
    let expected = if possible { status::OK } else { status::FBIG };
    assert_eq!(answered, expected);
}

#[test]
fn data_that_another_client_has_written_is_read() {
    let mut served = Served::new();
    let file = served.file("a", b"0123");
    let first = served.id;
    served.id = served.rig.connect(2);
    written(&mut served, &file, (0, UNSTABLE), b"abcd");
    served.id = first;

    assert_eq!(data(&mut served, &file, 0, 4).1, b"abcd");
}

#[test]
fn a_file_that_was_cut_is_read_as_it_is() {
    let mut served = Served::new();
    let file = served.file("a", b"0123456789");
    data(&mut served, &file, 0, 10);
    let cut = Set {
        size: Some(3),
        ..Set::default()
    };
    assert_eq!(
        served.status(procedure::SETATTR, setattr(&file, cut, None)),
        status::OK
    );

    let (_, data, eof) = data(&mut served, &file, 0, 10);
    assert_eq!((&data[..], eof), (&b"012"[..], true));
}

#[test]
fn a_file_that_has_lost_its_name_is_not_written_any_more() {
    let mut served = Served::new();
    let (root, file) = (served.root(), served.file("a", b""));
    written(&mut served, &file, (0, UNSTABLE), b"abcd");
    let remove = Arguments::of(&root).opaque(b"a");
    assert_eq!(served.status(procedure::REMOVE, remove), status::OK);

    assert_eq!(write_status(&mut served, &file, 0, b"efgh"), status::STALE);
    assert_eq!(read_status(&mut served, &file, 0, 4), status::STALE);
}
