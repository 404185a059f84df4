//! What outlives the worker.

use super::*;
use crate::{Kept, NoRecord};

fn keep(cluster: &mut Cluster, who: usize) {
    let list = list(0, KEYS[who], 0x01);
    let plan = cluster.send_list(who, action::REGISTER_AND_IGNORE, 0, &list);
    assert_eq!(plan, Plan::Settle);
}

/// The next worker's, after this record.
fn next(record: &[u8]) -> Cluster {
    let mut cluster = Cluster::new();
    cluster.unit.restore(Kept::parse(record).unwrap());
    cluster
}

#[test]
fn everything_but_the_generation_comes_back() {
    for kind in kind::ALL {
        let mut cluster = Cluster::reserved(kind, &[0, 1]);
        keep(&mut cluster, 2);
        let (keys, reservation) = (cluster.keys(), cluster.reservation());
        let full = cluster.ask(3);

        let mut later = next(&cluster.unit.reservations_record());

        assert_eq!((later.keys(), later.reservation()), (keys, reservation));
        assert_eq!(later.ask(3)[4..], full[4..]);
        assert_eq!(later.generation(), 0);
        assert_eq!(later.ask(2)[3], 0x81, "PTPL_A");
        assert_eq!(later.unit.exclusion(), cluster.unit.exclusion());
    }
}

#[test]
fn a_reservation_that_all_hold_comes_back_without_the_one_that_made_it() {
    let mut cluster = Cluster::reserved(kind::WRITE_EXCLUSIVE_AR, &[0, 1]);
    keep(&mut cluster, 2);
    assert_eq!(
        cluster.out(0, action::REGISTER, 0, KEYS[0], 0),
        Plan::Settle
    );
    keep(&mut cluster, 2);

    let mut later = next(&cluster.unit.reservations_record());

    assert_eq!(later.keys(), KEYS[1..]);
    assert_eq!(later.reservation(), Some((0, kind::WRITE_EXCLUSIVE_AR)));
}

#[test]
fn the_last_registration_decides_whether_any_of_it_is_kept() {
    let mut cluster = Cluster::registered(&[0]);
    assert!(cluster.unit.reservations_record().is_empty());
    keep(&mut cluster, 1);
    assert!(!cluster.unit.reservations_record().is_empty());
    assert_eq!(
        cluster.out(0, action::REGISTER, 0, KEYS[0], 1),
        Plan::Settle
    );
    assert!(cluster.unit.reservations_record().is_empty());

    keep(&mut cluster, 1);
    assert_eq!(cluster.out(1, action::CLEAR, 0, KEYS[1], 0), Plan::Settle);
    assert!(
        cluster.unit.reservations_record().is_empty(),
        "there is none"
    );
}

#[test]
fn reservations_of_a_read_only_unit_do_not_last() {
    let mut cluster = Cluster::new();
    let geometry = Geometry {
        read_only: true,
        ..GEOMETRY
    };
    cluster.unit.set_geometry(geometry);

    let lasting = cluster.send_list(0, action::REGISTER, 0, &list(0, 1, 0x01));
    assert_eq!(lasting, Plan::Fail(Sense::invalid_parameter(20, Some(0))));
    assert_eq!(cluster.out(0, action::REGISTER, 0, 0, 1), Plan::Settle);
    assert_eq!(cluster.ask(2)[2] & 0x01, 0, "PTPL_C");
}

#[test]
fn bytes_that_are_no_record_are_refused() {
    let mut cluster = Cluster::reserved(kind::WRITE_EXCLUSIVE, &[0, 1]);
    keep(&mut cluster, 2);
    let whole = cluster.unit.reservations_record();
    let refused = |change: fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        assert_eq!(Kept::parse(&bytes).err(), Some(NoRecord), "{bytes:02x?}");
    };

    for length in 0..whole.len() {
        assert_eq!(Kept::parse(&whole[..length]).err(), Some(NoRecord));
    }
    refused(|b| b.push(0));
    refused(|b| b[0] = 2);
    refused(|b| b[1] = 2);
    refused(|b| b[2] = 3);
    refused(|b| b[3] = 0);
    refused(|b| b[3] = 65);
    refused(|b| b[4..12].fill(0));
    refused(|b| b[12] = 2);
    refused(|b| b.resize(crate::limits::MAX_RECORD + 1, 0));
}
