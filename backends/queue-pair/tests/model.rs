//! No wake-up is lost, in whatever order the steps of the two sides are seen: every one of them is
//! gone through. A bell is loom's `Notify`, which remembers that it was rung, as an eventfd does; a wait
//! that nobody ends is a deadlock, which loom finds, as it does at once without the fence.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::sync::atomic::Ordering;

use labelgate_queue_pair::model::{ModelConsumer, ModelProducer, words};
use labelgate_queue_pair::{PushError, Words};
use loom::sync::atomic::{AtomicU64, fence};
use loom::sync::{Arc, Notify};
use loom::thread;

/// The shared memory.
struct Memory(Vec<AtomicU64>);

impl Memory {
    fn new(depth: u32) -> Self {
        Self((0..words(depth)).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Words for Memory {
    fn load(&self, at: usize, order: Ordering) -> u64 {
        self.0[at].load(order)
    }

    fn store(&self, at: usize, value: u64, order: Ordering) {
        self.0[at].store(value, order);
    }

    fn fence(&self) {
        fence(Ordering::SeqCst);
    }
}

/// What both drivers do: take what is there; arm; sleep only if nothing has come.
fn consume(memory: &Memory, bell: &Notify, depth: u32, count: u64) {
    let mut consumer = ModelConsumer::new(depth);
    let mut next = 0;
    while next < count {
        if let Some(entry) = consumer.pop(memory).unwrap() {
            assert_eq!(entry, [next, next + 10, next + 20, next + 30]);
            next += 1;
        } else if consumer.arm(memory) {
            bell.wait();
            consumer.disarm(memory);
        }
    }
}

fn produce(memory: &Memory, bell: &Notify, depth: u32, batches: &[u64]) {
    let mut producer = ModelProducer::new(depth);
    let mut next = 0;
    for &batch in batches {
        for _ in 0..batch {
            let entry = [next, next + 10, next + 20, next + 30];
            while producer.push(memory, entry) == Err(PushError::Full) {
                thread::yield_now();
            }
            next += 1;
        }
        if producer.wakes(memory) {
            bell.notify();
        }
    }
}

fn explore(depth: u32, batches: &'static [u64]) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(move || {
        let memory = Arc::new(Memory::new(depth));
        let bell = Arc::new(Notify::new());
        let consumer = {
            let (memory, bell) = (Arc::clone(&memory), Arc::clone(&bell));
            let count = batches.iter().sum();
            thread::spawn(move || consume(&memory, &bell, depth, count))
        };
        produce(&memory, &bell, depth, batches);
        consumer.join().unwrap();
    });
}

#[test]
fn one_entry_always_wakes_who_waits_for_it() {
    explore(2, &[1]);
}

#[test]
fn entries_in_two_batches_arrive_whole_and_in_order() {
    explore(2, &[1, 1]);
}

#[test]
fn a_batch_needs_one_look_at_whether_the_other_side_sleeps() {
    explore(2, &[2]);
}
