//! Servers that mean no good, or do not what others do.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use labelgate_fixtures::random::Random;
use labelgate_nfs_client::{Event, Kind, Order, Outcome};

use crate::server::{COMMIT, GETATTR, MOUNT, READ, SIZE, WRITE, record, serve, serve_bytes, well};
use crate::{Bench, LIMIT, kind};

#[test]
fn a_server_that_means_well_is_used() {
    let mut bench = Bench::open(serve(|call| Some(well(call)))).unwrap();
    assert_eq!(bench.file().size, u64::from(SIZE));
    bench.write(0, &[1; 100_000]).unwrap();
    assert_eq!(bench.read(3, 100_001), Ok(vec![0x5a; 100_001]));
    bench.run(Order::Flush).unwrap();
    bench.close();
}

/// It is asked for: a server that is not asked to write through need not.
#[test]
fn what_shall_be_stable_is_asked_for_as_such() {
    for (write_through, stable, expected) in [
        (true, false, 2),
        (true, true, 2),
        (false, true, 2),
        (false, false, 0),
    ] {
        let asked = Arc::new(AtomicU32::new(u32::MAX));
        let heard = Arc::clone(&asked);
        let mut options = serve(move |call| {
            if call.procedure == WRITE {
                heard.store(call.stable, Ordering::Relaxed);
            }
            Some(well(call))
        });
        options.write_through = write_through;
        let mut bench = Bench::open(options).unwrap();
        let write = bench.order(0, &[1; 4096], stable);
        bench.run(write).unwrap();
        assert_eq!(asked.load(Ordering::Relaxed), expected);
        let (offset, length) = (4096, 4096);
        bench.run(Order::Zero { offset, length }).unwrap();
        let through = if write_through { 2 } else { 0 };
        assert_eq!(asked.load(Ordering::Relaxed), through);
    }
}

/// libnfs 4.0 would write 4 GiB of the server's choice behind the end of 4 bytes.
#[test]
fn a_list_of_flavours_that_is_too_long_is_no_list() {
    let options = serve(|call| match call.procedure {
        MOUNT => Some([&[0, 4, 1, 0x4000_0001][..], &[0x4141_4141; 400]].concat()),
        _ => Some(well(call)),
    });
    assert_eq!(kind(Bench::open(options).map(drop)), Kind::Unfit);
}

/// More than was asked for, or another length than is there, lands nowhere.
#[test]
fn what_is_read_lands_in_its_place_and_nowhere_else() {
    for (count, length) in [(8192, 8192), (4096, 0), (8192, 4096), (0, u32::MAX)] {
        let mut options = serve(move |call| match call.procedure {
            READ => {
                let data = vec![0x4141_4141; 2048];
                Some([&[0, 0, count, 0, length][..], &data].concat())
            }
            _ => Some(well(call)),
        });
        options.patience = Duration::from_secs(2);
        let mut bench = Bench::open(options).unwrap();
        bench.put(0, &[0xee; 16384]);
        let place = bench.place(4096, 4096);
        let offset = 0;
        assert_eq!(
            kind(bench.run(Order::Read { offset, place })),
            Kind::NotReady
        );
        assert_eq!(bench.get(0, 16384), [0xee; 16384]);
    }
}

/// A server that hangs up at a write, each time: the others wait for the one that ends it.
#[test]
fn a_call_that_the_connection_goes_with_is_given_up() {
    let mut options = serve(|call| match (call.procedure, call.count) {
        (WRITE, 512) => None,
        _ => Some(well(call)),
    });
    options.patience = LIMIT;
    let mut bench = Bench::open(options).unwrap();
    let bad = bench.order(0, &[1; 512], false);
    let good = bench.order(0, &[1; 4096], false);
    let tags = [bad, good].map(|order| bench.begin(order).unwrap());
    assert_eq!(kind(bench.wait(tags[0])), Kind::NotReady);
    bench.wait(tags[1]).unwrap();
}

/// libnfs 4.0 would take what is before the answer in its memory for what was read.
#[test]
fn a_verifier_that_is_longer_than_any_is_none() {
    for verifier in [u32::MAX, 0x8000_0010, 404, 401] {
        let mut options = serve_bytes(move |number, call| {
            let odd = if call.procedure == READ { verifier } else { 0 };
            Some(record(number, odd, &well(call)))
        });
        options.patience = Duration::from_secs(2);
        let mut bench = Bench::open(options).unwrap();
        bench.put(0, &[0xee; 8192]);
        let (offset, place) = (0, bench.place(0, 4096));
        let read = bench.run(Order::Read { offset, place });
        assert_eq!(kind(read), Kind::NotReady);
        assert_eq!(bench.get(0, 8192), [0xee; 8192]);
    }
}

/// A record that never ends, in pieces or in one, or that answers what was not asked.
#[test]
fn an_answer_that_is_none_ends_the_connection() {
    for odd in 0..3_u32 {
        let looked = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&looked);
        let mut options = serve_bytes(move |number, call| {
            let mut well = record(number, 0, &well(call));
            if call.procedure == GETATTR {
                counted.fetch_add(1, Ordering::Relaxed);
            }
            if call.procedure == WRITE {
                match odd {
                    0 => well = [&[0, 0x10, 0, 0][..], &vec![0; 1 << 20]].concat().repeat(4),
                    1 => well[..4].copy_from_slice(&[0xff; 4]),
                    _ => well[4..8].copy_from_slice(&[0xff; 4]),
                }
            }
            Some(well)
        });
        options.patience = Duration::from_secs(3);
        let mut bench = Bench::open(options).unwrap();
        assert_eq!(kind(bench.write(0, &[1; 512])), Kind::NotReady);
        // Each time later, and it is told once: it has never been back.
        let looked = looked.load(Ordering::Relaxed);
        assert!((3..8).contains(&looked), "{looked}");
        let lost = |event: &&Event| matches!(event, Event::Lost(_));
        assert_eq!(bench.news.iter().filter(lost).count(), 1);
        let back = |event: &Event| matches!(event, Event::Back);
        assert!(!bench.news.iter().any(back));
        bench.hear(|event| matches!(event, Event::Back).then_some(()));
    }
}

/// A server that reads and writes a little at a time, and asks for patience every other time.
#[test]
fn a_server_that_does_little_at_a_time_is_asked_again() {
    let asked = AtomicU32::new(0);
    let options = serve(move |mut call| {
        let jukebox = asked.fetch_xor(1, Ordering::Relaxed) == 0;
        Some(match call.procedure {
            READ | WRITE | COMMIT | GETATTR if jukebox => vec![10_008, 0, 0],
            READ | WRITE => {
                call.count = call.count.min(2500);
                well(call)
            }
            _ => well(call),
        })
    });
    let mut bench = Bench::open(options).unwrap();
    bench.write(0, &[1; 5000]).unwrap();
    assert_eq!(bench.read(0, 5000), Ok(vec![0x5a; 5000]));
    bench.run(Order::Flush).unwrap();
}

/// One that leaves in its memory what it was asked to write through: it is flushed before it has ended.
/// And one whose verifier then is another one has lost it.
#[test]
fn a_server_that_writes_nothing_through_is_made_to_flush() {
    for changes in [false, true] {
        let commits = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&commits);
        let options = serve(move |call| {
            let mut words = well(call);
            match call.procedure {
                WRITE => words[4] = 0,
                COMMIT => {
                    counted.fetch_add(1, Ordering::Relaxed);
                    words[4] += u32::from(changes);
                }
                _ => {}
            }
            Some(words)
        });
        let mut bench = Bench::open(options).unwrap();
        let written = bench.write(0, &[1; 4096]);
        assert_eq!(commits.load(Ordering::Relaxed), 1);
        let poisoned = |event: &Event| matches!(event, Event::Poisoned(_));
        assert_eq!(bench.news.iter().any(poisoned), changes);
        match changes {
            true => assert_eq!(kind(written), Kind::Medium),
            false => assert_eq!(written, Ok(())),
        }
    }
}

/// What a server says no with is told as what it is, and nothing of it poisons anything.
#[test]
fn a_refusal_is_told_as_what_it_is() {
    let status = Arc::new(AtomicU32::new(0));
    let said = Arc::clone(&status);
    let options = serve(move |call| {
        let said = said.load(Ordering::Relaxed);
        Some(match call.procedure {
            READ | WRITE if said != 0 => vec![said, 0, 0],
            _ => well(call),
        })
    });
    let mut bench = Bench::open(options).unwrap();
    for (number, expected) in [
        (1, Kind::Permission),
        (5, Kind::Medium),
        (13, Kind::Permission),
        (27, Kind::OutOfRange),
        (28, Kind::NoSpace),
        (30, Kind::ReadOnly),
        (69, Kind::NoSpace),
        (10_006, Kind::Medium),
        (4711, Kind::Medium),
    ] {
        status.store(number, Ordering::Relaxed);
        assert_eq!(kind(bench.write(0, &[1; 512])), expected);
        assert_eq!(kind(bench.read(0, 512)), expected);
    }
    status.store(0, Ordering::Relaxed);
    bench.write(0, &[1; 512]).unwrap();
    bench.run(Order::Flush).unwrap();
}

/// Where nothing is left, nothing is asked for: a server may not let a reader flush. And one that refuses
/// a flush of what this session has not left has lost nothing of its.
#[test]
fn a_flush_of_nothing_loses_nothing() {
    for (read_only, write_through) in [(true, true), (true, false), (false, true), (false, false)] {
        let commits = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&commits);
        let mut options = serve(move |call| match call.procedure {
            COMMIT => {
                counted.fetch_add(1, Ordering::Relaxed);
                Some(vec![30, 0, 0])
            }
            _ => Some(well(call)),
        });
        (options.read_only, options.write_through) = (read_only, write_through);
        let mut bench = Bench::open(options).unwrap();
        let flushed = bench.run(Order::Flush);
        match read_only || write_through {
            true => assert_eq!(flushed, Ok(Outcome::Done)),
            false => assert_eq!(kind(flushed), Kind::ReadOnly),
        }
        assert_eq!(
            commits.load(Ordering::Relaxed),
            u32::from(!read_only && !write_through)
        );
        assert_eq!(bench.read(0, 512), Ok(vec![0x5a; 512]));
        let poisoned = |event: &Event| matches!(event, Event::Poisoned(_));
        assert!(!bench.news.iter().any(poisoned));
        bench.close();
    }
}

/// Somebody has made the file smaller.
#[test]
fn a_file_that_ends_earlier_is_no_zeros() {
    let smaller = Arc::new(AtomicU32::new(0));
    let now = Arc::clone(&smaller);
    let options = serve(move |call| {
        let mut words = well(call);
        match (call.procedure, now.load(Ordering::Relaxed)) {
            (GETATTR, size @ 1..) => words[7] = size,
            (READ, 1..) => {
                words = vec![0, 0, 512, 1, 512]
                    .into_iter()
                    .chain([1; 128])
                    .collect()
            }
            _ => {}
        }
        Some(words)
    });
    let mut bench = Bench::open(options).unwrap();
    smaller.store(4608, Ordering::Relaxed);
    assert_eq!(kind(bench.read(4096, 4096)), Kind::Medium);
    let size = bench.hear(|event| match event {
        Event::Changed(file) => Some(file.size),
        _ => None,
    });
    assert_eq!(size, 4608);
    assert_eq!(kind(bench.read(4096, 4096)), Kind::OutOfRange);
}

/// One that says another size with each answer: that is no reason to ask each time, and to tell everybody.
#[test]
fn a_file_that_changes_and_changes_is_looked_at_now_and_then() {
    let (turn, looks) = (AtomicU32::new(0), Arc::new(AtomicU32::new(0)));
    let counted = Arc::clone(&looks);
    let options = serve(move |call| {
        let size = SIZE + turn.fetch_add(1, Ordering::Relaxed) * 512;
        let mut words = well(call);
        match call.procedure {
            GETATTR => {
                counted.fetch_add(1, Ordering::Relaxed);
                words[7] = size;
            }
            WRITE => {
                // There are attributes, behind what it was before.
                let mut state = vec![0; 21];
                (state[0], state[6]) = (1, size);
                words = [&[0, 0, 1][..], &state, &words[3..]].concat();
            }
            _ => {}
        }
        Some(words)
    });
    let mut bench = Bench::open(options).unwrap();
    let (begun, mut writes) = (Instant::now(), 0);
    while begun.elapsed() < Duration::from_secs(3) {
        bench.write(0, &[1; 512]).unwrap();
        writes += 1;
    }
    let most = begun.elapsed().as_secs() + 1;
    let changed = |event: &&Event| matches!(event, Event::Changed(_));
    let changes = bench.news.iter().filter(changed).count() as u64;
    assert!(writes > 2 * most && (1..=most).contains(&changes));
    assert!(u64::from(looks.load(Ordering::Relaxed)) <= most + 1);
    // Whoever asks is answered at once.
    for _ in 0..10 {
        assert!(bench.look().is_ok());
    }
    assert!(u64::from(looks.load(Ordering::Relaxed)) >= 10);
}

/// A write that is sent again has its number, and nothing else has one that was there before, on whatever
/// connection or in whatever session.
#[test]
fn a_call_is_known_again_by_its_number() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&heard);
    let options = serve_bytes(move |number, call| {
        let mut heard = all.lock().unwrap();
        let again = heard.iter().any(|(before, _)| *before == number);
        if call.procedure != MOUNT {
            heard.push((number, call.procedure));
        }
        match (call.procedure, call.count) {
            (WRITE, 512) if !again => None,
            _ => Some(record(number, 0, &well(call))),
        }
    });
    for _ in 0..2 {
        let mut bench = Bench::open(options.clone()).unwrap();
        bench.write(0, &[1; 512]).unwrap();
        bench.write(0, &[1; 1024]).unwrap();
        assert_eq!(bench.read(0, 512), Ok(vec![0x5a; 512]));
        bench.close();
    }
    let mut heard = heard.lock().unwrap().clone();
    assert_ne!(heard[0].0, 1);
    let sent = heard.len();
    let writes = heard.iter().filter(|(_, procedure)| *procedure == WRITE);
    assert_eq!(writes.count(), 6);
    heard.sort_unstable();
    heard.dedup();
    assert_eq!(heard.len(), sent - 2);
}

/// Words that make no sense.
#[test]
fn fuzz_a_server_that_says_anything() {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS");
    let seconds = seconds
        .ok()
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(3);
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut seed = 0;
    while Instant::now() < until {
        seed += 1;
        let calls = AtomicU32::new(0);
        let mut options = serve(move |call| {
            let turn = calls.fetch_add(1, Ordering::Relaxed);
            let mut random = Random::new(seed << 16 | u64::from(turn));
            let mut words = well(call);
            let fixed = words.len().min(24);
            for _ in 0..random.below(3) {
                let at = random.below(fixed as u64) as usize;
                let odd = [
                    0,
                    1,
                    2,
                    5,
                    13,
                    28,
                    70,
                    10_008,
                    4096,
                    65_536,
                    0x7fff_ffff,
                    0x8000_0001,
                    u32::MAX,
                ];
                words[at] = odd[random.below(odd.len() as u64) as usize];
            }
            let length = words.len() as u64;
            if random.below(8) == 0 {
                words.truncate(random.below(length + 1) as usize);
            }
            (random.below(32) != 0).then_some(words)
        });
        options.connect = Duration::from_millis(200);
        options.patience = Duration::from_millis(300);
        options.write_through = seed % 2 == 0;
        let Ok(mut bench) = Bench::open(options) else {
            continue;
        };
        // Whatever comes of it, it ends.
        for round in 0..8_u64 {
            let write = bench.order(round * 4096, &[1; 9000], round % 3 == 0);
            let tags = [write, Order::Flush, Order::Resize { size: 2 << 20 }];
            for tag in tags.map(|order| bench.begin(order)).into_iter().flatten() {
                let _ = bench.wait(tag);
            }
            let _ = bench.read(0, 4096);
        }
    }
    println!("{seed} servers");
}
