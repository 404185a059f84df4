//! Calls in flight, memory, and who waits for whom.

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use std::time::Duration;

use labelgate_engine::{ConnectionId, Engine, ImageError};
use labelgate_nfs::server::{Limits, Notice};
use rig::client::{
    self, Arguments, UNSTABLE, fragment, nfs_message, procedure, read_call, status, write,
    write_call,
};
use rig::{Rig, image};

const MIB: usize = 1 << 20;
const STALL: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);

fn pool(mib: usize) -> Rig {
    Rig::with(Limits {
        pool_bytes: mib * MIB,
        ..Limits::default()
    })
}

fn getattr_call(xid: u32) -> Vec<u8> {
    client::nfs(xid, procedure::GETATTR, &Arguments::of(&image()).0)
}

/// A WRITE of a MiB of which only the head arrives, in a fragment that is not the last.
fn begun_write() -> Vec<u8> {
    let message = nfs_message(
        1,
        procedure::WRITE,
        &write(&image(), 0, UNSTABLE, &vec![1; MIB]),
    );
    fragment(&message[..2000], false)
}

fn xids(rig: &mut Rig, id: ConnectionId) -> Vec<u32> {
    rig.answers(id).iter().map(|answer| answer.xid).collect()
}

#[test]
fn answers_come_in_the_order_in_which_operations_end() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    rig.hold = true;
    for xid in 1..=3 {
        rig.feed(id, &read_call(xid, &image(), 0, 512));
    }

    rig.release_nth(1);
    rig.release_nth(1);
    rig.release_nth(0);

    assert_eq!(xids(&mut rig, id), [2, 3, 1]);
}

#[test]
fn a_connection_with_as_many_calls_as_it_may_have_is_read_again_when_one_is_answered() {
    let mut rig = Rig::with(Limits {
        calls: 3,
        ..Limits::default()
    });
    let id = rig.connect(1);
    rig.hold = true;
    let calls: Vec<u8> = (1..=5).flat_map(getattr_call).collect();

    rig.feed(id, &calls);
    assert_eq!(rig.held.len(), 3);
    rig.release();
    assert_eq!(rig.held.len(), 3);
    rig.release_all();

    let mut answered = xids(&mut rig, id);
    answered.sort_unstable();
    assert_eq!(answered, [1, 2, 3, 4, 5]);
}

#[test]
fn a_client_that_reads_no_answers_is_not_read_and_others_go_on() {
    let mut rig = Rig::with(Limits {
        calls: 8,
        ..Limits::default()
    });
    let (greedy, other) = (rig.connect(1), rig.connect(2));
    rig.stick(greedy, true);
    for xid in 1..=100 {
        rig.feed(greedy, &read_call(xid, &image(), 0, 4096));
    }

    assert!(rig.unread(greedy) <= 8 * 4300);
    assert!(rig.unconsumed(greedy) > 0);
    assert_eq!(rig.server.bytes_in_use(), 8 * 4096);
    rig.nfs(other, procedure::NULL, &[]).end();
    rig.stick(greedy, false);
    assert_eq!(xids(&mut rig, greedy).len(), 100);
}

#[test]
fn a_client_that_reads_no_answers_holds_its_share_of_the_memory_and_no_more() {
    let mut rig = pool(8);
    let (greedy, other) = (rig.connect(1), rig.connect(2));
    rig.stick(greedy, true);
    for xid in 1..=60 {
        rig.feed(greedy, &read_call(xid, &image(), 0, 700 << 10));
    }

    // Two connections, and one that may come.
    assert!(rig.server.bytes_in_use() <= 8 * MIB / 3);
    rig.feed(other, &read_call(1, &image(), 0, MIB as u32));
    assert_eq!(rig.one(other).results().u32(), status::OK);
}

#[test]
fn who_waits_for_memory_goes_on_in_turn() {
    let mut rig = pool(1);
    let [holder, first, second] = [1, 2, 3].map(|number| rig.connect(number));
    rig.hold = true;
    rig.feed(holder, &read_call(1, &image(), 0, MIB as u32));
    rig.feed(first, &write_call(2, &image(), 0, UNSTABLE, &vec![7; MIB]));
    rig.feed(second, &read_call(3, &image(), 0, MIB as u32));
    assert_eq!(rig.held.len(), 1);

    rig.release();
    assert!(matches!(
        rig.held[0].2,
        labelgate_engine::Operation::Write { .. }
    ));
    rig.release_all();

    assert_eq!(xids(&mut rig, first), [2]);
    assert_eq!(xids(&mut rig, second), [3]);
    assert_eq!(rig.server.bytes_in_use(), 0);
}

/// Small calls that never cease must not keep a large one waiting for ever.
#[test]
fn nobody_takes_memory_that_another_waits_for() {
    let mut rig = pool(2);
    let [one, two, large] = [1, 2, 3].map(|number| rig.connect(number));
    rig.hold = true;
    // One page in each of the pool's two MiB at any time.
    rig.feed(one, &read_call(1, &image(), 0, MIB as u32 - 1));
    rig.feed(two, &read_call(2, &image(), 0, 4096));
    rig.feed(large, &read_call(3, &image(), 0, MIB as u32));
    assert_eq!(rig.held.len(), 2);

    // Both ask for more before they give back what they have.
    rig.feed(two, &read_call(4, &image(), 0, 4096));
    rig.release_nth(1);
    rig.feed(two, &read_call(5, &image(), 0, 4096));
    rig.feed(one, &read_call(6, &image(), 0, 4096));

    rig.release_all();
    let answered = [one, two, large].map(|id| xids(&mut rig, id));
    assert_eq!(answered, [vec![1, 6], vec![2, 4, 5], vec![3]]);
}

#[test]
fn a_large_call_is_served_before_small_ones_that_came_later() {
    let mut rig = pool(1);
    let [small, large] = [1, 2].map(|number| rig.connect(number));
    rig.hold = true;
    rig.feed(small, &read_call(1, &image(), 0, 4096));
    rig.feed(large, &read_call(2, &image(), 0, MIB as u32));
    // There is room for this one, which came later.
    rig.feed(small, &read_call(3, &image(), 0, 4096));
    assert_eq!(rig.held.len(), 1);

    rig.release();

    let read = &rig.held[0].2;
    assert!(matches!(read, labelgate_engine::Operation::Read { length, .. } if *length == MIB));
    rig.release_all();
    assert_eq!(rig.server.bytes_in_use(), 0);
}

#[test]
fn who_waits_for_its_own_share_keeps_nobody_else_waiting() {
    let mut rig = pool(2);
    let (greedy, other) = (rig.connect(1), rig.connect(2));
    rig.stick(greedy, true);
    rig.feed(greedy, &read_call(1, &image(), 0, MIB as u32));
    rig.feed(greedy, &read_call(2, &image(), 0, MIB as u32));

    rig.feed(other, &read_call(3, &image(), 0, MIB as u32));

    assert_eq!(rig.one(other).results().u32(), status::OK);
}

#[test]
fn memory_of_a_connection_that_is_gone_is_there_for_who_waits() {
    let mut rig = pool(1);
    let (holder, waiting) = (rig.connect(1), rig.connect(2));
    rig.feed(holder, &begun_write());
    rig.feed(waiting, &read_call(1, &image(), 0, 4096));
    assert!(rig.answers(waiting).is_empty());

    rig.hang_up(holder);

    assert_eq!(rig.one(waiting).results().u32(), status::OK);
}

#[test]
fn an_operation_of_a_connection_that_is_gone_gives_its_memory_to_who_waits() {
    let mut rig = pool(1);
    let (holder, waiting) = (rig.connect(1), rig.connect(2));
    rig.hold = true;
    rig.feed(holder, &read_call(1, &image(), 0, MIB as u32));
    rig.feed(waiting, &read_call(1, &image(), 0, 4096));
    rig.hang_up(holder);
    assert_eq!(rig.held.len(), 1);

    rig.release_all();

    assert_eq!(rig.one(waiting).results().u32(), status::OK);
}

/// A driver drops what it is to receive into if the connection has closed meanwhile, and nobody
/// is told.
#[test]
fn who_waits_for_memory_that_came_back_unnoticed_goes_on_soon() {
    let mut rig = pool(1);
    let [holder, first, second] = [1, 2, 3].map(|number| rig.connect(number));
    rig.hold = true;
    rig.feed(holder, &read_call(1, &image(), 0, MIB as u32));
    rig.feed(first, &begun_write());
    rig.feed(second, &read_call(3, &image(), 0, MIB as u32));
    let (io, _, read) = rig.held.pop_front().unwrap();
    let completion = labelgate_engine::Completion {
        result: Err(ImageError::Medium),
        buffer: rig::disk::into_buffer(read),
    };
    // In one turn: the memory goes to the first, which then closes.
    rig.server
        .completed(io, completion, rig.now, &mut rig.outbox);
    rig.hang_up(first);

    rig.release_all();
    rig.pass(SECOND);

    assert_eq!(rig.one(second).results().u32(), status::OK);
}

#[test]
fn a_peer_that_does_not_end_its_call_is_closed() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    rig.feed(id, &begun_write());
    rig.pass(STALL - SECOND);
    assert!(!rig.is_closed(id));

    rig.pass(SECOND);

    assert!(rig.is_cut(id));
    assert_eq!(rig.server.bytes_in_use(), 0);
    assert_eq!(rig.notices().len(), 1);
}

#[test]
fn a_peer_that_sends_its_call_in_crumbs_is_closed_as_well() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    rig.feed(id, &begun_write());
    for _ in 0..4 {
        rig.pass(STALL / 3);
        rig.feed_if_open(id, &fragment(&[1], false));
    }

    assert!(rig.is_closed(id));
}

#[test]
fn a_peer_that_takes_no_answers_is_closed_although_it_goes_on_asking() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    rig.stick(id, true);
    for xid in 1..=4 {
        rig.feed_if_open(id, &read_call(xid, &image(), 0, 4096));
        rig.pass(STALL / 3);
    }

    assert!(rig.is_closed(id));
    assert_eq!(rig.server.bytes_in_use(), 0);
}

#[test]
fn a_peer_that_owes_nothing_stays_for_ever() {
    let mut rig = Rig::new();
    let id = rig.connect(1);
    rig.nfs(id, procedure::NULL, &[]).end();
    rig.hold = true;
    rig.feed(id, &read_call(1, &image(), 0, 4096));

    rig.pass(100 * STALL);

    assert!(!rig.is_closed(id));
    rig.release_all();
    assert_eq!(xids(&mut rig, id), [1]);
}

#[test]
fn the_time_that_a_peer_waits_for_memory_is_not_held_against_it() {
    let mut rig = pool(1);
    let (holder, waiting) = (rig.connect(1), rig.connect(2));
    rig.hold = true;
    rig.feed(holder, &read_call(1, &image(), 0, MIB as u32));
    rig.feed(waiting, &begun_write());
    rig.pass(2 * STALL);

    rig.release_all();
    rig.pass(SECOND);

    assert!(!rig.is_closed(waiting));
}

#[test]
fn who_was_given_memory_and_sends_nothing_is_closed() {
    let mut rig = pool(1);
    let (holder, waiting) = (rig.connect(1), rig.connect(2));
    rig.hold = true;
    rig.feed(holder, &read_call(1, &image(), 0, MIB as u32));
    rig.feed(waiting, &begun_write());
    rig.pass(2 * STALL);
    rig.hang_up(holder);
    rig.release_all();

    rig.pass(STALL);

    assert!(rig.is_closed(waiting));
    assert_eq!(rig.server.bytes_in_use(), 0);
}

#[test]
fn a_peer_that_stalls_is_closed_and_told_of_once() {
    let mut rig = Rig::new();
    let (stalled, other) = (rig.connect(1), rig.connect(2));
    rig.stick(stalled, true);
    rig.feed(stalled, &read_call(1, &image(), 0, 4096));
    rig.pass(SECOND);
    rig.feed(other, &begun_write());
    rig.now += 2 * STALL;

    // The driver has not closed it yet when the next one is due.
    let (now, outbox) = (rig.now, &mut rig.outbox);
    rig.server.tick(now, outbox);
    rig.server.tick(now + STALL, outbox);
    rig.pump();

    let notices = rig.notices();
    assert_eq!(notices.len(), 2, "{notices:?}");
    assert!(matches!(notices[0], Notice::Closed { .. }));
}
