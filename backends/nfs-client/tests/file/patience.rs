//! Servers that are there, and do not do what they are asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use labelgate_nfs_client::{Event, Kind, Order};

use crate::server::{COMMIT, GETATTR, READ, WRITE, record, serve, serve_bytes, well};
use crate::{Bench, LIMIT, kind};

/// One that answers everything but writes, on whatever connection: they fail when patience ends, those as
/// well that there was no room to send. Reads go on.
#[test]
fn what_is_never_answered_ends_with_patience() {
    let mut options = serve_bytes(|number, call| match call.procedure {
        WRITE => Some(Vec::new()),
        _ => Some(record(number, 0, &well(call))),
    });
    options.patience = Duration::from_secs(3);
    let mut bench = Bench::open(options).unwrap();
    let begun = Instant::now();
    let mut tags = Vec::new();
    for _ in 0..100 {
        let write = bench.order(0, &[1; 512], false);
        tags.push(bench.begin(write).unwrap());
    }
    for tag in tags {
        assert_eq!(kind(bench.wait(tag)), Kind::NotReady);
    }
    let took = begun.elapsed();
    assert!(took > Duration::from_secs(2) && took < Duration::from_secs(15));
    assert_eq!(bench.read(0, 512), Ok(vec![0x5a; 512]));
}

/// One that answers when nobody waits for it any more: the memory is somebody else's then.
#[test]
fn what_is_answered_too_late_lands_nowhere() {
    let reads = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&reads);
    let mut options = serve(move |call| {
        if call.procedure == READ && counted.fetch_add(1, Ordering::Relaxed) == 0 {
            sleep(Duration::from_secs(4));
        }
        Some(well(call))
    });
    options.patience = Duration::from_secs(2);
    let mut bench = Bench::open(options).unwrap();
    bench.put(0, &[0xee; 4096]);
    let (offset, place) = (0, bench.place(0, 4096));
    let read = bench.run(Order::Read { offset, place });
    assert_eq!(kind(read), Kind::NotReady);
    let until = Instant::now() + Duration::from_secs(4);
    while Instant::now() < until {
        bench.drive(Duration::from_millis(100));
    }
    assert_eq!(reads.load(Ordering::Relaxed), 1);
    assert_eq!(bench.get(0, 4096), [0xee; 4096]);
    assert_eq!(bench.read(0, 4096), Ok(vec![0x5a; 4096]));
}

/// One that asks for patience again and again, and does something in between: that is no reason to give
/// up, however long it takes. One that does nothing is given up.
#[test]
fn whoever_does_something_is_waited_for() {
    for count in [1024, 0] {
        let turn = AtomicU32::new(0);
        let mut options = serve(move |mut call| {
            let does = count > 0 && turn.fetch_add(1, Ordering::Relaxed) % 4 == 3;
            Some(match call.procedure {
                WRITE if does => {
                    call.count = count;
                    well(call)
                }
                WRITE => vec![10_008, 0, 0],
                _ => well(call),
            })
        });
        options.patience = Duration::from_secs(2);
        let mut bench = Bench::open(options).unwrap();
        let begun = Instant::now();
        let written = bench.write(0, &[1; 6 * 1024]);
        match count {
            0 => assert_eq!(kind(written), Kind::NotReady),
            _ => assert_eq!(written, Ok(())),
        }
        assert!(begun.elapsed() > Duration::from_secs(2));
    }
}

/// One that does not say what the file is: whoever asks hears that, and operations go on.
#[test]
#[ignore = "takes long; make test-full runs it"]
fn a_look_that_is_put_off_and_off_ends() {
    let asked = AtomicU32::new(0);
    let mut options = serve(move |call| match call.procedure {
        GETATTR if asked.fetch_add(1, Ordering::Relaxed) > 0 => Some(vec![10_008]),
        _ => Some(well(call)),
    });
    options.patience = Duration::from_secs(8);
    let mut bench = Bench::open(options).unwrap();
    bench.session.look();
    let until = Instant::now() + Duration::from_secs(4);
    while Instant::now() < until {
        bench.drive(Duration::from_millis(100));
    }
    assert_eq!(bench.read(0, 512), Ok(vec![0x5a; 512]));
    let looked = bench.hear(|event| match event {
        Event::Looked(result) => Some(result.clone()),
        _ => None,
    });
    assert_eq!(kind(looked), Kind::NotReady);
    let lost = |event: &Event| matches!(event, Event::Lost(_));
    assert!(!bench.news.iter().any(lost));
}

/// Whoever leaves while it is asked what the file is leaves in order: what was begun ends, and is flushed.
/// The answer to the question is not taken for the one to the flush.
#[test]
fn a_look_does_not_keep_anybody_from_leaving() {
    let (looks, commits) = (AtomicU32::new(0), Arc::new(AtomicU32::new(0)));
    let counted = Arc::clone(&commits);
    let mut options = serve(move |call| {
        match call.procedure {
            GETATTR if looks.fetch_add(1, Ordering::Relaxed) > 0 => {
                sleep(Duration::from_millis(500));
            }
            COMMIT => {
                sleep(Duration::from_millis(100));
                counted.fetch_add(1, Ordering::Relaxed);
            }
            _ => {}
        }
        let mut words = well(call);
        if call.procedure == WRITE {
            words[4] = call.stable;
        }
        Some(words)
    });
    options.write_through = false;
    let mut bench = Bench::open(options).unwrap();
    bench.write(0, &[1; 512]).unwrap();
    bench.session.look();
    bench.drive(Duration::ZERO);
    let write = bench.order(0, &[2; 512], false);
    let tag = bench.begin(write).unwrap();
    bench.close();
    assert!(bench.wait(tag).is_ok());
    assert_eq!(commits.load(Ordering::Relaxed), 1);
}

/// A flush takes its time, also the one that a connection begins with over what was not flushed.
#[test]
#[ignore = "takes long; make test-full runs it"]
fn a_flush_that_takes_long_is_waited_for() {
    let (hangs_up, commits) = (AtomicU32::new(1), Arc::new(AtomicU32::new(0)));
    let counted = Arc::clone(&commits);
    let mut options = serve(move |call| {
        let mut words = well(call);
        match call.procedure {
            READ if hangs_up.swap(0, Ordering::Relaxed) == 1 => return None,
            WRITE => words[4] = call.stable,
            COMMIT => {
                counted.fetch_add(1, Ordering::Relaxed);
                sleep(Duration::from_secs(12));
            }
            _ => {}
        }
        Some(words)
    });
    options.write_through = false;
    options.patience = LIMIT;
    let mut bench = Bench::open(options).unwrap();
    bench.write(0, &[1; 512]).unwrap();
    assert_eq!(bench.read(0, 512), Ok(vec![0x5a; 512]));
    assert_eq!(commits.load(Ordering::Relaxed), 1);
}
