//! Volumes that are not there, go away and come back.

use std::time::{Duration, Instant};

use labelgate_fixtures::process::until;
use labelgate_gluster::{Kind, OpenOptions, Outcome, Server, Volume};

use crate::{Bench, LIMIT, kind};

#[test]
fn a_volume_that_is_not_there_is_told() {
    let bench = Bench::start();
    let servers = Server::list(&bench.gluster.address().to_string()).unwrap();
    let begun = Instant::now();
    assert!(Volume::connect(&servers, "none", "").is_err());
    let nowhere = Volume::connect(&servers, bench.gluster.volume(), "none");
    assert_eq!(kind(nowhere), Kind::NotFound);
    let silent = Server::list("127.254.254.254").unwrap();
    assert!(Volume::connect(&silent, bench.gluster.volume(), "").is_err());
    println!("three refusals in {:?}", begun.elapsed());
    // The second server is asked if the first one does not answer.
    let both = Server::list(&format!("127.254.254.254,{}", bench.gluster.address())).unwrap();
    assert!(Volume::connect(&both, bench.gluster.volume(), "").is_ok());
}

#[test]
fn a_brick_that_was_killed_takes_the_file_along_and_a_new_connection_finds_it() {
    let mut bench = Bench::start();
    let image = bench.image("disk", 4 << 20);
    bench.write(&image, 0, &[1; 4096]).unwrap();
    bench.run(|tag| image.flush(tag)).unwrap();
    bench.gluster.kill_bricks().unwrap();
    assert_eq!(kind(bench.write(&image, 0, &[2; 4096])), Kind::Lost);
    bench.gluster.start_bricks(bench.gluster.volume()).unwrap();
    // The library connects again, and the lock of the file is gone: so is the file.
    std::thread::sleep(Duration::from_secs(6));
    let lost = bench.write(&image, 0, &[3; 4096]);
    assert_eq!(kind(lost), Kind::Lost);
    let mut again = None;
    let connected = until(LIMIT, || {
        again = Bench::connect(&bench.gluster).ok();
        again.is_some()
    });
    assert!(connected, "the brick is up again, and nobody gets to it");
    let again = again.unwrap();
    let options = OpenOptions {
        patience: Duration::from_secs(10),
        ..Bench::options()
    };
    let image = bench.open_by(&again, "disk", options).unwrap();
    let read = bench.read(&image, 0, 4096).unwrap();
    assert!(read == [1; 4096] || read == [2; 4096], "{:?}", &read[..4]);
    bench.write(&image, 0, &[4; 4096]).unwrap();
    assert_eq!(bench.run(|tag| image.flush(tag)), Ok(Outcome::Done));
}

/// Changing the volume while it is used: nobody here notices.
#[test]
fn options_of_the_volume_change_under_an_open_image() {
    let mut bench = Bench::start();
    let image = bench.image("disk", 4 << 20);
    for value in ["off", "on"] {
        let volume = bench.gluster.volume();
        let set = ["volume", "set", volume, "performance.write-behind", value];
        bench.gluster.gluster(&set).unwrap();
        std::thread::sleep(Duration::from_secs(1));
        bench.write(&image, 0, &[5; 4096]).unwrap();
        assert_eq!(bench.read(&image, 0, 4096).unwrap(), vec![5; 4096]);
        bench.run(|tag| image.flush(tag)).unwrap();
    }
    bench.gluster.freeze_bricks().unwrap();
    bench.put(0, &[6; 4096]);
    let tag = bench.tag();
    image.write(tag, 0, bench.place(0, 4096), false).unwrap();
    let early = bench.within(tag, Duration::from_millis(500));
    bench.gluster.thaw_bricks().unwrap();
    assert_eq!(early, None, "a new graph answers early");
}
