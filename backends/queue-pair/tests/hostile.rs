//! A side that writes whatever it likes into the memory.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use labelgate_queue_pair::{
    Broken, Completion, DEPTH, Failure, KeeperSide, MapError, Operation, Outcome, PushError, Run,
    Submission, Taken, WorkerSide, create,
};
use proptest::prelude::*;

fn sides() -> (WorkerSide, KeeperSide, OwnedFd) {
    let memory = create().unwrap();
    let worker = WorkerSide::map(memory.try_clone().unwrap()).unwrap();
    let keeper = KeeperSide::map(memory.try_clone().unwrap()).unwrap();
    (worker, keeper, memory)
}

fn submission(tag: u64) -> Submission {
    let run = Run {
        position: tag * 4096,
        length: 4096,
    };
    let offset = tag * 512;
    Submission {
        tag,
        image: 7,
        operation: Operation::Read { offset, run },
    }
}

fn completion(tag: u64) -> Completion {
    let result = if tag.is_multiple_of(3) {
        Err(Failure::NoSpace)
    } else {
        Ok(Outcome::Done(tag))
    };
    let took = std::time::Duration::from_nanos(tag);
    Completion { tag, result, took }
}

/// How long a fuzz target runs.
fn time() -> Duration {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS");
    let seconds = seconds.ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(2))
}

/// Writes at any places, and often at those of counters and entries near them.
fn scribble(memory: &OwnedFd, writes: &[(u16, u64, bool)]) {
    for &(at, value, near) in writes {
        // The first 128 words have the counters.
        let words = if near { 128 } else { 3584 };
        let at = u64::from(at) % words * 8;
        rustix::io::pwrite(memory.as_fd(), &value.to_ne_bytes(), at).unwrap();
    }
}

proptest! {
    #[test]
    fn everything_arrives_once_and_in_order(steps in proptest::collection::vec((0_u8..4, 1_usize..300), 1..60)) {
        let (mut worker, mut keeper, _) = sides();
        let (mut sent, mut taken, mut answered, mut ended) = (0_u64, 0_u64, 0_u64, 0_u64);
        for (step, count) in steps {
            for _ in 0..count {
                match step {
                    0 if sent - ended < u64::from(DEPTH) => {
                        worker.submit(&submission(sent)).unwrap();
                        sent += 1;
                    }
                    0 if sent - taken == u64::from(DEPTH) => {
                        prop_assert_eq!(worker.submit(&submission(sent)), Err(PushError::Full));
                    }
                    1 => match keeper.take().unwrap() {
                        Some(Taken::Submission(found)) => {
                            prop_assert_eq!(found, submission(taken));
                            taken += 1;
                        }
                        None => prop_assert_eq!(taken, sent),
                        other => prop_assert!(false, "{:?}", other),
                    },
                    2 if answered < taken => {
                        keeper.complete(&completion(answered)).unwrap();
                        answered += 1;
                    }
                    3 => match worker.take().unwrap() {
                        Some(found) => {
                            prop_assert_eq!(found, completion(ended));
                            ended += 1;
                        }
                        None => prop_assert_eq!(ended, answered),
                    },
                    _ => {}
                }
            }
            prop_assert_eq!(keeper.arm(), taken == sent);
            prop_assert!(!worker.wakes(), "there is nothing to wake it for");
            if taken == sent && sent - ended < u64::from(DEPTH) {
                worker.submit(&submission(sent)).unwrap();
                sent += 1;
                prop_assert!(worker.wakes());
                prop_assert!(!worker.wakes(), "its bell was rung");
            }
            keeper.disarm();
            prop_assert!(!worker.wakes(), "it is awake");
            prop_assert_eq!(worker.arm(), ended == answered);
            worker.disarm();
            prop_assert!(!keeper.wakes());
        }
    }
}

#[test]
fn a_queue_pair_that_was_cleared_is_as_new() {
    let (mut worker, mut keeper, memory) = sides();
    for tag in 0..200 {
        worker.submit(&submission(tag)).unwrap();
        assert!(keeper.take().unwrap().is_some());
        keeper.complete(&completion(tag)).unwrap();
    }
    assert!(keeper.arm());
    drop(keeper);
    worker.clear();
    assert_eq!(worker.take(), Ok(None));
    assert!(!worker.wakes(), "who slept is gone");

    let mut keeper = KeeperSide::map(memory).unwrap();
    assert_eq!(keeper.take(), Ok(None));
    worker.submit(&submission(9)).unwrap();
    assert_eq!(keeper.take(), Ok(Some(Taken::Submission(submission(9)))));
}

#[test]
fn memory_that_is_no_queue_pair_is_refused() {
    let flags = rustix::fs::MemfdFlags::ALLOW_SEALING;
    let unsealed = rustix::fs::memfd_create("x", flags).unwrap();
    rustix::fs::ftruncate(&unsealed, 28672).unwrap();
    let refused = WorkerSide::map(unsealed.try_clone().unwrap());
    assert!(matches!(refused, Err(MapError::Unsealed)));
    let seals =
        rustix::fs::SealFlags::SHRINK | rustix::fs::SealFlags::GROW | rustix::fs::SealFlags::SEAL;
    rustix::fs::fcntl_add_seals(&unsealed, seals).unwrap();
    assert!(matches!(KeeperSide::map(unsealed), Err(MapError::Layout)));
    let short = rustix::fs::memfd_create("x", flags).unwrap();
    rustix::fs::fcntl_add_seals(&short, seals).unwrap();
    assert!(matches!(WorkerSide::map(short), Err(MapError::Layout)));
    let file = std::fs::File::open("/dev/null").unwrap();
    assert!(matches!(
        WorkerSide::map(file.into()),
        Err(MapError::System(_))
    ));
}

#[test]
fn a_side_that_counts_wrongly_is_noticed() {
    let (mut worker, mut keeper, memory) = sides();
    for at in [16_u64, 32, 64, 80] {
        rustix::io::pwrite(&memory, &1000_u64.to_ne_bytes(), at * 8).unwrap();
    }
    assert_eq!(worker.take(), Err(Broken));
    assert_eq!(keeper.take(), Err(Broken));
    let broken = Err(PushError::Broken(Broken));
    assert_eq!(worker.submit(&submission(1)), broken);
    assert_eq!(keeper.complete(&completion(1)), broken);
}

/// Whatever a worker writes: its keeper takes a bounded number of entries, each of which is an
/// operation or refused, or finds the queue pair broken.
#[test]
fn fuzz_a_keeper_whose_worker_writes_anything() {
    let (_worker, mut keeper, memory) = sides();
    bolero::check!()
        .with_type::<Vec<(u16, u64, bool)>>()
        .with_test_time(time())
        .for_each(|writes| {
            scribble(&memory, writes);
            for _ in 0..=DEPTH {
                match keeper.take() {
                    Ok(Some(Taken::Submission(found))) => {
                        let _ = keeper.complete(&completion(found.tag));
                    }
                    Ok(Some(Taken::Nonsense { tag })) => {
                        let _ = keeper.complete(&completion(tag));
                    }
                    Ok(None) | Err(Broken) => break,
                }
            }
            let _ = (keeper.arm(), keeper.wakes());
        });
}

/// Whatever a keeper writes: its worker takes a bounded number of ends, or finds it broken.
#[test]
fn fuzz_a_worker_whose_keeper_writes_anything() {
    let (mut worker, _keeper, memory) = sides();
    let mut sent = VecDeque::new();
    bolero::check!()
        .with_type::<Vec<(u16, u64, bool)>>()
        .with_test_time(time())
        .for_each(|writes| {
            sent.clear();
            scribble(&memory, writes);
            let mut taken = 0;
            while let Ok(Some(completion)) = worker.take() {
                sent.push_back(completion);
                taken += 1;
                assert!(taken <= DEPTH);
            }
            for tag in 0..u64::from(DEPTH) + 2 {
                if worker.submit(&submission(tag)).is_err() {
                    break;
                }
            }
            let _ = (worker.arm(), worker.wakes());
        });
}
