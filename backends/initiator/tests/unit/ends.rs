//! How operations end when the target does not.

use std::time::{Duration, Instant};

use labelgate_fixtures::process::send_signal;
use labelgate_initiator::{Event, Kind, Order};
use rustix::process::Signal;

use crate::{Bench, Disk, kind};

/// Within its patience nobody hears of an outage, and afterwards everybody does, until it is over.
#[test]
fn patience_ends_and_comes_back() {
    let mut disk = Disk::new(8 << 20);
    let mut options = disk.options();
    options.patience = Duration::from_secs(2);
    let mut bench = Bench::open(options).unwrap();
    bench.write(0, &[1; 4096]).unwrap();
    disk.tgt.kill();
    let begun = Instant::now();
    assert_eq!(kind(bench.write(0, &[2; 4096])), Kind::NotReady);
    let took = begun.elapsed();
    assert!(
        took > Duration::from_millis(1500) && took < Duration::from_secs(6),
        "{took:?}"
    );
    let begun = Instant::now();
    assert_eq!(kind(bench.read(0, 512)), Kind::NotReady);
    assert!(
        begun.elapsed() < Duration::from_millis(500),
        "it is known by now"
    );
    disk.tgt.revive().unwrap();
    bench.hear(|event| matches!(event, Event::Back).then_some(()));
    assert_eq!(bench.read(0, 4096), Ok(vec![1; 4096]));
}

/// It is there and says nothing: it is found out by asking.
#[test]
fn a_target_that_stands_still_is_given_up_and_connected_to_again() {
    let disk = Disk::new(8 << 20);
    let mut bench = Bench::start(&disk);
    bench.write(0, &[1; 4096]).unwrap();
    let pid = disk.tgt.pid();
    assert!(send_signal(pid, Signal::STOP));
    bench.put(0, &[2; 4096]);
    let (offset, place, stable) = (0, bench.place(0, 4096), true);
    let tag = bench.begin(Order::Write {
        offset,
        place,
        stable,
    });
    let begun = Instant::now();
    bench.hear(|event| matches!(event, Event::Lost(_)).then_some(()));
    println!("found out after {:?}", begun.elapsed());
    assert!(send_signal(pid, Signal::CONT));
    bench.wait(tag.unwrap()).unwrap();
    assert_eq!(bench.read(0, 4096), Ok(vec![2; 4096]));
    bench.hear(|event| matches!(event, Event::Back).then_some(()));
}

#[test]
fn closing_waits_for_what_was_begun() {
    let disk = Disk::new(8 << 20);
    let mut bench = Bench::start(&disk);
    bench.put(0, &[5; 1 << 20]);
    let mut tags = Vec::new();
    for slot in 0..8 {
        let (offset, place, stable) = (slot << 20, bench.place(0, 1 << 20), false);
        let write = Order::Write {
            offset,
            place,
            stable,
        };
        tags.push(bench.begin(write).unwrap());
    }
    bench.close();
    for tag in tags {
        bench.wait(tag).unwrap();
    }
    assert!(std::fs::read(&disk.file).unwrap() == [5; 8 << 20]);
    assert_eq!(kind(bench.begin(Order::Flush)), Kind::NotReady);
}

/// A file system that is full, or an image that cannot be written, is told as what it is.
#[test]
fn a_medium_that_fails_is_told_as_such() {
    let disk = Disk::new(8 << 20);
    let mut bench = Bench::start(&disk);
    bench.write(0, &[1; 4096]).unwrap();
    // The file is cut behind the target's back: what is beyond its end cannot be read.
    let file = std::fs::File::options()
        .write(true)
        .open(&disk.file)
        .unwrap();
    file.set_len(4096).unwrap();
    assert_eq!(kind(bench.read(4 << 20, 4096)), Kind::Medium);
    assert_eq!(bench.read(0, 4096), Ok(vec![1; 4096]));
}

/// With `write_through` all kinds of changes end well, those among them that are flushed afterwards.
#[test]
fn what_is_written_through_is_there() {
    let disk = Disk::new(8 << 20);
    let mut options = disk.options();
    options.write_through = true;
    let mut bench = Bench::open(options).unwrap();
    bench.write(0, &[1; 4096]).unwrap();
    let (offset, length, unmap) = (4096, 1 << 20, true);
    bench
        .run(Order::Zero {
            offset,
            length,
            unmap,
        })
        .unwrap();
    bench.write(3, &[2; 5]).unwrap();
    bench.run(Order::Flush).unwrap();
    let read = bench.read(0, 8192).unwrap();
    assert!(read[..3] == [1; 3] && read[3..8] == [2; 5] && read[8..4096] == [1; 4088]);
    assert!(read[4096..] == [0; 4096]);
}
