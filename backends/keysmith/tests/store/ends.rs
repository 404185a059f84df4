//! Keys that are taken away, and keepers that are excluded.

use std::time::{Duration, Instant};

use labelgate_control::{KeyScope, KeysmithAnswer, KeysmithTask, List};
use labelgate_fixtures::process::until;
use labelgate_rbd::Kind;

use crate::bench::text;
use crate::keeper::{Keeper, kind};
use crate::{Bench, name};

fn excluded(
    instances: u32,
    locks: u32,
) -> Result<KeysmithAnswer, labelgate_control::KeysmithRefusal> {
    Ok(KeysmithAnswer::Excluded { instances, locks })
}

/// That a keeper gets nowhere any more: as soon as each OSD that it speaks with has the map.
fn is_fenced(keeper: &Keeper) {
    let soon = Duration::from_secs(5);
    let begun = Instant::now();
    assert!(until(soon, || keeper.write(0).is_err()), "it still writes");
    println!("fenced {:?} after the answer", begun.elapsed());
    assert_eq!(kind(keeper.write(0)), Kind::Fenced);
    assert_eq!(kind(keeper.read(0)), Kind::Fenced);
}

#[test]
fn a_revoked_key_is_good_for_nothing_and_its_holders_are_excluded() {
    let bench = Bench::start();
    bench.create("ns", "disk", 8 << 20);
    let key = bench.namespace_key("labelgate.a", "ns");
    let mut keepers: Vec<_> = (0..2)
        .map(|_| Keeper::connect(&bench, "labelgate.a", &key).unwrap())
        .collect();
    for keeper in &mut keepers {
        keeper.open("ns", "disk", false).unwrap();
        keeper.write(0).unwrap();
    }
    let other_key = bench.namespace_key("labelgate.b", "ns-b");
    bench.create("ns-b", "disk", 8 << 20);
    let mut other = Keeper::connect(&bench, "labelgate.b", &other_key).unwrap();
    other.open("ns-b", "disk", false).unwrap();
    let begun = Instant::now();
    assert_eq!(bench.ask(&bench.revoke("labelgate.a")), excluded(2, 1));
    println!("revoked in {:?}", begun.elapsed());
    keepers.iter().for_each(is_fenced);
    let refused = Keeper::connect(&bench, "labelgate.a", &key).map(|_| ());
    assert_eq!(kind(refused), Kind::Permission);
    other.write(0).unwrap();
    let again = bench.ask(&bench.revoke("labelgate.a"));
    assert!(
        matches!(again, Ok(KeysmithAnswer::Excluded { locks: 0, .. })),
        "{again:?}"
    );
    let anew = bench.namespace_key("labelgate.a", "ns");
    assert_ne!(anew, key);
    let mut successor = Keeper::connect(&bench, "labelgate.a", &anew).unwrap();
    successor.open("ns", "disk", false).unwrap();
    successor.write(0).unwrap();
    let refused = Keeper::connect(&bench, "labelgate.a", &key).map(|_| ());
    assert_eq!(kind(refused), Kind::Permission);
}

/// A successor waits for nobody: without fencing, the dead one's lock would hold it for 30 s.
#[test]
fn a_fenced_keepers_successor_writes_at_once_and_it_never_again() {
    let bench = Bench::start();
    for (namespace, image) in [("ns", "one"), ("ns", "two"), ("", "single")] {
        bench.create(namespace, image, 8 << 20);
    }
    let of_namespace = bench.namespace_key("labelgate.a", "ns");
    let of_image = bench.image_key("labelgate.single", name("", "single"), false);
    for (entity, key, namespace, image) in [
        ("labelgate.a", &of_namespace, "ns", "one"),
        ("labelgate.single", &of_image, "", "single"),
    ] {
        let mut keeper = Keeper::connect(&bench, entity, key).unwrap();
        keeper.open(namespace, image, false).unwrap();
        keeper.write(0).unwrap();
        let instance = keeper.cluster.instance().unwrap();
        let begun = Instant::now();
        let fenced = bench.ask(&bench.fence(entity, &[&instance]));
        println!("fenced in {:?}", begun.elapsed());
        assert_eq!(fenced, excluded(1, 1));
        let mut successor = Keeper::connect(&bench, entity, key).unwrap();
        successor.open(namespace, image, false).unwrap();
        successor.write(0).unwrap();
        println!("its successor has written after {:?}", begun.elapsed());
        assert!(begun.elapsed() < Duration::from_secs(5));
        is_fenced(&keeper);
        // Again: the successor is somebody else, and keeps its lock.
        assert_eq!(
            bench.ask(&bench.fence(entity, &[&instance])),
            excluded(1, 0)
        );
        successor.write(4096).unwrap();
    }
}

#[test]
fn without_an_instance_all_that_the_cluster_lists_are_fenced() {
    let bench = Bench::start();
    bench.create("ns", "disk", 8 << 20);
    let key = bench.namespace_key("labelgate.a", "ns");
    let mut keeper = Keeper::connect(&bench, "labelgate.a", &key).unwrap();
    keeper.open("ns", "disk", false).unwrap();
    keeper.write(0).unwrap();
    assert_eq!(bench.ask(&bench.fence("labelgate.a", &[])), excluded(1, 1));
    is_fenced(&keeper);
    assert_eq!(
        bench.ask(&bench.fence("labelgate.none", &[])),
        excluded(0, 0)
    );
}

#[test]
fn each_takes_milliseconds() {
    let bench = Bench::start();
    bench.create("", "disk", 8 << 20);
    let mut times: [Vec<Duration>; 4] = Default::default();
    for round in 0..15 {
        let entity = format!("labelgate.{round}");
        let make = |scope| KeysmithTask::MakeKey {
            entity: text(&entity),
            scope,
        };
        let namespace = make(KeyScope::Namespace(text("ns")));
        let image = make(KeyScope::Image {
            name: name("", "disk"),
            read_only: false,
            parents: List::default(),
        });
        let address = format!("192.0.2.1:0/{}", round + 1);
        let fence = bench.fence(&entity, &[&address]);
        let revoke = bench.revoke(&entity);
        for (times, task) in times.iter_mut().zip([namespace, image, fence, revoke]) {
            let begun = Instant::now();
            bench.ask(&task).unwrap();
            times.push(begun.elapsed());
        }
    }
    for (times, what) in times.iter_mut().zip([
        "a namespace's key",
        "an image's key instead",
        "fencing",
        "revoking",
    ]) {
        times.sort();
        println!("{what}: median {:?}, at most {:?}", times[7], times[14]);
        // The fastest: the others tell how busy the machine is.
        assert!(times[0] < Duration::from_millis(200), "{what}: {times:?}");
    }
}
