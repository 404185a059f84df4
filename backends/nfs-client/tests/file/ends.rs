//! How operations end when the server does not, or when others are there.

use std::time::{Duration, Instant};

use labelgate_fixtures::process::send_signal;
use labelgate_nfs_client::{Event, Kind};
use rustix::process::Signal;

use crate::{Bench, kind, with};

/// Within its patience nobody hears of an outage, and afterwards everybody does, until it is over.
#[test]
fn patience_ends_and_comes_back() {
    with(8 << 20, |disk| {
        let mut options = disk.options();
        options.patience = Duration::from_secs(2);
        let mut bench = Bench::open(options).unwrap();
        bench.write(0, &[1; 4096]).unwrap();
        // It stands still for a moment: that is a delay.
        let pid = disk.ganesha.pid();
        assert!(send_signal(pid, Signal::STOP));
        let write = bench.order(0, &[2; 4096], true);
        let tag = bench.begin(write).unwrap();
        bench.drive(Duration::from_secs(1));
        assert_eq!(bench.outcome(tag), None);
        assert!(send_signal(pid, Signal::CONT));
        bench.wait(tag).unwrap();
        disk.ganesha.kill();
        let begun = Instant::now();
        assert_eq!(kind(bench.write(0, &[3; 4096])), Kind::NotReady);
        let took = begun.elapsed();
        assert!(
            took > Duration::from_millis(1500) && took < Duration::from_secs(8),
            "{took:?}"
        );
        let begun = Instant::now();
        assert_eq!(kind(bench.read(0, 512)), Kind::NotReady);
        assert!(
            begun.elapsed() < Duration::from_millis(500),
            "it is known by now"
        );
        disk.ganesha.revive().unwrap();
        bench.hear(|event| matches!(event, Event::Back).then_some(()));
        assert_eq!(bench.read(0, 4096), Ok(vec![2; 4096]));
        two_sessions(bench, disk);
    });
}

/// Each sees what the other has written, and both may write: nobody is kept out.
fn two_sessions(mut first: Bench, disk: &crate::Disk) {
    let mut options = disk.options();
    options.write_through = false;
    let mut second = Bench::open(options).unwrap();
    first.write(0, &[5; 4096]).unwrap();
    second.write(4096, &[6; 4096]).unwrap();
    assert_eq!(second.read(0, 4096), Ok(vec![5; 4096]));
    assert_eq!(first.read(4096, 4096), Ok(vec![6; 4096]));
    // Closing waits for what was begun, and flushes what is left.
    let mut tags = Vec::new();
    for slot in 0..8_u64 {
        let write = second.order(slot << 20, &[7; 1 << 20], false);
        tags.push(second.begin(write).unwrap());
    }
    second.close();
    for tag in tags {
        second.wait(tag).unwrap();
    }
    assert!(disk.bytes() == [7; 8 << 20]);
}
