//! Clients that the cluster no longer wants.

use std::time::Instant;

use labelgate_fixtures::peer::Layout;
use labelgate_rbd::{Credentials, Kind, OpenOptions};

use crate::{Bench, kind};

#[test]
fn a_client_on_the_blocklist_is_fenced_and_its_successor_is_not() {
    let mut bench = Bench::start(Layout::memory());
    bench.create("disk", 8 << 20);
    let victim = Bench::connect(&bench.ceph, "admin", bench.ceph.admin_key()).unwrap();
    let options = OpenOptions::default();
    let image = bench.open_by(&victim, "disk", options).unwrap();
    bench.write(&image, 0, &[1; 4096]).unwrap();
    let instance = victim.instance().unwrap();
    let address = instance.trim_matches(['[', ']']).split(',').next().unwrap();
    let address = address.trim_start_matches("v2:");
    println!("the instance is {instance}");
    bench
        .ceph
        .ceph(&["osd", "blocklist", "add", address])
        .unwrap();
    let begun = Instant::now();
    // The map has to reach the OSD.
    while bench.write(&image, 0, &[2; 4096]).is_ok() {
        assert!(begun.elapsed().as_secs() < 10, "it goes on");
    }
    println!("fenced after {:?}", begun.elapsed());
    assert_eq!(kind(bench.write(&image, 0, &[2; 4096])), Kind::Fenced);
    assert_eq!(kind(bench.read(&image, 0, 4096)), Kind::Fenced);
    let flushed = bench.run(|tag| image.flush(tag));
    println!("a flush of it: {flushed:?}");
    drop(image);
    drop(victim);
    let successor = Bench::connect(&bench.ceph, "admin", bench.ceph.admin_key()).unwrap();
    let image = bench.open_by(&successor, "disk", options).unwrap();
    bench.write(&image, 4096, &[3; 4096]).unwrap();
}

#[test]
fn a_deleted_key_is_refused_at_once() {
    let bench = Bench::start(Layout::memory());
    let caps = ["mon", "profile rbd", "osd", "profile rbd pool=rbd"];
    let key = bench.ceph.make_key("vm", &caps).unwrap();
    drop(Bench::connect(&bench.ceph, "vm", &key).unwrap());
    bench.ceph.ceph(&["auth", "del", "client.vm"]).unwrap();
    let begun = Instant::now();
    let refused = Bench::connect(&bench.ceph, "vm", &key);
    assert_eq!(kind(refused.map(|_| ())), Kind::Permission);
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    let wrong = Bench::connect(&bench.ceph, "admin", &key);
    assert_eq!(kind(wrong.map(|_| ())), Kind::Permission);
}

#[test]
fn a_key_that_is_none_and_monitors_that_are_none_are_told_apart() {
    let bench = Bench::start(Layout::memory());
    let connect = |monitors: &str, key: &str| {
        let credentials = Credentials {
            monitors: monitors.into(),
            entity: "admin".into(),
            key: key.into(),
        };
        let limits = labelgate_rbd::Limits {
            connect: std::time::Duration::from_secs(1),
            ..labelgate_rbd::Limits::default()
        };
        let error = labelgate_rbd::Cluster::connect(&credentials, &limits).unwrap_err();
        println!("{monitors} {key}: {error}");
        error.kind()
    };
    let nobody = labelgate_fixtures::loopback::loopback_address();
    let nobody = format!("v2:{nobody}:3300/0");
    assert_eq!(connect(&nobody, bench.ceph.admin_key()), Kind::NotReady);
    assert_ne!(connect(&bench.ceph.monitors(), "no key"), Kind::NotReady);
    assert_ne!(
        connect("not an address", bench.ceph.admin_key()),
        Kind::Permission
    );
}

#[test]
fn a_key_without_the_right_opens_nothing() {
    let bench = Bench::start(Layout::memory());
    bench.create("disk", 8 << 20);
    let caps = ["mon", "profile simple-rados-client"];
    let key = bench.ceph.make_key("nothing", &caps).unwrap();
    let nothing = Bench::connect(&bench.ceph, "nothing", &key).unwrap();
    let refused = bench.open_by(&nothing, "disk", OpenOptions::default());
    assert_eq!(kind(refused), Kind::Permission);
    let caps = ["mon", "allow command \"sessions\""];
    let key = bench.ceph.make_key("blind", &caps).unwrap();
    let refused = Bench::connect(&bench.ceph, "blind", &key);
    assert_eq!(kind(refused.map(|_| ())), Kind::Permission);
}
