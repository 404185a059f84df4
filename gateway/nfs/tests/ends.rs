//! How connections, images and the server end.

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use std::time::Duration;

use labelgate_engine::{Engine, ImageError, Login};
use labelgate_nfs::server::{Limits, Notice, Server};
use rig::client::{
    self, Arguments, UNSTABLE, fragment, nfs_message, procedure, read_call, set_size, status,
    write, write_call,
};
use rig::{IMAGE, PEER, Rig, SIZE, image};

#[test]
fn no_answer_reaches_the_successor_of_a_connection_that_is_gone() {
    let mut rig = Rig::new();
    let old = rig.connect(1);
    rig.hold = true;
    rig.feed(old, &read_call(1, &image(), 0, 4096));
    rig.feed(old, &write_call(2, &image(), 0, UNSTABLE, &[1; 1000]));
    rig.feed(old, &client::nfs(3, procedure::COMMIT, &commit()));
    rig.feed(old, &read_call(4, &image(), 0, 4096));
    rig.hang_up(old);

    let new = rig.connect(1);
    rig.release_all();

    assert!(rig.answers(new).is_empty());
    assert_eq!(
        (rig.server.outstanding(), rig.server.bytes_in_use()),
        (1, 0)
    );
    rig.nfs(new, procedure::NULL, &[]).end();
}

fn commit() -> Vec<u8> {
    Arguments::of(&image()).u64(0).u32(0).0
}

#[test]
fn a_successor_gets_no_memory_that_its_predecessor_waited_for() {
    let limits = Limits {
        pool_bytes: 1 << 20,
        ..Limits::default()
    };
    let mut rig = Rig::with(limits);
    let (holder, old) = (rig.connect(1), rig.connect(2));
    rig.hold = true;
    rig.feed(holder, &read_call(1, &image(), 0, 1 << 20));
    rig.feed(old, &read_call(2, &image(), 0, 4096));
    rig.hang_up(old);

    let new = rig.connect(2);
    rig.release_all();

    assert!(rig.answers(new).is_empty());
    rig.nfs(new, procedure::NULL, &[]).end();
}

#[test]
fn an_image_is_not_resized_for_who_is_gone() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    let guard = Some(rig.disk().changed());
    rig.hold = true;
    let arguments = set_size(&image(), 4096, guard);
    rig.feed(id, &client::nfs(1, procedure::SETATTR, &arguments));
    rig.hang_up(id);

    rig.release_all();

    assert_eq!(rig.disk().geometry.size, SIZE);
    assert_eq!(rig.server.outstanding(), 0);
}

#[test]
fn a_connection_in_the_midst_of_a_write_gives_its_memory_back() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    let message = nfs_message(
        1,
        procedure::WRITE,
        &write(&image(), 0, UNSTABLE, &[1; 9000]),
    );
    rig.feed(id, &fragment(&message[..4000], false));
    assert!(rig.server.bytes_in_use() > 0);

    rig.hang_up(id);

    assert_eq!(
        (rig.server.outstanding(), rig.server.bytes_in_use()),
        (0, 0)
    );
}

#[test]
fn a_connection_of_another_protocol_is_closed() {
    let mut rig = Rig::new();

    let id = rig.connect_as(1, PEER, Login::Untouched);

    assert!(rig.is_cut(id));
    assert_eq!(rig.server.outstanding(), 0);
}

#[test]
fn more_connections_than_there_may_be_are_closed() {
    let mut rig = Rig::with(Limits {
        connections: 2,
        ..Limits::default()
    });
    let first = [rig.connect(1), rig.connect(2)];

    let third = rig.connect(3);

    assert!(rig.is_cut(third));
    assert!(first.iter().all(|&id| !rig.is_closed(id)));
    rig.hang_up(first[0]);
    let fourth = rig.connect(4);
    rig.nfs(fourth, procedure::NULL, &[]).end();
}

#[test]
fn a_drain_closes_who_has_nothing_open() {
    let mut rig = Rig::new();
    let id = rig.connect(1);

    rig.drain();
    rig.pump();

    assert!(rig.is_closed(id) && !rig.is_cut(id));
    assert_eq!(rig.server.outstanding(), 0);
}

#[test]
fn a_drain_waits_for_calls_and_takes_no_others() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    rig.hold = true;
    rig.feed(id, &read_call(1, &image(), 0, 4096));
    rig.feed(id, &write_call(2, &image(), 0, UNSTABLE, &[1; 1000]));
    let whole = client::nfs(3, procedure::NULL, &[]);
    rig.feed(id, &whole[..20]);

    rig.drain();
    rig.feed(id, &[&whole[20..], &whole[..]].concat());
    assert!(!rig.is_closed(id));
    rig.release_all();

    let mut xids: Vec<_> = rig.answers(id).iter().map(|it| it.xid).collect();
    xids.sort_unstable();
    assert_eq!(xids, [1, 2, 3]);
    assert!(rig.is_closed(id) && !rig.is_cut(id));
}

#[test]
fn a_drain_waits_for_answers_to_be_taken() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    rig.stick(id, true);
    rig.feed(id, &read_call(1, &image(), 0, 4096));

    rig.drain();
    rig.pump();
    assert!(!rig.is_closed(id));
    rig.stick(id, false);

    assert_eq!(rig.one(id).xid, 1);
    assert!(rig.is_closed(id));
}

/// In one turn of the driver, after the server has asked for an orderly end and before the driver
/// knows.
#[test]
fn what_arrives_while_a_connection_is_being_closed_breaks_nothing() {
    let mut rig = Rig::new();
    let id = rig.connect(1);

    rig.drain();
    rig.feed(id, &client::nfs(1, procedure::NULL, &[]));

    assert!(rig.is_closed(id) && !rig.is_cut(id));
    assert_eq!(rig.notices(), []);
}

#[test]
fn nobody_comes_after_a_drain() {
    let mut rig = Rig::new();
    rig.drain();

    let id = rig.connect(1);

    assert!(rig.is_closed(id));
}

#[test]
fn a_removed_image_is_stale_for_what_is_under_way() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    let message = nfs_message(
        1,
        procedure::WRITE,
        &write(&image(), 0, UNSTABLE, &[1; 1000]),
    );
    rig.feed(id, &fragment(&message[..600], false));
    rig.hold = true;
    rig.disk().fault = Some(ImageError::Revoked);

    rig.remove_image(IMAGE);
    rig.feed(id, &fragment(&message[600..], true));
    rig.release_all();

    assert_eq!(rig.one(id).results().u32(), status::STALE);
    assert!(!rig.is_closed(id));
}

#[test]
fn attributes_of_an_image_that_is_removed_meanwhile_are_stale() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    rig.hold = true;
    let arguments = Arguments::of(&image()).0;
    rig.feed(id, &client::nfs(1, procedure::GETATTR, &arguments));
    let disk = rig.disks.remove(&IMAGE).unwrap();
    rig.server.image_removed(IMAGE, rig.now, &mut rig.outbox);
    rig.disks.insert(IMAGE, disk);

    rig.release_all();

    assert_eq!(rig.one(id).results().u32(), status::STALE);
}

#[test]
fn a_write_to_an_image_that_became_smaller_meanwhile_is_too_large() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    rig.hold = true;
    rig.feed(id, &write_call(1, &image(), 8192, UNSTABLE, &[1; 1000]));
    rig.resize(4096);

    rig.release_all();

    assert_eq!(rig.one(id).results().u32(), status::FBIG);
}

#[test]
fn notices_do_not_pile_up() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    let path = Arguments::of(b"/").0;
    for xid in 0..1000 {
        rig.feed(id, &client::mount(xid, 1, &path));
    }

    let notices = rig.notices();

    assert_eq!(notices.len(), 256);
    assert!(matches!(notices[0], Notice::Mounted { .. }));
}

#[test]
fn operations_are_told_from_those_of_another_engine() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    rig.hold = true;
    rig.feed(id, &read_call(1, &image(), 0, 4096));

    assert!(Server::owns(rig.held[0].0));
    assert!(!Server::owns(labelgate_engine::IoId(77)));
    rig.pass(Duration::from_secs(1));
}
