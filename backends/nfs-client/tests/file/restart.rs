//! A server that is killed, and comes back.

use std::time::Instant;

use labelgate_nfs_client::{Event, Kind, Order};

use crate::model::{Run, SIZE};
use crate::{Bench, Disk, kind, with};

/// With everything written through nobody sees an error, and all that was answered is there.
fn delayed(disk: &mut Disk, deaths: u32) {
    let mut run = Run::new(Bench::start(disk), 0xdead);
    let ganesha = &mut disk.ganesha;
    let begun = Instant::now();
    run.operations(deaths * 250, |done| {
        if done % 250 == 125 {
            ganesha.kill();
            ganesha.revive().unwrap();
        }
    });
    println!("{deaths} deaths in {:?}", begun.elapsed());
    run.check(disk);
    assert_eq!(run.outages(), deaths as usize);
    let poisoned = |event: &Event| matches!(event, Event::Poisoned(_));
    assert!(!run.bench.news.iter().any(poisoned));
}

#[test]
fn a_server_that_is_killed_and_comes_back_is_a_delay_and_no_error() {
    with(SIZE, |disk| delayed(disk, 2));
}

#[test]
#[ignore = "takes long; make test-full runs it"]
fn a_server_that_is_killed_again_and_again_is_a_delay_and_no_error() {
    with(SIZE, |disk| delayed(disk, 25));
}

/// Without, what was flushed is there, and what was not is not taken for written: the server says by its
/// verifier that it has forgotten it.
#[test]
fn a_server_that_is_restarted_over_what_is_not_flushed_poisons_the_file() {
    with(8 << 20, |disk| {
        let mut options = disk.options();
        options.write_through = false;
        let mut bench = Bench::open(options.clone()).unwrap();
        bench.write(0, &[1; 65536]).unwrap();
        bench.run(Order::Flush).unwrap();
        // Nothing is left: nobody is poisoned.
        disk.ganesha.kill();
        disk.ganesha.revive().unwrap();
        bench.write(65536, &[2; 65536]).unwrap();
        bench.run(Order::Flush).unwrap();
        // A stable write leaves nothing either.
        let stable = bench.order(131_072, &[3; 65536], true);
        bench.run(stable).unwrap();
        disk.ganesha.kill();
        disk.ganesha.revive().unwrap();
        assert_eq!(bench.read(131_072, 65536), Ok(vec![3; 65536]));
        let poisoned = |event: &Event| matches!(event, Event::Poisoned(_));
        assert!(!bench.news.iter().any(poisoned));
        // Something is left.
        bench.write(0, &[4; 4096]).unwrap();
        disk.ganesha.kill();
        disk.ganesha.revive().unwrap();
        assert_eq!(kind(bench.read(0, 512)), Kind::Medium);
        assert!(bench.news.iter().any(poisoned));
        assert_eq!(kind(bench.run(Order::Flush)), Kind::Medium);
        assert_eq!(kind(bench.write(0, &[5; 512])), Kind::Medium);
        bench.close();
        // Whoever opens it anew has what was flushed, at least.
        let mut bench = Bench::open(options).unwrap();
        assert_eq!(bench.read(65536, 65536), Ok(vec![2; 65536]));
        bench.write(0, &[6; 512]).unwrap();
        bench.run(Order::Flush).unwrap();
    });
}

/// Another file of the same name is told apart by its handle, whatever its number is.
#[test]
fn another_file_in_its_place_is_not_written_to() {
    with(1 << 20, |disk| {
        let mut options = disk.options();
        options.patience = std::time::Duration::from_secs(3);
        let mut bench = Bench::open(options).unwrap();
        bench.write(0, &[1; 512]).unwrap();
        let aside = disk.file.with_file_name("aside");
        std::fs::rename(&disk.file, &aside).unwrap();
        // It is the same file still.
        bench.write(0, &[2; 512]).unwrap();
        assert_eq!(std::fs::read(&aside).unwrap()[..512], [2; 512]);
        std::fs::remove_file(&aside).unwrap();
        std::fs::write(&disk.file, [9; 4096]).unwrap();
        disk.ganesha.kill();
        disk.ganesha.revive().unwrap();
        let refused = bench.write(0, &[3; 512]);
        assert_eq!(kind(refused), Kind::Another);
        assert_eq!(disk.bytes(), [9; 4096]);
    });
}
