//! RESERVE(6) and RELEASE(6), alone and beside persistent reservations.

use super::*;

const RESERVE: [u8; 6] = [0x16, 0, 0, 0, 0, 0];
const RELEASE: [u8; 6] = [0x17, 0, 0, 0, 0, 0];

#[test]
fn what_is_reserved_is_the_holders_alone() {
    let mut cluster = Cluster::new();
    assert_eq!(cluster.send(0, &RESERVE), Plan::Settle);
    assert_eq!(
        cluster.send(0, &RESERVE),
        Plan::Good,
        "once more changes nothing"
    );

    for cdb in [
        &RESERVE[..],
        &READ,
        &WRITE,
        &[0x00],
        &[0x1a, 8, 0x3f, 0, 255],
    ] {
        assert_eq!(cluster.send(1, cdb), Plan::Conflict, "{cdb:02x?}");
        assert_ne!(cluster.send(0, cdb), Plan::Conflict, "{cdb:02x?}");
    }
    for cdb in [
        &[0x12, 0, 0, 0, 36][..],
        &[0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 16],
        &[0x03, 0, 0, 0, 18],
        &[0x25],
    ] {
        assert!(
            matches!(cluster.send(1, cdb), Plan::Answer(_)),
            "{cdb:02x?}"
        );
    }
    assert_eq!(
        cluster.send(1, &RELEASE),
        Plan::Good,
        "which releases nothing"
    );
    assert_eq!(cluster.send(1, &READ), Plan::Conflict);
    assert_eq!(cluster.send(0, &RELEASE), Plan::Settle);
    assert_eq!(cluster.send(1, &RESERVE), Plan::Settle);
}

#[test]
fn the_end_of_its_nexus_or_a_reset_releases_it() {
    let mut cluster = Cluster::new();
    assert_eq!(cluster.send(0, &RESERVE), Plan::Settle);
    assert!(!cluster.unit.nexus_lost(&port(1)));
    assert_eq!(cluster.send(1, &READ), Plan::Conflict);
    assert!(cluster.unit.nexus_lost(&port(0)));
    assert!(matches!(cluster.send(1, &READ), Plan::Read { .. }));

    assert_eq!(cluster.send(1, &RESERVE), Plan::Settle);
    assert!(cluster.unit.reset());
    assert_eq!(cluster.send(0, &RESERVE), Plan::Settle);
}

#[test]
fn persistent_reservations_outlive_the_nexus_and_a_reset() {
    let mut cluster = Cluster::reserved(kind::WRITE_EXCLUSIVE, &[0, 1]);

    assert!(!cluster.unit.reset() && !cluster.unit.nexus_lost(&port(0)));

    assert_eq!(cluster.keys(), KEYS[..2]);
    assert_eq!(cluster.send(1, &WRITE), Plan::Conflict);
    assert!(matches!(cluster.send(0, &WRITE), Plan::Write { .. }));
}

#[test]
fn persistent_reserve_conflicts_with_reserve_whoever_sends_it() {
    let mut cluster = Cluster::new();
    assert_eq!(cluster.send(0, &RESERVE), Plan::Settle);

    for who in 0..2 {
        for action in 0..4 {
            let ask = [0x5e, action, 0, 0, 0, 0, 0, 0, 255, 0];
            assert_eq!(cluster.send(who, &ask), Plan::Conflict);
        }
        for action in 0..8 {
            assert_eq!(cluster.out(who, action, 1, 0, 1), Plan::Conflict);
        }
    }
}

#[test]
fn reserve_conflicts_with_registrations_except_for_who_has_access_by_them() {
    let mut registered = Cluster::registered(&[0]);
    for who in 0..2 {
        assert_eq!(registered.send(who, &RESERVE), Plan::Conflict);
        assert_eq!(registered.send(who, &RELEASE), Plan::Conflict);
    }
    for (kind, of_registered) in [
        (kind::WRITE_EXCLUSIVE, Plan::Conflict),
        (kind::WRITE_EXCLUSIVE_RO, Plan::Good),
        (kind::WRITE_EXCLUSIVE_AR, Plan::Good),
    ] {
        let mut cluster = Cluster::reserved(kind, &[0, 1]);
        for cdb in [RESERVE, RELEASE] {
            assert_eq!(cluster.send(0, &cdb), Plan::Good, "CRH");
            assert_eq!(cluster.send(1, &cdb), of_registered);
            assert_eq!(cluster.send(2, &cdb), Plan::Conflict);
        }
        assert!(cluster.reservation().is_some(), "nothing was released");
    }
}
