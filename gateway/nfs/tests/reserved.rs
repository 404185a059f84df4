//! Images that an initiator has reserved: refused, and not put off.

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use labelgate_engine::{ConnectionId, Exclusion};
use rig::client::{Arguments, FILE_SYNC, procedure, read, set_size, status, write, write_call};
use rig::{IMAGE, Rig, SIZE, image};

fn reserved(exclusion: Exclusion) -> (Rig, ConnectionId) {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    rig.server.exclude(IMAGE, exclusion);
    (rig, id)
}

/// The statuses of a READ, a WRITE, a WRITE of nothing, a SETATTR of the size and a COMMIT.
fn statuses(rig: &mut Rig, id: ConnectionId) -> [u32; 5] {
    [
        rig.nfs(id, procedure::READ, &read(&image(), 0, 512)).u32(),
        rig.nfs(
            id,
            procedure::WRITE,
            &write(&image(), 0, FILE_SYNC, &[7; 512]),
        )
        .u32(),
        rig.nfs(id, procedure::WRITE, &write(&image(), 0, FILE_SYNC, &[]))
            .u32(),
        rig.nfs(id, procedure::SETATTR, &set_size(&image(), SIZE, None))
            .u32(),
        rig.nfs(
            id,
            procedure::COMMIT,
            &Arguments::of(&image()).u64(0).u32(0).0,
        )
        .u32(),
    ]
}

#[test]
fn what_excludes_writers_refuses_changes_and_what_excludes_everybody_reads_too() {
    let denied = status::ACCES;
    for (exclusion, reads, writes) in [
        (Exclusion::Nobody, status::OK, status::OK),
        (Exclusion::Writers, status::OK, denied),
        (Exclusion::Everybody, denied, denied),
    ] {
        let (mut rig, id) = reserved(exclusion);

        let expected = [reads, writes, writes, writes, writes];
        assert_eq!(statuses(&mut rig, id), expected, "{exclusion:?}");

        let written = rig.disk().bytes[..512] == [7; 512];
        assert_eq!(written, exclusion == Exclusion::Nobody);
        rig.server.exclude(IMAGE, Exclusion::Nobody);
        assert_eq!(
            statuses(&mut rig, id),
            [status::OK; 5],
            "when it is released"
        );
        assert_eq!(rig.server.bytes_in_use(), 0);
    }
}

#[test]
fn attributes_and_permissions_are_told_as_ever() {
    let (mut rig, id) = reserved(Exclusion::Everybody);

    let attributes = rig
        .nfs(id, procedure::GETATTR, &Arguments::of(&image()).0)
        .u32();
    assert_eq!(attributes, status::OK);
}

#[test]
fn a_write_whose_data_comes_after_the_reservation_is_refused() {
    let (mut rig, id) = reserved(Exclusion::Nobody);
    let call = write_call(9, &image(), 0, FILE_SYNC, &[7; 4096]);
    let (head, rest) = call.split_at(call.len() - 1000);
    rig.feed(id, head);

    rig.server.exclude(IMAGE, Exclusion::Writers);
    rig.feed(id, rest);

    assert_eq!(rig.one(id).results().u32(), status::ACCES);
    assert_eq!(rig.disk().bytes[..4096], [0; 4096]);
    assert_eq!(rig.server.bytes_in_use(), 0);
}
