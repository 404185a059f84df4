//! Who may write.

use labelgate_initiator::{Event, Kind, Order};

use crate::{Bench, Disk, kind};

const OTHER: &str = "iqn.2026-11.io.labelgate.test:other";

#[test]
fn nobody_else_writes_to_a_unit_that_is_held() {
    let disk = Disk::new(8 << 20);
    let mut first = Bench::start(&disk);
    assert!(first.unit().exclusive);
    first.write(0, &[1; 512]).unwrap();
    // Another host with a key of its own.
    let mut options = disk.options();
    options.credentials.initiator = OTHER.to_owned();
    options.key = Some(2);
    assert_eq!(kind(Bench::open(options.clone()).map(drop)), Kind::Held);
    // One that only reads may.
    options.read_only = true;
    let mut reader = Bench::open(options.clone()).unwrap();
    assert_eq!(reader.read(0, 512), Ok(vec![1; 512]));
    // One that asks for nothing is refused by the target.
    options.read_only = false;
    options.key = None;
    let mut rude = Bench::open(options.clone()).unwrap();
    assert_eq!(kind(rude.write(0, &[2; 512])), Kind::Fenced);
    assert_eq!(first.read(0, 512), Ok(vec![1; 512]));
    first.close();
    // It was given back.
    options.key = Some(2);
    let mut next = Bench::open(options).unwrap();
    next.write(0, &[3; 512]).unwrap();
    assert_eq!(next.read(0, 512), Ok(vec![3; 512]));
}

/// A keeper that is killed gives nothing back: its successor has the next key, or the same.
#[test]
fn a_successor_takes_over() {
    let disk = Disk::new(8 << 20);
    let mut first = Bench::start(&disk);
    first.write(0, &[1; 512]).unwrap();
    drop(first);
    let mut second = Bench::start(&disk);
    assert!(second.unit().exclusive);
    second.write(512, &[2; 512]).unwrap();
    drop(second);
    // By another name: the reservation is taken over by its key.
    let mut options = disk.options();
    options.credentials.initiator = OTHER.to_owned();
    options.key = options.key.map(|key| key + 1);
    let mut third = Bench::open(options).unwrap();
    assert!(third.unit().exclusive);
    third.write(1024, &[3; 512]).unwrap();
    assert_eq!(third.read(0, 512), Ok(vec![1; 512]));
}

/// A successor has taken the unit over: all that is asked of it fails, and says so.
#[test]
fn whoever_is_shut_out_is_told_and_stays_out() {
    let disk = Disk::new(8 << 20);
    let mut first = Bench::start(&disk);
    first.write(0, &[1; 512]).unwrap();
    let mut options = disk.options();
    options.credentials.initiator = OTHER.to_owned();
    options.key = options.key.map(|key| key + 1);
    let mut next = Bench::open(options).unwrap();
    next.write(0, &[2; 512]).unwrap();
    assert_eq!(kind(first.write(0, &[3; 512])), Kind::Fenced);
    assert_eq!(kind(first.read(0, 512)), Kind::Fenced);
    assert_eq!(next.read(0, 512), Ok(vec![2; 512]));
    // Nor does it come back.
    assert_eq!(kind(Bench::open(disk.options()).map(drop)), Kind::Held);
    next.write(0, &[4; 512]).unwrap();
}

/// The reservation goes with the target's process, and is there again before anything is written.
#[test]
fn a_reservation_is_taken_again_after_an_outage() {
    let mut disk = Disk::new(8 << 20);
    let mut first = Bench::start(&disk);
    first.write(0, &[1; 512]).unwrap();
    disk.tgt.kill();
    disk.tgt.revive().unwrap();
    first.hear(|event| matches!(event, Event::Back).then_some(()));
    assert!(first.unit().exclusive);
    let mut options = disk.options();
    options.credentials.initiator = OTHER.to_owned();
    options.key = Some(2);
    assert_eq!(kind(Bench::open(options).map(drop)), Kind::Held);
    first.run(Order::Flush).unwrap();
}
