//! Who may write.

use std::time::Instant;

use labelgate_fixtures::peer::Layout;
use labelgate_rbd::{Kind, OpenOptions, Outcome};

use crate::{Bench, kind};

#[test]
fn the_lock_goes_to_whoever_writes_unless_it_is_kept() {
    let mut bench = Bench::start(Layout::memory());
    let first = bench.image("disk", 8 << 20);
    let other = Bench::connect(&bench.ceph, "admin", bench.ceph.admin_key()).unwrap();
    let second = bench
        .open_by(&other, "disk", OpenOptions::default())
        .unwrap();
    for round in 1..4_u8 {
        let begun = Instant::now();
        bench.write(&first, 0, &[round; 512]).unwrap();
        bench.write(&second, 512, &[round; 512]).unwrap();
        println!("handed over and back: {:?}", begun.elapsed());
        assert_eq!(bench.read(&first, 0, 1024), Ok(vec![round; 1024]));
    }
    assert_eq!(bench.ask(|tag| first.acquire_lock(tag)), Ok(Outcome::Done));
    let refused = bench.write(&second, 512, &[9; 512]);
    assert_eq!(kind(refused), Kind::Held);
    let refused = bench.ask(|tag| second.acquire_lock(tag));
    assert!(matches!(kind(refused), Kind::Held | Kind::Busy));
    bench.write(&first, 0, &[8; 512]).unwrap();
    assert_eq!(bench.ask(|tag| first.release_lock(tag)), Ok(Outcome::Done));
    // Whoever has asked for it once has to ask again.
    let refused = bench.write(&second, 512, &[9; 512]);
    assert_eq!(kind(refused), Kind::Held);
    assert_eq!(bench.ask(|tag| second.acquire_lock(tag)), Ok(Outcome::Done));
    bench.write(&second, 512, &[9; 512]).unwrap();
    assert_eq!(bench.read(&second, 0, 512), Ok(vec![8; 512]));
}

#[test]
fn a_lock_can_be_taken_from_a_client_that_was_excluded() {
    let mut bench = Bench::start(Layout::memory());
    let first = bench.image("disk", 8 << 20);
    bench.ask(|tag| first.acquire_lock(tag)).unwrap();
    let pool = bench.cluster.pool("rbd", "").unwrap();
    let id = pool.describe("disk").unwrap().id;
    let lockers = pool.lockers(&id).unwrap();
    let [locker] = &lockers[..] else {
        panic!("{lockers:?}");
    };
    let instance = bench.cluster.instance().unwrap();
    let (_, address) = locker.address.split_once(':').unwrap();
    assert!(instance.contains(address), "{locker:?} is not {instance}");
    pool.break_lock(&id, locker).unwrap();
    pool.break_lock(&id, locker).unwrap();
    assert_eq!(pool.lockers(&id), Ok(Vec::new()));
    assert_eq!(pool.lockers("none"), Ok(Vec::new()));
}
