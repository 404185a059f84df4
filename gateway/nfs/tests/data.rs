//! READ, WRITE, COMMIT and SETATTR: an image as bytes.

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use labelgate_engine::{Engine, ImageError, ImageId};
use labelgate_nfs::rpc::Accepted;
use labelgate_nfs::server::Limits;
use rig::client::{
    self, Arguments, DATA_SYNC, FILE_SYNC, UNSTABLE, procedure, read, set_size, status, write,
};
use rig::disk::{Disk, number};
use rig::results::Results;
use rig::{Rig, SIZE, image, of_serial};

/// An image whose bytes say where they are, and a connection.
fn numbered() -> (Rig, labelgate_engine::ConnectionId) {
    let mut rig = Rig::new();
    *rig.disk() = Disk::numbered(SIZE);
    let id = rig.connect(1);
    (rig, id)
}

/// Count, eof and data of a READ.
fn data(mut results: Results) -> (u32, bool, Vec<u8>) {
    assert_eq!(results.u32(), status::OK);
    results.some_attributes();
    let read = (results.u32(), results.bool(), results.opaque());
    assert_eq!(read.0 as usize, read.2.len());
    results.end();
    read
}

fn bytes(range: std::ops::Range<usize>) -> Vec<u8> {
    range.map(number).collect()
}

/// Status, then count, committed and verifier of a WRITE.
fn written(mut results: Results) -> (u32, u32, [u8; 8]) {
    assert_eq!(results.u32(), status::OK);
    assert!(results.wcc().is_some());
    let written = (results.u32(), results.u32(), results.verifier());
    results.end();
    written
}

#[test]
fn what_is_read_is_what_is_there_whatever_its_padding() {
    let (mut rig, id) = numbered();
    for count in [1_u32, 2, 3, 4, 4097] {
        let results = rig.nfs(id, procedure::READ, &read(&image(), 1001, count));

        let expected = bytes(1001..1001 + count as usize);
        assert_eq!(data(results), (count, false, expected));
    }
    assert_eq!(rig.server.bytes_in_use(), 0);
}

#[test]
fn a_read_up_to_the_end_says_so() {
    let (mut rig, id) = numbered();
    let end = SIZE as usize;

    let results = rig.nfs(id, procedure::READ, &read(&image(), SIZE - 7, 7));

    assert_eq!(data(results), (7, true, bytes(end - 7..end)));
}

#[test]
fn a_read_beyond_the_end_is_short() {
    let (mut rig, id) = numbered();
    let end = SIZE as usize;

    let results = rig.nfs(id, procedure::READ, &read(&image(), SIZE - 7, 4096));

    assert_eq!(data(results), (7, true, bytes(end - 7..end)));
}

#[test]
fn behind_the_end_is_nothing() {
    let (mut rig, id) = numbered();
    let mut at = |offset| data(rig.nfs(id, procedure::READ, &read(&image(), offset, 10)));

    assert_eq!(at(SIZE), (0, true, vec![]));
    assert_eq!(at(SIZE + 1), (0, true, vec![]));
    assert_eq!(at(u64::MAX), (0, true, vec![]));
}

#[test]
fn a_read_of_nothing_is_the_end_only_at_the_end() {
    let (mut rig, id) = numbered();
    let mut at = |offset| data(rig.nfs(id, procedure::READ, &read(&image(), offset, 0)));

    assert_eq!(at(0), (0, false, vec![]));
    assert_eq!(at(SIZE), (0, true, vec![]));
}

#[test]
fn no_read_is_longer_than_the_longest() {
    let (mut rig, id) = numbered();

    let results = rig.nfs(id, procedure::READ, &read(&image(), 0, u32::MAX));

    assert_eq!(data(results).0, Limits::TRANSFER);
}

#[test]
fn a_read_that_fails_says_why_and_keeps_no_memory() {
    let (mut rig, id) = numbered();
    rig.disk().fault = Some(ImageError::Medium);

    let mut results = rig.nfs(id, procedure::READ, &read(&image(), 0, 100));

    assert_eq!(results.u32(), status::IO);
    assert_eq!(rig.server.bytes_in_use(), 0);
}

#[test]
fn a_read_of_an_image_that_became_smaller_meanwhile_ends_where_it_ends_now() {
    let (mut rig, id) = numbered();
    rig.hold = true;
    rig.feed(id, &client::read_call(1, &image(), 4096, 8192));
    rig.resize(8192);

    rig.release_all();

    assert_eq!(data(rig.one(id).results()), (4096, true, bytes(4096..8192)));
}

#[test]
fn a_read_of_what_was_cut_off_meanwhile_finds_the_end() {
    let (mut rig, id) = numbered();
    rig.hold = true;
    rig.feed(id, &client::read_call(1, &image(), 8192, 100));
    rig.resize(4096);

    rig.release_all();

    assert_eq!(data(rig.one(id).results()), (0, true, vec![]));
    assert_eq!(rig.server.bytes_in_use(), 0);
}

#[test]
fn a_read_out_of_range_for_no_known_reason_is_tried_again_by_the_client() {
    let (mut rig, id) = numbered();
    rig.disk().fault = Some(ImageError::OutOfRange);

    let mut results = rig.nfs(id, procedure::READ, &read(&image(), 0, 100));

    assert_eq!(results.u32(), status::JUKEBOX);
}

#[test]
fn what_is_written_is_there_whatever_its_padding() {
    let (mut rig, id) = numbered();
    for length in [1, 2, 3, 4, 300, 511, 512, 513, 5000] {
        let new = vec![0xee; length];
        let results = rig.nfs(id, procedure::WRITE, &write(&image(), 77, UNSTABLE, &new));

        assert_eq!(written(results).0 as usize, length);
        assert_eq!(rig.disk().bytes[77..77 + length], new);
        assert_eq!(rig.disk().bytes[77 + length], number(77 + length));
        assert_eq!(rig.disk().bytes[76], number(76));
    }
    assert_eq!(rig.server.bytes_in_use(), 0);
}

#[test]
fn the_longest_write_is_taken() {
    let (mut rig, id) = numbered();
    let new = vec![0xee; Limits::TRANSFER as usize];

    let results = rig.nfs(id, procedure::WRITE, &write(&image(), 0, UNSTABLE, &new));

    assert_eq!(written(results).0, Limits::TRANSFER);
    assert_eq!(rig.disk().bytes[..new.len()], new);
}

#[test]
fn a_longer_write_than_the_longest_is_garbage() {
    let (mut rig, id) = numbered();
    let new = vec![0xee; Limits::TRANSFER as usize + 1];

    rig.feed(id, &client::write_call(1, &image(), 0, UNSTABLE, &new));

    assert_eq!(rig.one(id).accepted(), Accepted::GarbageArgs);
    assert_eq!(rig.disk().bytes[0], 0);
}

#[test]
fn a_write_is_committed_as_was_asked_for() {
    let (mut rig, id) = numbered();
    let mut committed = |stable| {
        let results = rig.nfs(id, procedure::WRITE, &write(&image(), 0, stable, b"data"));
        (written(results).1, rig.disk().stable_writes)
    };

    assert_eq!(committed(UNSTABLE), (UNSTABLE, 0));
    assert_eq!(committed(DATA_SYNC), (DATA_SYNC, 1));
    assert_eq!(committed(FILE_SYNC), (FILE_SYNC, 2));
}

#[test]
fn a_write_beyond_the_end_is_too_large() {
    let (mut rig, id) = numbered();
    let mut at = |offset, data: &[u8]| {
        let arguments = write(&image(), offset, UNSTABLE, data);
        rig.nfs(id, procedure::WRITE, &arguments).u32()
    };

    assert_eq!(at(SIZE - 3, b"data"), status::FBIG);
    assert_eq!(at(SIZE, &[1; 1000]), status::FBIG);
    assert_eq!(at(u64::MAX, b"data"), status::FBIG);
    assert_eq!(at(SIZE - 4, b"data"), status::OK);
}

/// > If count is 0, the WRITE will succeed and return a count of 0, barring errors due to
/// > permissions checking. (RFC 1813 3.3.7)
#[test]
fn a_write_of_nothing_succeeds_wherever_it_is() {
    let (mut rig, id) = numbered();
    let mut at = |offset| {
        let arguments = write(&image(), offset, UNSTABLE, b"");
        written(rig.nfs(id, procedure::WRITE, &arguments)).0
    };

    assert_eq!([at(0), at(SIZE), at(u64::MAX)], [0, 0, 0]);
}

#[test]
fn a_write_of_nothing_to_an_image_that_was_revoked_fails() {
    let (mut rig, id) = numbered();
    rig.disk().fault = Some(ImageError::Revoked);

    let mut results = rig.nfs(id, procedure::WRITE, &write(&image(), 0, UNSTABLE, b""));

    assert_eq!(results.u32(), status::STALE);
}

#[test]
fn nothing_is_written_to_a_read_only_image() {
    let (mut rig, id) = numbered();
    rig.add_image(ImageId(9), "content", 9 << 64, Disk::new(4096).read_only());
    let content = of_serial(9 << 64);
    for length in [4, 2000] {
        let arguments = write(&content, 0, UNSTABLE, &vec![1; length]);

        let mut results = rig.nfs(id, procedure::WRITE, &arguments);

        assert_eq!(results.u32(), status::ROFS);
    }
    assert_eq!(rig.disks[&ImageId(9)].bytes, [0; 4096]);
}

#[test]
fn a_write_that_fails_says_why_and_keeps_no_memory() {
    let (mut rig, id) = numbered();
    let mut failed = |fault| {
        rig.disk().fault = Some(fault);
        let arguments = write(&image(), 0, UNSTABLE, &[1; 1000]);
        rig.nfs(id, procedure::WRITE, &arguments).u32()
    };

    assert_eq!(failed(ImageError::NoSpace), status::NOSPC);
    assert_eq!(failed(ImageError::OutOfRange), status::FBIG);
    assert_eq!(failed(ImageError::Poisoned), status::IO);
    assert_eq!(rig.server.bytes_in_use(), 0);
}

#[test]
fn a_write_that_was_done_stays_done_if_its_attributes_are_not_to_be_had() {
    let (mut rig, id) = numbered();
    rig.hold = true;
    rig.feed(
        id,
        &client::write_call(1, &image(), 0, UNSTABLE, &[1; 1000]),
    );
    rig.release();
    rig.disk().fault = Some(ImageError::Medium);

    rig.release_all();

    let mut results = rig.one(id).results();
    assert_eq!((results.u32(), results.wcc()), (status::OK, None));
    assert_eq!(results.u32(), 1000);
}

#[test]
fn a_commit_flushes_the_image() {
    let (mut rig, id) = numbered();

    let commit = Arguments::of(&image()).u64(0).u32(0).0;
    let mut results = rig.nfs(id, procedure::COMMIT, &commit);

    assert_eq!(results.u32(), status::OK);
    assert!(results.wcc().is_some());
    results.verifier();
    results.end();
    assert_eq!(rig.disk().flushes, 1);
}

#[test]
fn a_commit_that_fails_says_so() {
    let (mut rig, id) = numbered();
    rig.disk().fault = Some(ImageError::Poisoned);

    let commit = Arguments::of(&image()).u64(0).u32(0).0;
    let mut results = rig.nfs(id, procedure::COMMIT, &commit);

    assert_eq!(results.u32(), status::IO);
}

#[test]
fn an_image_is_made_smaller_and_as_large_as_it_was_again() {
    let (mut rig, id) = numbered();
    let mut resize = |size| {
        let mut results = rig.nfs(id, procedure::SETATTR, &set_size(&image(), size, None));
        (results.u32(), results.wcc().map(|after| after.size))
    };

    assert_eq!(resize(4096), (status::OK, Some(4096)));
    assert_eq!(resize(SIZE), (status::OK, Some(SIZE)));
    assert_eq!(rig.disk().bytes.len() as u64, SIZE);
    assert_eq!(rig.disk().bytes[4096], 0);
}

#[test]
fn an_image_is_made_no_larger_than_the_supervisor_allots() {
    let (mut rig, id) = numbered();
    let resize = |rig: &mut Rig, size| {
        rig.nfs(id, procedure::SETATTR, &set_size(&image(), size, None))
            .u32()
    };

    assert_eq!(resize(&mut rig, SIZE + 512), status::FBIG);
    rig.resize(SIZE + 512);
    assert_eq!(resize(&mut rig, SIZE), status::OK);
    assert_eq!(resize(&mut rig, SIZE + 512), status::OK);
}

#[test]
fn an_image_has_whole_blocks_and_at_least_one() {
    let (mut rig, id) = numbered();
    let mut resize = |size| {
        rig.nfs(id, procedure::SETATTR, &set_size(&image(), size, None))
            .u32()
    };

    assert_eq!(resize(0), status::INVAL);
    assert_eq!(resize(513), status::INVAL);
}

#[test]
fn a_read_only_image_keeps_its_size() {
    let (mut rig, id) = numbered();
    rig.add_image(ImageId(9), "content", 9 << 64, Disk::new(4096).read_only());

    let arguments = set_size(&of_serial(9 << 64), 512, None);
    let mut results = rig.nfs(id, procedure::SETATTR, &arguments);

    assert_eq!(results.u32(), status::ROFS);
}

#[test]
fn a_guard_that_is_right_lets_the_size_be_set() {
    let (mut rig, id) = numbered();
    let guard = Some(rig.disk().changed());

    let mut results = rig.nfs(id, procedure::SETATTR, &set_size(&image(), 4096, guard));

    assert_eq!(results.u32(), status::OK);
    assert_eq!(results.wcc().unwrap().size, 4096);
}

#[test]
fn a_guard_that_is_wrong_keeps_everything() {
    let (mut rig, id) = numbered();

    let arguments = set_size(&image(), 4096, Some((1, 5)));
    let mut results = rig.nfs(id, procedure::SETATTR, &arguments);

    assert_eq!(results.u32(), status::NOT_SYNC);
    assert_eq!(rig.disk().geometry.size, SIZE);
}

/// SETATTR that sets what `set` has of mode, uid, gid, size, atime and mtime.
fn set(set: Arguments) -> u32 {
    let (mut rig, id) = numbered();
    rig.nfs(id, procedure::SETATTR, &set.u32(0).0).u32()
}

#[test]
fn the_owner_and_the_mode_of_an_image_stay() {
    let of = || Arguments::of(&image());

    let mode = of().u32(1).u32(0o600).u32(0).u32(0).u32(0).u32(0).u32(0);
    let owner = of().u32(0).u32(1).u32(7).u32(0).u32(0).u32(0).u32(0);
    assert_eq!((set(mode), set(owner)), (status::PERM, status::PERM));
}

/// > NFS3ERR_INVAL [...] attempting to SETATTR a time field on a server that does not support this
/// > operation (RFC 1813 2.6)
#[test]
fn the_times_of_an_image_are_its_stores() {
    let of = || Arguments::of(&image()).u32(0).u32(0).u32(0).u32(0);

    let client = of().u32(0).u32(2).u32(7).u32(7);
    let server = of().u32(1).u32(1);
    assert_eq!((set(client), set(server)), (status::INVAL, status::OK));
}

#[test]
fn setting_nothing_of_an_image_that_was_revoked_fails() {
    let (mut rig, id) = numbered();
    rig.disk().fault = Some(ImageError::Revoked);

    let nothing = Arguments::of(&image()).u32(0).u32(0).u32(0).u32(0);
    let nothing = nothing.u32(0).u32(0).u32(0).0;
    let mut results = rig.nfs(id, procedure::SETATTR, &nothing);

    assert_eq!(results.u32(), status::STALE);
}

#[test]
fn an_image_that_is_busy_is_resized_later() {
    let (mut rig, id) = numbered();
    rig.disk().fault = Some(ImageError::Busy);

    let mut results = rig.nfs(id, procedure::SETATTR, &set_size(&image(), 4096, None));

    assert_eq!(results.u32(), status::JUKEBOX);
    assert_eq!(rig.server.outstanding(), 1);
}
