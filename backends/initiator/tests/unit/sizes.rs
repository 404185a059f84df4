//! What a unit is, and that it becomes larger.

use std::fs::File;
use std::net::Ipv4Addr;
use std::time::Duration;

use labelgate_fixtures::gateway::{Gateway, LABEL_A, Plan};
use labelgate_initiator::{Event, Kind, Order, Outcome};

use crate::{Bench, Disk, LIMIT, kind};

#[test]
fn a_unit_says_what_it_is() {
    let disk = Disk::new(8 << 20);
    let mut bench = Bench::start(&disk);
    let unit = bench.unit();
    println!("{unit:?}");
    assert_eq!((unit.size, unit.block), (8 << 20, 512));
    assert!(unit.exclusive && unit.unmaps && unit.unmapped_is_zero && !unit.read_only);
    assert!(!unit.identity.is_empty());
    for (offset, length) in [(8 << 20, 512), ((8 << 20) - 512, 1024), (u64::MAX, 512)] {
        let place = bench.place(0, length);
        let refused = bench.begin(Order::Read { offset, place });
        assert_eq!(kind(refused), Kind::OutOfRange);
    }
    bench.write(1 << 20, &[1; 65536]).unwrap();
    let extent = |bench: &mut Bench, offset| bench.run(Order::Extent { offset }).unwrap();
    let Outcome::Extent { length, mapped } = extent(&mut bench, 0) else {
        panic!("no extent");
    };
    assert!(!mapped && length <= 1 << 20, "{length}");
    let Outcome::Extent { length, mapped } = extent(&mut bench, (1 << 20) + 100) else {
        panic!("no extent");
    };
    assert!(mapped && length <= 65436, "{length}");
    bench.close();
}

/// A target that is started anew has it larger.
#[test]
fn a_unit_that_is_larger_after_an_outage_is_so_for_its_user() {
    let mut disk = Disk::new(8 << 20);
    let mut bench = Bench::start(&disk);
    disk.tgt.kill();
    File::options()
        .write(true)
        .open(&disk.file)
        .unwrap()
        .set_len(16 << 20)
        .unwrap();
    disk.tgt.revive().unwrap();
    let size = bench.hear(|event| match event {
        Event::Changed(unit) => Some(unit.size),
        _ => None,
    });
    assert_eq!(size, 16 << 20);
    bench.write(12 << 20, &[3; 4096]).unwrap();
    assert_eq!(bench.read(12 << 20, 4096), Ok(vec![3; 4096]));
}

/// Another file at the same number is told apart by what it says it is.
#[test]
fn another_unit_in_its_place_is_not_written_to() {
    let mut disk = Disk::new(8 << 20);
    let mut options = disk.options();
    options.patience = Duration::from_secs(8);
    let mut bench = Bench::open(options).unwrap();
    bench.write(0, &[1; 512]).unwrap();
    // Nothing of tgt's says which file it is: the number of the target does.
    disk.tgt.kill();
    disk.tgt.forget();
    disk.tgt.revive().unwrap();
    disk.tgt.add_target(7, disk.tgt.target()).unwrap();
    disk.tgt.add_unit(7, 1, &disk.file).unwrap();
    bench.put(0, &[2; 512]);
    let (offset, place, stable) = (0, bench.place(0, 512), false);
    let refused = bench.run(Order::Write {
        offset,
        place,
        stable,
    });
    assert_eq!(kind(refused), Kind::Another);
    assert_eq!(std::fs::read(&disk.file).unwrap()[..512], [1; 512]);
}

/// labelgate's own target tells its sessions at once.
#[test]
fn a_unit_that_grows_under_a_session_is_larger_at_once() {
    let plan = Plan::new().image("disk", LABEL_A, 16 << 20);
    let plan = plan.identity(Ipv4Addr::LOCALHOST.into(), LABEL_A);
    let mut gateway = Gateway::start(plan).unwrap();
    let disk = Disk::new(1 << 20);
    let mut options = disk.options();
    let url = gateway.url("disk");
    let rest = url.strip_prefix("iscsi://").unwrap();
    let parts: Vec<&str> = rest.split('/').collect();
    options.address.portal = parts[0].parse().unwrap();
    options.address.target = parts[1].to_owned();
    options.address.unit = parts[2].parse().unwrap();
    let mut bench = Bench::open(options).unwrap();
    assert_eq!(bench.unit().size, 16 << 20);
    println!("{:?}", bench.unit());
    bench.write(0, &[7; 8192]).unwrap();
    gateway.grow("disk", 48 << 20).unwrap();
    // It hears of it with the next command after that.
    let grown = labelgate_fixtures::process::until(LIMIT, || {
        assert_eq!(bench.read(0, 8192), Ok(vec![7; 8192]));
        bench.unit().size == 48 << 20
    });
    assert!(grown, "{:?}", bench.unit());
    let size = bench.hear(|event| match event {
        Event::Changed(unit) => Some(unit.size),
        _ => None,
    });
    assert_eq!(size, 48 << 20);
    bench.write(40 << 20, &[9; 4096]).unwrap();
    bench.run(Order::Flush).unwrap();
    bench.close();
    gateway.stop().unwrap();
}
