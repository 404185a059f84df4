//! Images that keepers hold: what is asked of them, what becomes of it when they stall, break or die.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use labelgate_control::{FromWorker, ToWorker};
use labelgate_queue_pair::{DEPTH, Failure, Operation, Outcome};

use crate::harness::keeper::{self, Keeper, SHAPE, SIZE};
use crate::harness::protocol::{
    ECHO, EXTENT, FLUSH, Message, READ, STABLE, UNMAP, WRITE, ZERO, pattern,
};
use crate::harness::{Client, Kind};
use crate::images::{again, images};

both!(
    kept_images_are_read_and_written,
    no_wake_up_is_lost_when_both_sides_sleep_often,
    more_than_the_queue_holds_waits_for_its_turn,
    what_a_dead_keeper_has_not_answered_goes_to_its_successor_in_order,
    what_keepers_die_of_is_found_and_fails_alone,
    nothing_fails_while_there_is_no_keeper_yet,
    what_no_keeper_will_answer_fails,
    a_stalled_keeper_holds_up_nobody_else,
    what_a_keeper_gives_back_goes_to_its_successor,
    a_keeper_that_answers_what_was_not_asked_is_believed_nothing,
    a_keeper_that_scribbles_over_the_queues_is_noticed,
    a_failed_flush_poisons_and_an_absent_keeper_does_not,
    a_stable_write_is_flushed_where_the_backend_does_not_do_it,
    a_kept_image_is_removed_after_its_last_flush,
    a_kept_image_gets_another_shape,
);

/// A keeper that serves in a thread.
struct Serving {
    stop: Arc<AtomicBool>,
    thread: thread::JoinHandle<Keeper>,
}

fn serving(mut keeper: Keeper) -> Serving {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let thread = thread::spawn(move || {
        while !stopped.load(Ordering::Relaxed) {
            keeper.serve_until_quiet(Duration::from_millis(20));
        }
        keeper
    });
    Serving { stop, thread }
}

impl Serving {
    /// Ends it.
    fn stop(self) -> Keeper {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

fn status(client: &mut Client, message: Message, payload: &[u8]) -> u64 {
    client.send(message, payload);
    client.receive(0).0.status
}

fn kept_images_are_read_and_written(kind: Kind) {
    let (mut bench, slot) = keeper::bench(kind);
    let mut client = bench.connect();
    let served = serving(slot.keeper(&bench));
    for (tag, length) in (0..).zip([512, 4096, 65_536, 1 << 19]) {
        let offset = u64::from(tag) << 20;
        for operation in [WRITE, STABLE] {
            let data = pattern(u64::from(tag) + u64::from(operation), length);
            client.call(Message::new(operation, tag, length).at(offset), &data, 0);
            let read = Message::new(READ, tag, length).at(offset);
            assert!(client.call(read, &[], length) == data);
        }
    }
    client.call(Message::new(FLUSH, 1, 0), &[], 0);
    client.call(Message::new(EXTENT, 1, 512), &[], 0);
    client.call(Message::new(UNMAP, 1, 4096), &[], 0);
    client.call(Message::new(ZERO, 1, 1 << 19).at(3 << 20), &[], 0);
    for offset in [0, 3 << 20] {
        let read = Message::new(READ, 1, 512).at(offset);
        assert!(client.call(read, &[], 512) == [0; 512]);
    }
    let beyond = Message::new(READ, 1, 512).at(SIZE as u64);
    assert_eq!(status(&mut client, beyond, &[]), 1);
    drop(client);
    let keeper = served.stop();
    assert!(keeper.disk[1 << 20..][..4096] == pattern(1 + u64::from(STABLE), 4096));
    let last = serving(keeper);
    bench.finish();
    last.stop();
}

/// One operation at a time: both sides sleep after each.
fn no_wake_up_is_lost_when_both_sides_sleep_often(kind: Kind) {
    let (mut bench, slot) = keeper::bench(kind);
    let served = serving(slot.keeper(&bench));
    let mut clients = [bench.connect(), bench.connect()];
    for round in 0..3000_u16 {
        for client in &mut clients[..1 + usize::from(round % 2)] {
            let offset = u64::from(round % 64) * 512;
            client.call(Message::new(WRITE, round, 512).at(offset), &[7; 512], 0);
        }
    }
    drop(clients);
    let last = serving(served.stop());
    bench.finish();
    last.stop();
}

fn more_than_the_queue_holds_waits_for_its_turn(kind: Kind) {
    const COUNT: u16 = 1000;
    let (mut bench, slot) = keeper::bench(kind);
    let mut keeper = slot.keeper(&bench);
    let mut client = bench.connect();
    let mut bytes = Vec::new();
    for tag in 0..COUNT {
        let message = Message::new(WRITE, tag, 512).at(u64::from(tag) * 512);
        bytes.extend(message.encode());
        bytes.extend(pattern(tag.into(), 512));
    }
    client.stream.write_all(&bytes).unwrap();
    let mut taken = Vec::new();
    while let Some(submission) = keeper.next_within(Duration::from_millis(500)) {
        taken.push(submission);
    }
    assert_eq!(taken.len(), DEPTH as usize, "as many as the queue holds");
    // The last first: ends come in any order.
    for submission in taken.iter().rev() {
        let result = keeper.carry_out(submission);
        keeper.answer(submission.tag, result);
    }
    for _ in 0..usize::from(COUNT) - taken.len() {
        keeper.serve_one();
    }
    for _ in 0..COUNT {
        assert_eq!(client.receive(0).0.status, 0);
    }
    for tag in 0..COUNT {
        assert!(keeper.disk[usize::from(tag) * 512..][..512] == pattern(tag.into(), 512));
    }
    drop(client);
    let last = serving(keeper);
    bench.finish();
    last.stop();
}

fn what_a_dead_keeper_has_not_answered_goes_to_its_successor_in_order(kind: Kind) {
    const COUNT: u16 = 400;
    let (mut bench, slot) = keeper::bench(kind);
    let mut keeper = slot.keeper(&bench);
    let mut client = bench.connect();
    let mut bytes = Vec::new();
    for tag in 0..COUNT {
        let message = Message::new(WRITE, tag, 512).at(u64::from(tag) * 512);
        bytes.extend(message.encode());
        bytes.extend(pattern(tag.into(), 512));
    }
    client.stream.write_all(&bytes).unwrap();
    let mut answered = 0;
    for round in 0..4_usize {
        // It does some of what it was asked for, answers less of that, and dies.
        for number in 0..60 {
            let submission = keeper.next();
            let result = keeper.carry_out(&submission);
            if number % 3 != round % 3 {
                keeper.answer(submission.tag, result);
                answered += 1;
            }
        }
        let disk = std::mem::take(&mut keeper.disk);
        drop(keeper);
        bench.keeper_gone(0);
        keeper = slot.successor(&bench, disk);
    }
    let mut offsets = Vec::new();
    for _ in answered..COUNT.into() {
        let Operation::Write { offset, .. } = keeper.serve_one().operation else {
            panic!("another operation");
        };
        offsets.push(offset);
    }
    assert!(offsets.is_sorted(), "they come in the order of their start");
    for _ in 0..COUNT {
        assert_eq!(client.receive(0).0.status, 0, "nobody hears of it");
    }
    for tag in 0..COUNT {
        assert!(keeper.disk[usize::from(tag) * 512..][..512] == pattern(tag.into(), 512));
    }
    assert!(keeper.next_within(Duration::from_millis(50)).is_none());
    drop(client);
    let last = serving(keeper);
    bench.finish();
    last.stop();
}

fn what_keepers_die_of_is_found_and_fails_alone(kind: Kind) {
    const COUNT: u16 = 12;
    const DEADLY: u64 = 7 * 512;
    let (mut bench, slot) = keeper::bench(kind);
    let mut keeper = slot.keeper(&bench);
    let mut client = bench.connect();
    for tag in 0..COUNT {
        let message = Message::new(WRITE, tag, 512).at(u64::from(tag) * 512);
        client.send(message, &pattern(tag.into(), 512));
    }
    let mut ends = Vec::new();
    let mut deaths = 0;
    while ends.len() < COUNT.into() {
        // It takes all that it is asked for, and begins with what it dies of.
        let mut taken = Vec::new();
        while let Some(submission) = keeper.next_within(Duration::from_millis(100)) {
            taken.push(submission);
        }
        let deadly = |at: &Operation| matches!(at, Operation::Write { offset: DEADLY, .. });
        if taken.iter().any(|submission| deadly(&submission.operation)) {
            let disk = std::mem::take(&mut keeper.disk);
            drop(keeper);
            bench.keeper_gone(0);
            keeper = slot.successor(&bench, disk);
            deaths += 1;
            assert!(deaths < 20, "nothing else is ever done");
        } else {
            for submission in &taken {
                let result = keeper.carry_out(submission);
                keeper.answer(submission.tag, result);
                ends.push(client.receive(0).0);
            }
        }
        if taken.is_empty() && ends.len() + 1 == COUNT.into() {
            ends.push(client.receive(0).0);
        }
    }
    let failed = ends.iter().filter(|end| end.status != 0);
    assert_eq!(failed.map(|end| end.tag).collect::<Vec<_>>(), [7]);
    // Nothing is asked for one at a time any more.
    client.send(Message::new(READ, 20, 512), &[]);
    client.send(Message::new(READ, 21, 512).at(4096), &[]);
    let both = [keeper.next(), keeper.next()];
    for submission in both {
        let result = keeper.carry_out(&submission);
        keeper.answer(submission.tag, result);
        assert_eq!(client.receive(512).0.status, 0);
    }
    drop(client);
    let last = serving(keeper);
    bench.finish();
    last.stop();
}

fn nothing_fails_while_there_is_no_keeper_yet(kind: Kind) {
    let (mut bench, slot) = keeper::bench(kind);
    let mut client = bench.connect();
    client.send(Message::new(WRITE, 1, 512), &pattern(1, 512));
    // What does not concern it is answered meanwhile.
    assert_eq!(client.call(Message::new(ECHO, 2, 2), b"hi", 2), b"hi");
    let served = serving(slot.keeper(&bench));
    assert_eq!(client.receive(0).0.status, 0);
    drop(client);
    let last = serving(served.stop());
    bench.finish();
    last.stop();
}

fn what_no_keeper_will_answer_fails(kind: Kind) {
    let (mut bench, slot) = keeper::bench(kind);
    let mut keeper = slot.keeper(&bench);
    let mut client = bench.connect();
    client.send(Message::new(WRITE, 1, 512), &pattern(1, 512));
    let _ = keeper.next();
    drop(keeper);
    bench.keeper_gone(0);
    client.send(Message::new(READ, 2, 512), &[]);
    bench.tell(ToWorker::KeeperLost { slot: 0 });
    let mut ends = [client.receive(0).0, client.receive(0).0];
    ends.sort_unstable_by_key(|message| message.tag);
    assert_eq!(ends.map(|end| (end.tag, end.status)), [(1, 1), (2, 1)]);
    assert_eq!(status(&mut client, Message::new(FLUSH, 3, 0), &[]), 1);

    // There is one again after all, and nothing is poisoned.
    let served = serving(slot.keeper(&bench));
    bench.catch_up();
    client.call(Message::new(WRITE, 4, 512), &pattern(4, 512), 0);
    client.call(Message::new(FLUSH, 5, 0), &[], 0);
    drop(client);
    served.stop();
    bench.keeper_gone(0);
    bench.tell(ToWorker::KeeperLost { slot: 0 });
    // It ends although its last flush finds nobody: a keeper holds nothing back.
    bench.finish();
}

fn a_stalled_keeper_holds_up_nobody_else(kind: Kind) {
    let (shared, slots) = keeper::shared(2);
    let mut bench = crate::harness::Bench::sharing(kind, Some(shared));
    let [_, file] = images();
    bench.add_image(again(&file), true);
    bench.offer_kept(2, 0).unwrap();
    bench.offer_kept(3, 1).unwrap();
    assert!(bench.offer_kept(4, 2).is_err(), "there is no such slot");
    let mut stalled = slots[0].keeper(&bench);
    let served = serving(slots[1].keeper(&bench));
    let mut waiting = bench.connect();
    waiting.send(Message::new(WRITE, 1, 512).of(2), &pattern(9, 512));
    let taken = stalled.next();
    let mut client = bench.connect();
    for round in 0..100 {
        client.call(Message::new(WRITE, round, 512).of(1), &[1; 512], 0);
        client.call(Message::new(WRITE, round, 512).of(3), &[3; 512], 0);
    }
    let result = stalled.carry_out(&taken);
    stalled.answer(taken.tag, result);
    assert_eq!(waiting.receive(0).0.status, 0);
    drop((client, waiting));
    let last = [serving(served.stop()), serving(stalled)];
    bench.finish();
    drop(last.map(Serving::stop));
}

fn what_a_keeper_gives_back_goes_to_its_successor(kind: Kind) {
    let (mut bench, slot) = keeper::bench(kind);
    let mut keeper = slot.keeper(&bench);
    let mut client = bench.connect();
    for tag in 0..3 {
        client.send(Message::new(WRITE, tag, 512), &pattern(tag.into(), 512));
    }
    // The backend has shut it out: what it has begun may have happened or not.
    for _ in 0..3 {
        let submission = keeper.next();
        keeper.answer(submission.tag, Err(Failure::Fenced));
    }
    assert!(keeper.next_within(Duration::from_millis(50)).is_none());
    drop(keeper);
    bench.keeper_gone(0);
    let served = serving(slot.keeper(&bench));
    for _ in 0..3 {
        assert_eq!(client.receive(0).0.status, 0, "nobody hears of it");
    }
    drop(client);
    let last = serving(served.stop());
    bench.finish();
    last.stop();
}

fn a_keeper_that_answers_what_was_not_asked_is_believed_nothing(kind: Kind) {
    let (mut bench, slot) = keeper::bench(kind);
    let mut client = bench.connect();
    client.send(Message::new(WRITE, 1, 512), &pattern(1, 512));
    for lie in 0..3_u64 {
        let mut keeper = slot.keeper(&bench);
        let submission = keeper.next();
        match lie {
            // Twice; before it was asked; what nobody ever asks.
            0 => {
                keeper.answer(submission.tag, Err(Failure::Fenced));
                keeper.answer(submission.tag, Ok(Outcome::Done(0)));
            }
            1 => keeper.answer(submission.tag + 1, Ok(Outcome::Done(0))),
            _ => keeper.answer(u64::MAX, Err(Failure::Medium)),
        }
        assert_eq!(bench.hear(), FromWorker::KeeperBroken { slot: 0 });
        drop(keeper);
        bench.keeper_gone(0);
    }
    let served = serving(slot.keeper(&bench));
    assert_eq!(client.receive(0).0.status, 0);
    drop(client);
    let last = serving(served.stop());
    bench.finish();
    last.stop();
}

fn a_keeper_that_scribbles_over_the_queues_is_noticed(kind: Kind) {
    let (mut bench, slot) = keeper::bench(kind);
    let mut client = bench.connect();
    for round in 0..40_u64 {
        let mut keeper = slot.keeper(&bench);
        client.send(Message::new(READ, 1, 512), &[]);
        let _ = keeper.next();
        let junk = pattern(round + 1, 3584 * 8 - 8);
        rustix::io::pwrite(slot.queues(), &junk, 8).unwrap();
        // The worker sleeps, and the flag that says so is overwritten: its bell is rung anyway.
        keeper.ring();
        assert_eq!(bench.hear(), FromWorker::KeeperBroken { slot: 0 });
        drop(keeper);
        bench.keeper_gone(0);
        let mut keeper = slot.keeper(&bench);
        keeper.serve_one();
        assert_eq!(client.receive(512).0.status, 0);
        drop(keeper);
        bench.keeper_gone(0);
    }
    drop(client);
    bench.tell(ToWorker::KeeperLost { slot: 0 });
    bench.finish();
}

fn a_failed_flush_poisons_and_an_absent_keeper_does_not(kind: Kind) {
    let (mut bench, slot) = keeper::bench(kind);
    let mut keeper = slot.keeper(&bench);
    let mut client = bench.connect();
    for (failure, poisons) in [(Failure::NotReady, false), (Failure::NoSpace, true)] {
        client.send(Message::new(FLUSH, 1, 0), &[]);
        let submission = keeper.next();
        assert_eq!(submission.operation, Operation::Flush);
        keeper.answer(submission.tag, Err(failure));
        if poisons {
            assert_eq!(bench.hear(), FromWorker::ImagePoisoned { image: 1 });
        }
        assert_eq!(client.receive(0).0.status, 1);
    }
    client.send(Message::new(WRITE, 2, 512), &[0; 512]);
    assert_eq!(client.receive(0).0.status, 1, "and its keeper is not asked");
    assert!(keeper.next_within(Duration::from_millis(50)).is_none());
    drop(client);
    bench.finish();
}

fn a_stable_write_is_flushed_where_the_backend_does_not_do_it(kind: Kind) {
    let (shared, slots) = keeper::shared(1);
    let mut bench = crate::harness::Bench::sharing(kind, Some(shared));
    let shape = labelgate_control::KeptShape {
        stable_writes: false,
        ..SHAPE
    };
    bench.offer_shaped(1, 0, shape).unwrap();
    let mut keeper = slots[0].keeper(&bench);
    let mut client = bench.connect();
    client.send(Message::new(STABLE, 1, 512), &pattern(1, 512));
    let written = keeper.serve_one().operation;
    assert!(matches!(written, Operation::Write { stable: false, .. }));
    assert_eq!(keeper.serve_one().operation, Operation::Flush);
    assert_eq!(client.receive(0).0.status, 0);

    bench.tell(ToWorker::KeptShape {
        image: 1,
        shape: SHAPE,
    });
    assert_eq!(client.call(Message::new(ECHO, 2, 2), b"hi", 2), b"hi");
    client.send(Message::new(STABLE, 1, 512), &pattern(1, 512));
    let written = keeper.serve_one().operation;
    assert!(matches!(written, Operation::Write { stable: true, .. }));
    assert_eq!(client.receive(0).0.status, 0);
    drop(client);
    let last = serving(keeper);
    bench.finish();
    last.stop();
}

fn a_kept_image_is_removed_after_its_last_flush(kind: Kind) {
    let (mut bench, slot) = keeper::bench(kind);
    let mut keeper = slot.keeper(&bench);
    let mut client = bench.connect();
    client.send(Message::new(WRITE, 1, 4096), &pattern(1, 4096));
    let written = keeper.next();
    bench.tell(ToWorker::RemoveImage { image: 1 });
    let connection = client.name;
    assert_eq!(bench.hear(), FromWorker::ConnectionClosed { connection });
    let result = keeper.carry_out(&written);
    keeper.answer(written.tag, result);
    assert_eq!(keeper.serve_one().operation, Operation::Flush);
    assert_eq!(bench.hear(), FromWorker::ImageRemoved { image: 1 });
    client = bench.connect();
    let read = Message::new(READ, 1, 512);
    assert_eq!(status(&mut client, read, &[]), 1, "the image is gone");
    drop(client);
    bench.finish();
}

fn a_kept_image_gets_another_shape(kind: Kind) {
    let (mut bench, slot) = keeper::bench(kind);
    let served = serving(slot.keeper(&bench));
    let mut client = bench.connect();
    let end = Message::new(READ, 1, 512).at(SIZE as u64 - 512);
    assert!(client.call(end, &[], 512) == [0; 512]);
    let shape = labelgate_control::KeptShape {
        size: SIZE as u64 - 100,
        ..SHAPE
    };
    bench.tell(ToWorker::KeptShape { image: 1, shape });
    // Told on another socket: what a client asks may overtake it.
    let refused = (0..2000).any(|_| {
        client.send(end, &[]);
        let length = 512 * usize::from(client.receive_header().status == 0);
        client.receive_payload(length);
        length == 0
    });
    assert!(refused, "what is left over whole blocks is not served");
    drop(client);
    let last = serving(served.stop());
    bench.finish();
    last.stop();
}
