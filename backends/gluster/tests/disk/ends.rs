//! What has been answered is with the bricks, and what was flushed is on their disks.

use std::os::unix::fs::FileExt;
use std::time::Duration;

use labelgate_fixtures::process::{command, run};
use labelgate_gluster::{Kind, Outcome};

use crate::{Bench, LIMIT, kind};

/// How long a frozen brick is waited for, in vain.
const A_WHILE: Duration = Duration::from_millis(500);

/// The translator that would answer first is in the volume, and does nothing.
#[test]
fn nothing_is_answered_before_the_brick_has_it() {
    let mut bench = Bench::start();
    let image = bench.image("disk", 8 << 20);
    let option = [
        "volume",
        "get",
        bench.gluster.volume(),
        "performance.write-behind",
    ];
    let said = bench.gluster.gluster(&option).unwrap().stdout;
    assert!(said.contains("on"), "{said}");
    bench.write(&image, 0, &[1; 4096]).unwrap();
    bench.gluster.freeze_bricks().unwrap();
    for stable in [false, true] {
        bench.put(0, &[2; 4096]);
        let tag = bench.tag();
        image
            .write(tag, 4096, bench.place(0, 4096), stable)
            .unwrap();
        assert_eq!(bench.within(tag, A_WHILE), None, "answered by nobody");
        bench.gluster.thaw_bricks().unwrap();
        assert_eq!(bench.wait(tag), Ok(Outcome::Done));
        bench.gluster.freeze_bricks().unwrap();
    }
    let tag = bench.tag();
    image.flush(tag).unwrap();
    assert_eq!(bench.within(tag, A_WHILE), None, "a flush is the brick's");
    bench.gluster.thaw_bricks().unwrap();
    assert_eq!(bench.wait(tag), Ok(Outcome::Done));
}

/// What the brick's process asks of the kernel, while something is done.
fn traced(bench: &mut Bench, what: impl FnOnce(&mut Bench)) -> String {
    let brick = bench.gluster.pids()[0].to_string();
    let log = bench.gluster.directory().join("trace");
    let mut trace = command("strace");
    trace.args(["-f", "-e", "trace=fsync,fdatasync", "-p", &brick, "-o"]);
    let mut trace = trace.arg(&log).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    what(bench);
    let mut stop = command("kill");
    run(stop.args(["-INT", &trace.id().to_string()]), LIMIT).unwrap();
    trace.wait().unwrap();
    std::fs::read_to_string(log).unwrap()
}

#[test]
fn a_stable_write_and_a_flush_reach_the_bricks_disk() {
    let mut bench = Bench::start();
    let image = bench.image("disk", 8 << 20);
    let syncs = |trace: &str| trace.matches("sync(").count();
    let plain = traced(&mut bench, |bench| {
        bench.write(&image, 0, &[1; 4096]).unwrap()
    });
    assert_eq!(syncs(&plain), 0, "{plain}");
    let stable = traced(&mut bench, |bench| {
        bench.put(0, &[2; 4096]);
        let place = bench.place(0, 4096);
        bench.run(|tag| image.write(tag, 0, place, true)).unwrap();
    });
    assert!(syncs(&stable) >= 1, "{stable}");
    let flush = traced(&mut bench, |bench| {
        bench.run(|tag| image.flush(tag)).unwrap();
    });
    assert!(syncs(&flush) >= 1, "{flush}");
}

#[test]
fn what_was_written_is_what_another_client_reads_and_what_the_brick_has() {
    let mut bench = Bench::start();
    let image = bench.image("disk", 8 << 20);
    bench.write(&image, 1 << 20, &[0x5a; 65536]).unwrap();
    let mut there = vec![0; 65536];
    let file = std::fs::File::open(bench.on_brick("disk")).unwrap();
    file.read_exact_at(&mut there, 1 << 20).unwrap();
    assert!(there.iter().all(|&byte| byte == 0x5a));
    bench
        .seen("disk", &["read -P 0x5a 1M 64k", "read -P 0 0 1M"])
        .unwrap();
    assert!(bench.seen("disk", &["read -P 0x5b 1M 64k"]).is_err());
}

#[test]
fn all_that_is_under_way_ends_before_an_image_is_closed() {
    let mut bench = Bench::start();
    let image = bench.image("disk", 16 << 20);
    bench.put(0, &[7; 1 << 20]);
    let tags: Vec<u64> = (0..16)
        .map(|number| {
            let tag = bench.tag();
            let place = bench.place(0, 1 << 20);
            image.write(tag, number << 20, place, false).unwrap();
            tag
        })
        .collect();
    let closing = bench.tag();
    image.close(closing);
    assert_eq!(bench.wait(closing), Ok(Outcome::Done));
    for tag in tags {
        assert_eq!(bench.within(tag, Duration::ZERO), Some(Ok(Outcome::Done)));
    }
    bench.seen("disk", &["read -P 7 0 16M"]).unwrap();
}

#[test]
fn what_is_not_within_the_image_is_not_begun() {
    let mut bench = Bench::start();
    let image = bench.image("disk", 1 << 20);
    let place = |bench: &Bench| bench.place(0, 4096);
    for offset in [(1 << 20) - 4095, 1 << 20, u64::MAX - 4095, u64::MAX] {
        assert_eq!(kind(image.read(1, offset, place(&bench))), Kind::OutOfRange);
        assert_eq!(
            kind(image.write(2, offset, place(&bench), true)),
            Kind::OutOfRange
        );
        assert_eq!(kind(image.discard(3, offset, 4096)), Kind::OutOfRange);
        assert_eq!(kind(image.zero_fill(4, offset, 4096)), Kind::OutOfRange);
    }
    assert_eq!(bench.within(1, Duration::ZERO), None);
    bench.close(image);
}
