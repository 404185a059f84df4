//! What a credential sees.

use std::fs::File;

use labelgate_initiator::{Chap, Credentials, Kind, Sight, sight, visible};

use crate::{Bench, Disk, LIMIT, kind};

#[test]
fn a_credential_that_sees_more_than_one_disk_is_found_out() {
    let disk = Disk::new(8 << 20);
    let credentials = disk.options().credentials;
    let see = || visible(disk.tgt.address(), &credentials, LIMIT).unwrap();
    let at = (disk.tgt.address(), disk.tgt.target());
    let open = || sight(at, &credentials, LIMIT).unwrap();
    // A session that is there stays.
    let mut bench = Bench::start(&disk);
    bench.write(0, &[1; 512]).unwrap();
    let disks = |targets: &[labelgate_initiator::Target]| -> Vec<(String, u16)> {
        let of = |target: &labelgate_initiator::Target| {
            let devices = target.devices.clone().unwrap();
            let disks = devices.into_iter().filter(|device| device.is_disk());
            let named = disks.map(|device| (target.name.clone(), device.unit));
            named.collect::<Vec<_>>()
        };
        targets.iter().flat_map(of).collect()
    };
    let own = disk.tgt.target().to_owned();
    let one = see();
    println!("{one:?}");
    assert_eq!(disks(&one), [(own.clone(), 1)]);
    let single = Sight {
        units: vec![1],
        ..Sight::default()
    };
    assert_eq!(open(), single);
    let more = disk.file.with_extension("more");
    File::create(&more).unwrap().set_len(1 << 20).unwrap();
    disk.tgt.add_unit(1, 2, &more).unwrap();
    assert_eq!(disks(&see()), [(own.clone(), 1), (own.clone(), 2)]);
    assert!(open().units == [1, 2] && !open().is_single());
    disk.tgt
        .add_target(2, "iqn.2026-11.io.labelgate.peer:another")
        .unwrap();
    disk.tgt.add_unit(2, 1, &more).unwrap();
    assert_eq!(open().others, ["iqn.2026-11.io.labelgate.peer:another"]);
    let another = "iqn.2026-11.io.labelgate.peer:another".to_owned();
    assert_eq!(disks(&see()), [(another, 1), (own.clone(), 1), (own, 2)]);
    assert_eq!(bench.read(0, 512), Ok(vec![1; 512]));
}

#[test]
fn a_portal_that_is_not_there_has_nothing_to_see() {
    let mut disk = Disk::new(8 << 20);
    let credentials = disk.options().credentials;
    disk.tgt.kill();
    assert_eq!(
        kind(visible(disk.tgt.address(), &credentials, LIMIT)),
        Kind::NotReady
    );
}

/// tgt asks for no proof in a discovery session, and gives none.
#[test]
fn targets_are_found_behind_proofs_that_discovery_knows_nothing_of() {
    let disk = Disk::new(8 << 20);
    let secret = |name: &str, secret: &str| {
        Some(Chap {
            name: name.to_owned(),
            secret: secret.to_owned(),
        })
    };
    disk.tgt
        .require_chap("gateway", "secret-of-gateway", "secret-of-target")
        .unwrap();
    let credentials = Credentials {
        chap: secret("gateway", "secret-of-gateway"),
        target_chap: secret("tgt-itself", "secret-of-target"),
        ..disk.options().credentials
    };
    let at = (disk.tgt.address(), disk.tgt.target());
    assert!(sight(at, &credentials, LIMIT).unwrap().is_single());
    let more = disk.file.with_extension("more");
    File::create(&more).unwrap().set_len(1 << 20).unwrap();
    disk.tgt
        .add_target(2, "iqn.2026-11.io.labelgate.peer:another")
        .unwrap();
    disk.tgt.add_unit(2, 1, &more).unwrap();
    let seen = sight(at, &credentials, LIMIT).unwrap();
    assert!(!seen.is_single(), "{seen:?}");
    let wrong = Credentials {
        chap: secret("gateway", "not-the-secret-at-all"),
        ..credentials
    };
    assert_eq!(kind(sight(at, &wrong, LIMIT)), Kind::Permission);
}
