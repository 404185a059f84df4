//! A page between two sides, of which one may be hostile.

#![allow(
    clippy::unwrap_used,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::os::fd::AsFd;
use std::thread;
use std::time::Duration;

use labelgate_pages::{
    Account, BUCKETS, Counters, Ended, Failure, ImageAccount, MapError, Operation, Page, Timed,
    WorkerAccount, WorkerCounter, WorkerGauge,
};

fn shared(slots: u32) -> (Page, Counters) {
    let (page, descriptor) = Page::create(slots).unwrap();
    (page, Counters::map(descriptor).unwrap())
}

fn ended(operation: Operation, result: Result<(), Failure>) -> Ended {
    Ended {
        operation,
        bytes: 4096,
        result,
        latency: Duration::from_micros(60),
    }
}

#[test]
fn what_the_worker_counts_is_what_the_supervisor_reads_and_of_no_other_slot() {
    let (page, counters) = shared(3);
    counters.add(WorkerCounter::LoginsAccepted, 2);
    counters.set(WorkerGauge::BufferBytes, 77);
    let image = counters.image(1);
    for _ in 0..3 {
        image.began();
    }
    image.ended(ended(Operation::Write, Ok(())));
    image.ended(ended(Operation::Write, Err(Failure::NoSpace)));

    let (worker, sample) = (page.worker(), page.image(1));

    assert_eq!(worker.counter(WorkerCounter::LoginsAccepted), 2);
    assert_eq!(worker.counter(WorkerCounter::LoginsRefused), 0);
    assert_eq!(worker.gauge(WorkerGauge::BufferBytes), 77);
    assert_eq!(sample.operations(Operation::Write), 2);
    assert_eq!(sample.bytes(Operation::Write), 4096);
    assert_eq!(sample.failures(Failure::NoSpace), 1);
    assert_eq!(sample.in_flight(), 1);
    let latency = sample.latency(Timed::Write);
    assert_eq!(latency.buckets[..3], [0, 2, 0]);
    assert_eq!(latency.nanoseconds, 120_000);
    assert_eq!(page.image(0), page.image(2));
    assert_eq!(page.image(0).operations(Operation::Write), 0);
}

#[test]
fn a_slot_that_is_not_there_is_the_last_one_for_the_worker_and_empty_for_the_supervisor() {
    let (page, counters) = shared(2);
    counters.image(900).began();
    assert_eq!(page.image(1).in_flight(), 1);
    assert_eq!(page.image(900).in_flight(), 0);
}

#[test]
fn a_reader_never_sees_a_counter_go_backwards_while_it_is_counted() {
    let (page, counters) = shared(1);
    let writer = thread::spawn(move || {
        for _ in 0..200_000 {
            let image = counters.image(0);
            image.began();
            image.ended(ended(Operation::Read, Ok(())));
        }
    });
    let mut account: ImageAccount = Account::EMPTY;
    while !writer.is_finished() {
        assert_eq!(account.take_in(page.image(0)), 0);
    }
    writer.join().unwrap();
    assert_eq!(account.take_in(page.image(0)), 0);
    assert_eq!(account.total().operations(Operation::Read), 200_000);
    assert_eq!(account.total().latency(Timed::Read).buckets[1], 200_000);
    assert_eq!(account.total().in_flight(), 0);
}

#[test]
fn the_worker_cannot_resize_the_page_under_the_supervisor() {
    let (page, descriptor) = Page::create(1).unwrap();
    let length = rustix::fs::fstat(&descriptor).unwrap().st_size;
    let length = u64::try_from(length).unwrap();
    for other in [0, length - 8, length + 4096] {
        assert!(rustix::fs::ftruncate(&descriptor, other).is_err());
    }
    // What it may do is punch a hole, and that reads as zeros.
    let mode = rustix::fs::FallocateFlags::PUNCH_HOLE | rustix::fs::FallocateFlags::KEEP_SIZE;
    rustix::fs::fallocate(&descriptor, mode, 0, length).unwrap();
    assert_eq!(page.image(0).operations(Operation::Read), 0);
}

#[test]
fn memory_that_is_no_page_of_the_supervisors_is_refused() {
    let memory = |flags| rustix::fs::memfd_create("x", flags).unwrap();
    let sealable = rustix::fs::MemfdFlags::ALLOW_SEALING;
    let unsealed = memory(sealable);
    rustix::fs::ftruncate(&unsealed, 1 << 16).unwrap();
    assert!(matches!(Counters::map(unsealed), Err(MapError::System(_))));

    let (_page, other_layout) = Page::create(4).unwrap();
    rustix::io::pwrite(&other_layout, &7_u64.to_ne_bytes(), 0).unwrap();
    assert!(matches!(Counters::map(other_layout), Err(MapError::Layout)));

    let file = std::fs::File::open("/dev/null").unwrap();
    assert!(matches!(
        Counters::map(file.into()),
        Err(MapError::System(_))
    ));
}

/// Whatever is in a page, in whatever order it comes: totals never go backwards, and a
/// histogram's buckets and sum can be added up.
#[test]
fn fuzz_pages_with_anything_in_them() {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS");
    let seconds = seconds.ok().and_then(|seconds| seconds.parse().ok());
    let (page, descriptor) = Page::create(2).unwrap();
    let length = usize::try_from(rustix::fs::fstat(&descriptor).unwrap().st_size).unwrap();
    bolero::check!()
        .with_type::<Vec<(u16, Vec<u8>)>>()
        .with_test_time(Duration::from_secs(seconds.unwrap_or(2)))
        .for_each(|writes| {
            let mut image: ImageAccount = Account::EMPTY;
            let mut worker: WorkerAccount = Account::EMPTY;
            for (at, bytes) in writes {
                let at = usize::from(*at) % length;
                let bytes = bytes.get(..length - at).unwrap_or(bytes);
                rustix::io::pwrite(descriptor.as_fd(), bytes, at as u64).unwrap();
                let before = (*image.total(), *worker.total());
                let _ = image.take_in(page.image(1));
                let _ = worker.take_in(page.worker());
                assert_grown(&before.0, image.total());
                let counter = WorkerCounter::SentBytes;
                assert!(worker.total().counter(counter) >= before.1.counter(counter));
            }
        });
}

fn assert_grown(before: &labelgate_pages::ImageSample, after: &labelgate_pages::ImageSample) {
    for operation in Operation::ALL {
        assert!(after.operations(operation) >= before.operations(operation));
        assert!(after.bytes(operation) >= before.bytes(operation));
    }
    for failure in Failure::ALL {
        assert!(after.failures(failure) >= before.failures(failure));
    }
    for timed in Timed::ALL {
        let (before, after) = (before.latency(timed), after.latency(timed));
        assert!(after.nanoseconds >= before.nanoseconds);
        for bucket in 0..BUCKETS {
            assert!(after.buckets.get(bucket) >= before.buckets.get(bucket));
        }
    }
}
