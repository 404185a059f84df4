//! Sizes that change while the image is open.

use std::time::Instant;

use labelgate_fixtures::peer::Layout;
use labelgate_rbd::{Kind, OpenOptions, Outcome};

use crate::{Bench, LIMIT, kind};

/// Waits until the bench has been told of a size.
fn hear(bench: &mut Bench, told: (u64, u64)) {
    let begun = Instant::now();
    while !bench.resized.contains(&told) {
        let left = LIMIT.saturating_sub(begun.elapsed());
        assert!(!left.is_zero(), "{told:?} is not told: {:?}", bench.resized);
        bench.gather(left);
    }
}

#[test]
fn another_handle_hears_of_a_new_size() {
    let mut bench = Bench::start(Layout::memory());
    let image = bench.image("disk", 8 << 20);
    let watching = OpenOptions {
        read_only: false,
        image: 77,
    };
    let other = Bench::connect(&bench.ceph, "admin", bench.ceph.admin_key()).unwrap();
    let other = bench.open_by(&other, "disk", watching).unwrap();
    let resized = bench.ask(|tag| image.resize(tag, 16 << 20, false));
    assert_eq!(resized, Ok(Outcome::Resized(16 << 20)));
    assert_eq!(image.size(), 16 << 20);
    hear(&mut bench, (77, 16 << 20));
    assert_eq!(other.size(), 16 << 20);
    bench.write(&other, (16 << 20) - 512, &[5; 512]).unwrap();
    assert_eq!(bench.read(&image, (16 << 20) - 512, 512), Ok(vec![5; 512]));
    // By an admin's hand.
    bench
        .ceph
        .rbd(&["resize", "--size", "24M", "rbd/disk"])
        .unwrap();
    hear(&mut bench, (77, 24 << 20));
    hear(&mut bench, (0, 24 << 20));
    assert_eq!(image.size(), 24 << 20);
}

#[test]
fn it_becomes_smaller_only_if_that_is_meant() {
    let mut bench = Bench::start(Layout::memory());
    let image = bench.image("disk", 8 << 20);
    bench.write(&image, 6 << 20, &[1; 512]).unwrap();
    let by_mistake = bench.ask(|tag| image.resize(tag, 4 << 20, false));
    assert!(by_mistake.is_err(), "{by_mistake:?}");
    assert_eq!(bench.read(&image, 6 << 20, 512), Ok(vec![1; 512]));
    let meant = bench.ask(|tag| image.resize(tag, 4 << 20, true));
    assert_eq!(meant, Ok(Outcome::Resized(4 << 20)));
    let tag = bench.tag();
    let beyond = image.read(tag, 6 << 20, bench.place(0, 512));
    assert_eq!(kind(beyond), Kind::OutOfRange);
    // What comes back is not what was there.
    bench.ask(|tag| image.resize(tag, 8 << 20, false)).unwrap();
    assert_eq!(bench.read(&image, 6 << 20, 512), Ok(vec![0; 512]));
}

#[test]
fn a_cache_that_somebody_has_switched_on_is_refused() {
    let bench = Bench::start(Layout::memory());
    bench.create("disk", 8 << 20);
    let set = ["config", "image", "set", "rbd/disk", "rbd_cache", "true"];
    bench.ceph.rbd(&set).unwrap();
    let options = OpenOptions::default();
    let error = bench.open_by(&bench.cluster, "disk", options).unwrap_err();
    assert_eq!(error.kind(), Kind::Unsupported);
    assert!(error.to_string().contains("rbd_cache"), "{error}");
    let unset = ["config", "image", "rm", "rbd/disk", "rbd_cache"];
    bench.ceph.rbd(&unset).unwrap();
    bench.open_by(&bench.cluster, "disk", options).unwrap();
    let set = ["config", "pool", "set", "rbd", "rbd_cache", "true"];
    bench.ceph.rbd(&set).unwrap();
    let refused = bench.open_by(&bench.cluster, "disk", options);
    assert_eq!(kind(refused), Kind::Unsupported);
}
