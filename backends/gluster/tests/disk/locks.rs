//! One writer at a time.

use std::time::{Duration, Instant};

use labelgate_gluster::{Kind, OpenOptions};

use crate::{Bench, kind};

#[test]
fn two_writers_of_one_image_are_refused_and_readers_beside_a_writer() {
    let mut bench = Bench::start();
    let other = Bench::connect(&bench.gluster).unwrap();
    let image = bench.image("disk", 1 << 20);
    let read = OpenOptions {
        read_only: true,
        ..Bench::options()
    };
    assert_eq!(
        kind(bench.open_by(&other, "disk", Bench::options())),
        Kind::Held
    );
    assert_eq!(kind(bench.open_by(&other, "disk", read)), Kind::Held);
    bench.close(image);
    // Readers are beside each other, and no writer is beside them.
    let one = bench.open_by(&bench.volume, "disk", read).unwrap();
    let two = bench.open_by(&other, "disk", read).unwrap();
    assert_eq!(
        kind(bench.open_by(&other, "disk", Bench::options())),
        Kind::Held
    );
    bench.close(one);
    bench.close(two);
    let image = bench.open_by(&other, "disk", Bench::options()).unwrap();
    bench.close(image);
}

#[test]
fn a_lock_that_is_let_go_is_waited_for() {
    let mut bench = Bench::start();
    let other = Bench::connect(&bench.gluster).unwrap();
    let image = bench.image("disk", 1 << 20);
    let begun = Instant::now();
    let patient = OpenOptions {
        patience: Duration::from_secs(30),
        ..Bench::options()
    };
    let done = bench.done.clone();
    let waiting = std::thread::spawn(move || other.open("disk", patient, &done).map(drop));
    std::thread::sleep(Duration::from_millis(500));
    bench.close(image);
    waiting.join().unwrap().unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
}

/// Where the volume has bricks heed mandatory locks, they refuse everybody else.
#[test]
fn bricks_refuse_writes_of_others_where_mandatory_locks_are_on() {
    let mut bench = Bench::start();
    let volume = bench.gluster.volume();
    bench
        .gluster
        .gluster(&["volume", "set", volume, "locks.mandatory-locking", "forced"])
        .unwrap();
    bench.gluster.gluster(&["volume", "stop", volume]).unwrap();
    bench.gluster.gluster(&["volume", "start", volume]).unwrap();
    let connection = Bench::connect(&bench.gluster).unwrap();
    let options = OpenOptions {
        make: true,
        size: Some(1 << 20),
        ..Bench::options()
    };
    let image = bench.open_by(&connection, "disk", options).unwrap();
    bench.write(&image, 0, &[1; 4096]).unwrap();
    bench.run(|tag| image.flush(tag)).unwrap();
    assert_eq!(bench.read(&image, 0, 4096).unwrap(), vec![1; 4096]);
    // QEMU asks for no lock, and neither does it heed one.
    let disk = bench.gluster.qemu_name("disk");
    let mut client = labelgate_fixtures::process::command("timeout");
    client.args([
        "5",
        "qemu-io",
        "-f",
        "raw",
        "-c",
        "write -P 2 0 4096",
        &disk,
    ]);
    let _ = labelgate_fixtures::process::run(&mut client, crate::LIMIT);
    assert_eq!(bench.read(&image, 0, 4096).unwrap(), vec![1; 4096]);
}
