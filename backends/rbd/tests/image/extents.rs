//! Where an image has data.

use labelgate_fixtures::peer::Layout;
use labelgate_rbd::{Image, Outcome};

use crate::Bench;

/// All runs of an image: length, and whether there is data.
fn runs(bench: &mut Bench, image: &Image) -> Vec<(u64, bool)> {
    let mut runs: Vec<(u64, bool)> = Vec::new();
    let mut offset = 0;
    while offset < image.size() {
        let Ok(Outcome::Extent(extent)) = bench.ask(|tag| image.extent(tag, offset)) else {
            panic!("no extent at {offset}");
        };
        offset += extent.length;
        match runs.last_mut() {
            Some((length, mapped)) if *mapped == extent.mapped => *length += extent.length,
            _ => runs.push((extent.length, extent.mapped)),
        }
    }
    runs
}

#[test]
fn holes_are_told_from_data_and_data_that_is_discarded_becomes_a_hole() {
    let mut bench = Bench::start(Layout::memory());
    let image = bench.image("disk", 64 << 20);
    assert_eq!(runs(&mut bench, &image), [(64 << 20, false)]);
    bench.write(&image, 8 << 20, &[1; 4096]).unwrap();
    bench.write(&image, 12 << 20, &[1; 4096]).unwrap();
    bench.write(&image, (64 << 20) - 4096, &[1; 4096]).unwrap();
    // To the object, which has 4 MiB.
    let expected = [
        (8 << 20, false),
        (8 << 20, true),
        (44 << 20, false),
        (4 << 20, true),
    ];
    assert_eq!(runs(&mut bench, &image), expected);
    // From the middle of a run.
    let Ok(Outcome::Extent(extent)) = bench.ask(|tag| image.extent(tag, (9 << 20) + 512)) else {
        panic!("no extent");
    };
    assert_eq!((extent.length, extent.mapped), ((7 << 20) - 512, true));
    bench
        .run(|tag| image.discard(tag, 8 << 20, 8 << 20))
        .unwrap();
    assert_eq!(
        runs(&mut bench, &image),
        [(60 << 20, false), (4 << 20, true)]
    );
    assert_eq!(bench.read(&image, 8 << 20, 4096), Ok(vec![0; 4096]));
}

#[test]
fn without_an_object_map_data_is_found_all_the_same() {
    let mut bench = Bench::start(Layout::memory());
    let plain = ["create", "--size", "1G", "--image-feature", "layering"];
    bench
        .ceph
        .rbd(&[&plain[..], &["rbd/plain"]].concat())
        .unwrap();
    let image = bench.open("plain");
    bench.write(&image, 512 << 20, &[1; 65536]).unwrap();
    let found = runs(&mut bench, &image);
    assert_eq!(found.iter().map(|(length, _)| length).sum::<u64>(), 1 << 30);
    assert_eq!(found[0], (512 << 20, false));
    assert!(found[1].1 && found[1].0 >= 65536, "{found:?}");
    assert!(!found[2].1 && found.len() == 3, "{found:?}");
}

#[test]
fn a_clone_has_its_parents_data_and_its_own() {
    let mut bench = Bench::start(Layout::memory());
    let parent = bench.image("parent", 32 << 20);
    bench.write(&parent, 4 << 20, &[7; 4096]).unwrap();
    bench.close(parent);
    bench
        .ceph
        .rbd(&["snap", "create", "rbd/parent@base"])
        .unwrap();
    bench
        .ceph
        .rbd(&["snap", "protect", "rbd/parent@base"])
        .unwrap();
    bench
        .ceph
        .rbd(&["clone", "rbd/parent@base", "rbd/child"])
        .unwrap();
    let child = bench.open("child");
    bench.write(&child, 16 << 20, &[8; 4096]).unwrap();
    assert_eq!(bench.read(&child, 4 << 20, 4096), Ok(vec![7; 4096]));
    // What was the parent's is no more, once it is discarded here.
    let found = runs(&mut bench, &child);
    let mapped_at = |offset: u64| {
        let mut end = 0;
        found.iter().find_map(|&(length, mapped)| {
            end += length;
            (offset < end).then_some(mapped)
        })
    };
    assert_eq!(mapped_at(4 << 20), Some(true), "{found:?}");
    assert_eq!(mapped_at(16 << 20), Some(true), "{found:?}");
    assert_eq!(mapped_at(0), Some(false), "{found:?}");
    assert_eq!(mapped_at(24 << 20), Some(false), "{found:?}");
    bench.run(|tag| child.discard(tag, 4 << 20, 4096)).unwrap();
    assert_eq!(bench.read(&child, 4 << 20, 4096), Ok(vec![0; 4096]));
}

#[test]
fn stripes_do_not_confuse_the_map() {
    let mut bench = Bench::start(Layout::memory());
    let striped = [
        "create",
        "--size",
        "64M",
        "--stripe-unit",
        "64K",
        "--stripe-count",
        "4",
        "rbd/striped",
    ];
    bench.ceph.rbd(&striped).unwrap();
    let image = bench.open("striped");
    assert_eq!(image.shape().stripe_count, 4);
    bench.write(&image, 20 << 20, &[1; 4096]).unwrap();
    let mut offset = 0;
    let mut covered = false;
    while offset < image.size() {
        let Ok(Outcome::Extent(extent)) = bench.ask(|tag| image.extent(tag, offset)) else {
            panic!("no extent at {offset}");
        };
        let run = offset..offset + extent.length;
        covered |= extent.mapped && run.contains(&(20 << 20));
        assert!(extent.mapped || !run.contains(&(20 << 20)), "{run:?}");
        offset = run.end;
    }
    assert!(covered);
}
