//! However an image ends, every operation ends once.

use std::time::Duration;

use labelgate_fixtures::peer::Layout;
use labelgate_rbd::{Kind, OpenOptions, Outcome};

use crate::{Bench, kind};

#[test]
fn operations_end_before_their_image_is_closed() {
    let mut bench = Bench::start(Layout::memory());
    for round in 0..20 {
        let name = format!("disk-{round}");
        let image = bench.image(&name, 8 << 20);
        let tags: Vec<_> = (0..64).map(|_| bench.tag()).collect();
        for (number, &tag) in tags.iter().enumerate() {
            let place = bench.place(number * 4096, 4096);
            let offset = (number as u64) * 65536;
            match number % 3 {
                0 => image.write(tag, offset, place).unwrap(),
                1 => image.read(tag, offset, place).unwrap(),
                _ => image.discard(tag, offset, 65536).unwrap(),
            }
        }
        let close = bench.tag();
        image.close(close);
        assert_eq!(bench.wait(close), Ok(Outcome::Done));
        for tag in tags {
            assert_eq!(
                bench.outcome(tag),
                Some(Ok(Outcome::Done)),
                "after the image's"
            );
        }
    }
}

/// The memory goes with its last operation, not with the image, nor with the queue's owner.
#[test]
fn operations_end_though_their_image_was_dropped() {
    let mut bench = Bench::start(Layout::memory());
    let image = bench.image("disk", 8 << 20);
    let first = bench.tag();
    image.write(first, 0, bench.place(0, 4096)).unwrap();
    bench.wait(first).unwrap();
    bench.ceph.freeze_osd(0).unwrap();
    let tags: Vec<_> = (0..32).map(|_| bench.tag()).collect();
    for (number, &tag) in tags.iter().enumerate() {
        let place = bench.place(number * 4096, 4096);
        image.write(tag, (number as u64) * 4096, place).unwrap();
    }
    let extent = bench.tag();
    image.extent(extent, 0);
    drop(image);
    bench.gather(Duration::from_millis(300));
    assert!(tags.iter().all(|&tag| bench.outcome(tag).is_none()));
    bench.ceph.thaw_osd(0).unwrap();
    for tag in tags {
        assert_eq!(bench.wait(tag), Ok(Outcome::Done));
    }
    assert!(matches!(bench.wait(extent), Ok(Outcome::Extent(_))));
}

/// An image that waits holds up no other, and not its owner.
#[test]
fn nothing_waits_for_an_image_that_waits() {
    let mut bench = Bench::start(Layout::memory());
    let image = bench.image("disk", 8 << 20);
    bench.write(&image, 0, &[1; 4096]).unwrap();
    bench.ceph.freeze_osd(0).unwrap();
    let begun = std::time::Instant::now();
    let tags = [(); 3].map(|()| bench.tag());
    image.read(tags[0], 0, bench.place(0, 4096)).unwrap();
    image.extent(tags[1], 0);
    image.resize(tags[2], 16 << 20, false);
    assert!(begun.elapsed() < Duration::from_millis(500));
    bench.gather(Duration::from_millis(200));
    // The extent may come from a map that is there already.
    assert_eq!(bench.outcome(tags[0]), None);
    assert_eq!(bench.outcome(tags[2]), None);
    bench.ceph.thaw_osd(0).unwrap();
    for tag in tags {
        bench.wait(tag).unwrap();
    }
    assert_eq!(image.size(), 16 << 20);
}

#[test]
fn what_is_not_within_the_image_is_not_begun() {
    let mut bench = Bench::start(Layout::memory());
    let image = bench.image("disk", 1 << 20);
    let (tag, end) = (bench.tag(), 1 << 20);
    let place = || bench.place(0, 4096);
    assert_eq!(kind(image.read(tag, end, place())), Kind::OutOfRange);
    assert_eq!(
        kind(image.write(tag, end - 4095, place())),
        Kind::OutOfRange
    );
    assert_eq!(kind(image.discard(tag, u64::MAX, 2)), Kind::OutOfRange);
    let read_only = OpenOptions {
        read_only: true,
        image: 0,
    };
    let reader = bench.open_by(&bench.cluster, "disk", read_only).unwrap();
    assert_eq!(kind(reader.write(tag, 0, place())), Kind::ReadOnly);
    assert_eq!(kind(reader.discard(tag, 0, 4096)), Kind::ReadOnly);
    assert_eq!(bench.read(&reader, 0, 4096), Ok(vec![0; 4096]));
    assert_eq!(bench.outcome(tag), None);
}

#[test]
fn what_is_not_there_is_not_opened() {
    let bench = Bench::start(Layout::memory());
    let options = OpenOptions::default();
    let open = |pool: &str, namespace: &str, image: &str| {
        let opened = bench
            .cluster
            .open(pool, namespace, image, options, &bench.completions);
        kind(opened)
    };
    assert_eq!(open("rbd", "", "none"), Kind::NotFound);
    assert_eq!(open("none", "", "none"), Kind::NotFound);
    assert_eq!(open("rbd", "none", "none"), Kind::NotFound);
    assert_eq!(open("rbd", "", "a\0b"), Kind::Invalid);
    assert_eq!(open("rbd", "", &"x".repeat(5000)), Kind::Invalid);
}
