//! Stable operations in any order, against a kernel that reports each lost write once.

use std::io;

use labelgate_backends::{FileOptions, SystemCall};
use labelgate_engine::Operation;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rustix::io::Errno;

use crate::executor::Executor;
use crate::place::Place;

#[derive(Debug, Clone)]
enum Event {
    Flush,
    StableWrite,
    /// The kernel executes a call; its end is not seen yet.
    Execute(usize),
    /// The end of an executed call is seen.
    Answer(usize),
    /// A write-back fails.
    Lose,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let one = prop_oneof![
        4 => Just(Event::Flush),
        4 => Just(Event::StableWrite),
        8 => any::<usize>().prop_map(Event::Execute),
        8 => any::<usize>().prop_map(Event::Answer),
        1 => Just(Event::Lose),
    ];
    vec(one, 1..120)
}

/// The kernel's side of one open file.
#[derive(Default)]
struct Kernel {
    /// An error nobody has seen.
    unseen: bool,
    /// Whether anything was ever lost.
    lost: bool,
    /// Operations whose call was executed, and how that ended.
    executed: Vec<(usize, Result<usize, Errno>)>,
    /// Operations started after something was lost, or whose stable call was executed after it:
    /// none of them may succeed, for what they cover is lost.
    late: Vec<usize>,
}

impl Kernel {
    fn execute(&mut self, executor: &Executor, index: usize) {
        let fresh: Vec<_> = executor
            .pending
            .iter()
            .filter(|(name, _)| self.executed.iter().all(|(other, _)| other != name))
            .collect();
        if fresh.is_empty() {
            return;
        }
        let (name, request) = &fresh[index % fresh.len()];
        let (looks, count) = match *request.call() {
            SystemCall::Sync | SystemCall::SyncAll => (true, 0),
            SystemCall::Write { length, stable, .. } => (stable, length),
            _ => (false, 0),
        };
        let failed = looks && std::mem::take(&mut self.unseen);
        let result = if failed { Err(Errno::IO) } else { Ok(count) };
        let name = *name;
        self.executed.push((name, result));
        self.late.extend((self.lost && looks).then_some(name));
    }

    fn answer(&mut self, executor: &mut Executor, index: usize) {
        if self.executed.is_empty() {
            return;
        }
        let index = index % self.executed.len();
        let (name, result) = self.executed.swap_remove(index);
        let at = executor
            .pending
            .iter()
            .position(|(other, _)| *other == name);
        executor.answer(at.unwrap(), result.map_err(io::Error::from));
    }
}

fn play(executor: &mut Executor, events: Vec<Event>) -> Kernel {
    let mut kernel = Kernel::default();
    for event in events {
        match event {
            Event::Flush | Event::StableWrite if executor.pending.len() > 6 => {}
            Event::Flush => {
                let name = executor.start(Operation::Flush);
                kernel.late.extend(kernel.lost.then_some(name));
            }
            Event::StableWrite => {
                let operation = executor.write_operation(0, &[1; 4096], true);
                let name = executor.start(operation);
                kernel.late.extend(kernel.lost.then_some(name));
            }
            Event::Execute(index) => kernel.execute(executor, index),
            Event::Answer(index) => kernel.answer(executor, index),
            Event::Lose => {
                kernel.unseen |= !kernel.lost;
                kernel.lost = true;
            }
        }
    }
    kernel
}

/// Nothing that was started after a loss is ever called stable, whoever got the one report.
#[test]
fn nothing_is_called_stable_after_a_loss() {
    let place = Place::ext4(64 << 20);
    for direct in [false, true] {
        let options = FileOptions {
            direct,
            asynchronous: true,
            ..FileOptions::default()
        };
        let mut runner = TestRunner::new(Config {
            cases: 400,
            failure_persistence: None,
            ..Config::default()
        });
        let outcome = runner.run(&events(), |events| {
            let mut executor = Executor::new(place.image("once", 1 << 20, &options));
            let mut kernel = play(&mut executor, events);
            while !executor.pending.is_empty() {
                kernel.execute(&executor, 0);
                kernel.answer(&mut executor, 0);
            }
            executor.drain();
            for (name, completion) in &executor.ended {
                let late = kernel.late.contains(name);
                prop_assert!(!(late && completion.result.is_ok()), "{name} is a lie");
            }
            Ok(())
        });
        outcome.unwrap();
    }
}
