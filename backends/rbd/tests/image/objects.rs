//! What is read of an image's objects is what librbd would have read.

use labelgate_fixtures::peer::Layout;

use crate::Bench;

const OBJECT: u64 = 4 << 20;

#[test]
fn what_is_not_in_an_object_reads_as_zeros() {
    let mut bench = Bench::start(Layout::memory());
    let image = bench.image("disk", 3 * OBJECT);
    bench.write(&image, OBJECT, &[7; 4096]).unwrap();
    let short = bench.read(&image, OBJECT, 1 << 20).unwrap();
    let (data, behind) = short.split_at(4096);
    assert!(data.iter().all(|&byte| byte == 7));
    assert!(behind.iter().all(|&byte| byte == 0), "behind its end");
    let beyond = bench.read(&image, OBJECT + 8192, 4096).unwrap();
    assert!(beyond.iter().all(|&byte| byte == 0), "all behind its end");
    let missing = bench.read(&image, 2 * OBJECT, 4096).unwrap();
    assert!(missing.iter().all(|&byte| byte == 0), "no object");
    let across = bench.read(&image, 2 * OBJECT - 4096, 8192).unwrap();
    assert!(across.iter().all(|&byte| byte == 0), "two objects");
    bench.close(image);
}

/// An object that was missed is written, discarded, and made by somebody else.
#[test]
fn an_object_that_was_missed_is_found_when_it_comes_to_be() {
    let mut bench = Bench::start(Layout::memory());
    let image = bench.image("disk", 2 * OBJECT);
    let other = bench.open("disk");
    for round in 1..4 {
        for object in [0, OBJECT] {
            let before = bench.read(&image, object, 4096).unwrap();
            assert_eq!(before, [0; 4096], "round {round}");
        }
        bench.write(&image, 0, &[round; 4096]).unwrap();
        bench.write(&other, OBJECT, &[round; 4096]).unwrap();
        for object in [0, OBJECT] {
            let after = bench.read(&image, object, 4096).unwrap();
            assert_eq!(after, [round; 4096], "round {round}");
        }
        bench.run(|tag| image.discard(tag, 0, 2 * OBJECT)).unwrap();
    }
    bench.close(other);
    bench.close(image);
}

#[test]
fn a_clone_reads_what_its_parent_has() {
    let mut bench = Bench::start(Layout::memory());
    let parent = bench.image("parent", OBJECT);
    bench.write(&parent, 0, &[9; 4096]).unwrap();
    bench.close(parent);
    let pool = bench.ceph.pool().to_owned();
    let snapshot = format!("{pool}/parent@before");
    bench
        .ceph
        .rbd(&["snap", "create", "--no-progress", &snapshot])
        .unwrap();
    let clone = format!("{pool}/clone");
    let made = [
        "clone",
        "--rbd-default-clone-format",
        "2",
        &snapshot,
        &clone,
    ];
    bench.ceph.rbd(&made).unwrap();
    let image = bench.open("clone");
    assert_eq!(bench.read(&image, 0, 4096).unwrap(), [9; 4096]);
    bench.write(&image, 4096, &[3; 4096]).unwrap();
    let both = bench.read(&image, 0, 8192).unwrap();
    assert_eq!(both, [[9; 4096], [3; 4096]].concat());
    bench.close(image);
}
