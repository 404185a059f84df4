//! Any run of commands from three initiators leaves a state that holds together.

use super::super::fuzz::time;
use super::*;
use crate::Kept;
use crate::limits::{MAX_RECORD, MAX_REGISTRATIONS};

#[test]
fn fuzz_service_actions() {
    bolero::check!()
        .with_test_time(time())
        .for_each(|input: &[u8]| {
            let mut cluster = Cluster::new();
            for step in input.chunks(4) {
                let &[who, action, kind, keys] = step else {
                    return;
                };
                let who = usize::from(who % 3);
                // Few keys, so that many of them fit.
                let (key, action_key) = (u64::from(keys % 4), u64::from(keys / 4 % 4));
                match action % 10 {
                    8 => drop(cluster.send(who, &[0x16])),
                    9 => drop(cluster.send(who, &[0x17])),
                    action => {
                        let list = list(key, action_key, kind >> 7);
                        drop(cluster.send_list(who, action, kind & 0x0f, &list));
                    }
                }
                assert_sound(&mut cluster);
            }
        });
}

/// A reservation has a holder that is registered, and excludes nobody who holds it; RESERVE(6) and
/// registrations exclude each other; and a record is one.
fn assert_sound(cluster: &mut Cluster) {
    for nexus in &mut cluster.nexuses {
        nexus.clear();
    }
    let record = cluster.unit.reservations_record();
    assert!(record.is_empty() || Kept::parse(&record).is_ok());
    let ask = [0x5e, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0];
    if cluster.send(0, &ask) == Plan::Conflict {
        let holders = (0..3).filter(|&who| cluster.send(who, &WRITE) != Plan::Conflict);
        assert_eq!(holders.count(), 1);
        return;
    }
    let keys = cluster.keys();
    assert!(keys.len() <= 3 && !keys.contains(&0));
    let writers = (0..3).filter(|&who| cluster.send(who, &WRITE) != Plan::Conflict);
    let writers = writers.count();
    match cluster.reservation() {
        None => assert_eq!(writers, 3),
        Some((0, kind)) => {
            assert!(kind >= kind::WRITE_EXCLUSIVE_AR);
            assert_eq!(writers, keys.len());
        }
        Some((key, kind)) => {
            assert!(keys.contains(&key));
            let expected = if kind < 5 { 1 } else { keys.len() };
            assert_eq!(writers, expected);
        }
    }
}

#[test]
fn fuzz_records() {
    bolero::check!()
        .with_test_time(time())
        .for_each(|bytes: &[u8]| {
            let Ok(kept) = Kept::parse(bytes) else {
                return;
            };
            let mut cluster = Cluster::new();
            cluster.unit.restore(kept);
            assert!(cluster.keys().len() <= MAX_REGISTRATIONS);
            assert!(cluster.unit.reservations_record().len() <= MAX_RECORD);
            drop(cluster.ask(3));
            assert!(!cluster.unit.describe_reservations().is_empty());
        });
}

#[test]
fn fuzz_moves() {
    bolero::check!()
        .with_test_time(time())
        .for_each(|bytes: &[u8]| {
            let mut cluster = Cluster::reserved(kind::WRITE_EXCLUSIVE, &[0]);
            let mut whole = list(KEYS[0], 1, 0).to_vec();
            whole[18..20].copy_from_slice(&[0, 1]);
            let length = u32::try_from(bytes.len()).unwrap();
            whole[20..24].copy_from_slice(&length.to_be_bytes());
            whole.extend(bytes);
            drop(cluster.send_list(0, action::REGISTER_AND_MOVE, 0, &whole));
            assert_eq!(
                cluster.reservation().map(|it| it.1),
                Some(kind::WRITE_EXCLUSIVE)
            );
        });
}
