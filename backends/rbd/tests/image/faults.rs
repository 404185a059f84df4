//! A cluster that is full, or not there for a while.

use std::time::{Duration, Instant};

use labelgate_fixtures::peer::Layout;
use labelgate_rbd::{Kind, Outcome};

use crate::{Bench, LIMIT, kind};

#[test]
fn a_full_cluster_is_no_space_and_not_the_end() {
    let mut bench = Bench::start(Layout::memory());
    let image = bench.image("disk", 64 << 20);
    bench.write(&image, 0, &[1; 4096]).unwrap();
    bench.ceph.set_full(true).unwrap();
    let begun = Instant::now();
    // What is there already can be written over: that takes no space.
    let mut offset = 4096;
    let full = loop {
        match bench.write(&image, offset, &[2; 4096]) {
            Err(error) => break error,
            Ok(()) => assert!(begun.elapsed() < LIMIT, "it is never full"),
        }
        offset += 4096;
    };
    println!("full after {:?}: {full}", begun.elapsed());
    assert_eq!(full.kind(), Kind::NoSpace);
    bench.write(&image, 0, &[3; 4096]).unwrap();
    assert_eq!(bench.read(&image, 0, 4096), Ok(vec![3; 4096]));
    bench.ceph.set_full(false).unwrap();
    let begun = Instant::now();
    while let Err(error) = bench.write(&image, offset, &[2; 4096]) {
        assert_eq!(error.kind(), Kind::NoSpace);
        assert!(begun.elapsed() < LIMIT, "it stays full");
    }
    assert_eq!(bench.read(&image, offset, 4096), Ok(vec![2; 4096]));
}

/// Writes a sequence of blocks, each with its number in it, while something happens to the cluster:
/// they wait, end well, and are all there.
fn nothing_is_lost_while(mut bench: Bench, happens: impl FnOnce(&mut Bench)) {
    const BLOCKS: u64 = 256;
    let image = bench.image("disk", BLOCKS * 65536);
    bench.write(&image, 0, &[0xff; 512]).unwrap();
    let begin = |bench: &mut Bench, number: u64| {
        let at = (number * 4096) as usize;
        bench.put(at, &[number as u8; 4096]);
        let tag = bench.tag();
        let place = bench.place(at, 4096);
        image.write(tag, number * 65536, place).unwrap();
        tag
    };
    let before: Vec<_> = (0..BLOCKS / 2).map(|n| begin(&mut bench, n)).collect();
    happens(&mut bench);
    let after: Vec<_> = (BLOCKS / 2..BLOCKS).map(|n| begin(&mut bench, n)).collect();
    for tag in before.into_iter().chain(after) {
        assert_eq!(bench.wait(tag), Ok(Outcome::Done));
    }
    for number in 0..BLOCKS {
        let there = bench.read(&image, number * 65536, 4096).unwrap();
        assert!(there.iter().all(|&byte| byte == number as u8), "{number}");
    }
}

#[test]
fn nothing_is_lost_while_an_osd_is_stopped_and_started() {
    let bench = Bench::start(Layout::memory());
    nothing_is_lost_while(bench, |bench| {
        bench.ceph.stop_osd(0).unwrap();
        bench.gather(Duration::from_millis(500));
        bench.ceph.start_osd(0).unwrap();
    });
}

#[test]
fn nothing_is_lost_while_an_osd_is_killed_and_started() {
    let bench = Bench::start(Layout::disk());
    nothing_is_lost_while(bench, |bench| {
        bench.ceph.kill_osd(0).unwrap();
        bench.ceph.start_osd(0).unwrap();
    });
}

#[test]
fn nothing_is_lost_while_the_monitor_is_restarted() {
    let bench = Bench::start(Layout::memory());
    nothing_is_lost_while(bench, |bench| {
        bench.ceph.kill_monitor().unwrap();
        bench.ceph.start_monitor().unwrap();
    });
}

#[test]
fn a_flush_waits_like_everything_else() {
    let mut bench = Bench::start(Layout::memory());
    let image = bench.image("disk", 8 << 20);
    bench.write(&image, 0, &[1; 4096]).unwrap();
    bench.ceph.freeze_osd(0).unwrap();
    let (write, flush) = (bench.tag(), bench.tag());
    image.write(write, 0, bench.place(0, 4096)).unwrap();
    image.flush(flush).unwrap();
    bench.gather(Duration::from_millis(300));
    assert_eq!(bench.outcome(write), None);
    bench.ceph.thaw_osd(0).unwrap();
    assert_eq!(bench.wait(write), Ok(Outcome::Done));
    assert_eq!(bench.wait(flush), Ok(Outcome::Done));
}

#[test]
fn a_connection_that_cannot_be_had_is_given_up_in_time() {
    let mut bench = Bench::start(Layout::memory());
    bench.ceph.stop_monitor().unwrap();
    let begun = Instant::now();
    let refused = Bench::connect(&bench.ceph, "admin", bench.ceph.admin_key());
    assert_eq!(kind(refused.map(|_| ())), Kind::NotReady);
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
}
