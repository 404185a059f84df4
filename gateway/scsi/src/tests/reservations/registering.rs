//! REGISTER, RESERVE, RELEASE, CLEAR, REGISTER AND MOVE, and what PERSISTENT RESERVE IN says.

use super::*;

#[test]
fn registering_takes_the_key_one_has_unless_it_is_to_be_ignored() {
    let mut cluster = Cluster::new();

    assert_eq!(cluster.out(0, action::REGISTER, 0, 5, 1), Plan::Conflict);
    assert_eq!(cluster.out(0, action::REGISTER, 0, 0, 0), Plan::Good);
    assert_eq!((cluster.keys(), cluster.generation()), (vec![], 0));
    assert_eq!(cluster.out(0, action::REGISTER, 0, 0, 1), Plan::Settle);
    assert_eq!(cluster.out(0, action::REGISTER, 0, 0, 2), Plan::Conflict);
    assert_eq!(cluster.out(0, action::REGISTER, 0, 1, 2), Plan::Settle);
    assert_eq!((cluster.keys(), cluster.generation()), (vec![2], 2));
    let ignore = action::REGISTER_AND_IGNORE;
    assert_eq!(cluster.out(0, ignore, 0, 99, 3), Plan::Settle);
    assert_eq!(cluster.out(1, ignore, 0, 99, 3), Plan::Settle);
    assert_eq!((cluster.keys(), cluster.generation()), (vec![3, 3], 4));
    assert_eq!(cluster.out(0, action::REGISTER, 0, 3, 0), Plan::Settle);
    assert_eq!((cluster.keys(), cluster.generation()), (vec![3], 5));
}

#[test]
fn only_who_is_registered_with_that_key_reserves_releases_clears_or_preempts() {
    for action in [
        action::RESERVE,
        action::RELEASE,
        action::CLEAR,
        action::PREEMPT,
        action::PREEMPT_AND_ABORT,
    ] {
        let mut cluster = Cluster::reserved(kind::WRITE_EXCLUSIVE, &[0, 1]);
        let before = (cluster.keys(), cluster.reservation(), cluster.generation());
        let kind = kind::WRITE_EXCLUSIVE;

        assert_eq!(cluster.out(2, action, kind, 0, KEYS[0]), Plan::Conflict);
        assert_eq!(
            cluster.out(2, action, kind, KEYS[1], KEYS[0]),
            Plan::Conflict
        );
        assert_eq!(
            cluster.out(1, action, kind, KEYS[0], KEYS[0]),
            Plan::Conflict
        );

        let after = (cluster.keys(), cluster.reservation(), cluster.generation());
        assert_eq!(before, after);
    }
}

#[test]
fn a_reservation_is_made_once_and_repeated_and_never_taken_over() {
    for kind in kind::ALL {
        let mut cluster = Cluster::reserved(kind, &[0, 1]);
        let of_all = kind >= kind::WRITE_EXCLUSIVE_AR;
        let key = if of_all { 0 } else { KEYS[0] };
        assert_eq!(cluster.reservation(), Some((key, kind)));
        assert_eq!(cluster.generation(), 2, "RESERVE does not count");

        let again = cluster.out(0, action::RESERVE, kind, KEYS[0], 0);
        assert_eq!(again, Plan::Good);
        let other_kind = if kind == 1 { 3 } else { 1 };
        let changed = cluster.out(0, action::RESERVE, other_kind, KEYS[0], 0);
        assert_eq!(changed, Plan::Conflict);
        let expected = if of_all { Plan::Good } else { Plan::Conflict };
        assert_eq!(cluster.out(1, action::RESERVE, kind, KEYS[1], 0), expected);
    }
}

#[test]
fn a_scope_or_type_that_is_none_is_refused() {
    let mut cluster = Cluster::registered(&[0]);
    for (kind, bit) in [(0, 3), (2, 3), (4, 3), (9, 3), (0x11, 7), (0x21, 7)] {
        let plan = cluster.out(0, action::RESERVE, kind, KEYS[0], 0);
        assert_eq!(plan, Plan::Fail(at(2, Some(bit))));
    }
    assert_eq!(cluster.reservation(), None);
    // Where they mean nothing they are not looked at.
    assert_eq!(
        cluster.out(0, action::REGISTER, 0xff, KEYS[0], 7),
        Plan::Settle
    );
}

#[test]
fn a_release_is_the_holders_and_names_what_it_releases() {
    for kind in kind::ALL {
        let mut cluster = Cluster::reserved(kind, &[0, 1]);
        let of_all = kind >= kind::WRITE_EXCLUSIVE_AR;
        if !of_all {
            let other = cluster.out(1, action::RELEASE, kind, KEYS[1], 0);
            assert_eq!(other, Plan::Good, "GOOD, and nothing is released");
        }
        assert!(cluster.reservation().is_some());
        let wrong = cluster.out(
            0,
            action::RELEASE,
            if kind == 1 { 3 } else { 1 },
            KEYS[0],
            0,
        );
        assert_eq!(
            wrong,
            Plan::Fail(Sense::INVALID_RELEASE_OF_PERSISTENT_RESERVATION)
        );

        let released = cluster.out(0, action::RELEASE, kind, KEYS[0], 0);

        assert_eq!((released, cluster.reservation()), (Plan::Settle, None));
        let told = (kind >= 5).then_some(UnitAttention::ReservationsReleased);
        assert_eq!(
            (cluster.heard(0), cluster.heard(1), cluster.heard(2)),
            (None, told, None)
        );
        assert_eq!(
            cluster.out(0, action::RELEASE, kind, KEYS[0], 0),
            Plan::Good
        );
        assert_eq!(cluster.generation(), 2);
    }
}

#[test]
fn a_holder_that_unregisters_ends_its_reservation() {
    for kind in kind::ALL {
        let mut cluster = Cluster::reserved(kind, &[0, 1]);
        let of_all = kind >= kind::WRITE_EXCLUSIVE_AR;

        assert_eq!(
            cluster.out(0, action::REGISTER, 0, KEYS[0], 0),
            Plan::Settle
        );

        if of_all {
            assert_eq!(
                cluster.reservation(),
                Some((0, kind)),
                "another holder is left"
            );
            assert_eq!(
                cluster.out(1, action::REGISTER, 0, KEYS[1], 0),
                Plan::Settle
            );
        } else {
            let told = (kind >= 5).then_some(UnitAttention::ReservationsReleased);
            assert_eq!(cluster.heard(1), told);
        }
        assert_eq!(cluster.reservation(), None);
    }
}

#[test]
fn another_key_of_the_holder_is_the_key_of_its_reservation() {
    let mut cluster = Cluster::reserved(kind::EXCLUSIVE_ACCESS, &[0, 1]);

    assert_eq!(
        cluster.out(0, action::REGISTER, 0, KEYS[0], 77),
        Plan::Settle
    );

    assert_eq!(cluster.reservation(), Some((77, kind::EXCLUSIVE_ACCESS)));
}

#[test]
fn clear_ends_everything_and_everybody_hears_of_it() {
    let mut cluster = Cluster::reserved(kind::EXCLUSIVE_ACCESS, &[0, 1, 2]);

    assert_eq!(cluster.out(1, action::CLEAR, 0, KEYS[1], 0), Plan::Settle);

    assert_eq!((cluster.keys(), cluster.reservation()), (vec![], None));
    assert_eq!(cluster.generation(), 4);
    let told = Some(UnitAttention::ReservationsPreempted);
    assert_eq!(
        (cluster.heard(0), cluster.heard(1), cluster.heard(2)),
        (told, None, told)
    );
}

/// A parameter list of REGISTER AND MOVE.
fn moving(action_key: u64, flags: u8, target_port: u16, to: u8) -> Vec<u8> {
    let mut list = KEYS[0].to_be_bytes().to_vec();
    list.extend(action_key.to_be_bytes());
    list.extend([0, flags]);
    list.extend(target_port.to_be_bytes());
    let name = format!("iqn.2026-11.test:vm,i,0x8000000000{to:02x}\0");
    let length = name.len().next_multiple_of(4);
    list.extend((u32::try_from(length).unwrap() + 4).to_be_bytes());
    list.extend([0x45, 0, 0, u8::try_from(length).unwrap()]);
    list.extend(name.as_bytes());
    list.resize(28 + length, 0);
    list
}

#[test]
fn a_reservation_is_moved_to_a_nexus_that_is_there() {
    let mut cluster = Cluster::reserved(kind::WRITE_EXCLUSIVE, &[0, 1]);
    let list = moving(0x1234, 0x02, 1, 2);

    let moved = cluster.send_list(0, action::REGISTER_AND_MOVE, 0, &list);

    assert_eq!(moved, Plan::Settle);
    assert_eq!(
        cluster.keys(),
        [KEYS[1], 0x1234],
        "UNREG: the first is gone"
    );
    assert_eq!(cluster.reservation(), Some((0x1234, kind::WRITE_EXCLUSIVE)));
    assert_eq!(cluster.generation(), 3);
    assert!(matches!(cluster.send(2, &WRITE), Plan::Write { .. }));
    assert_eq!(cluster.send(0, &WRITE), Plan::Conflict);
}

#[test]
fn a_move_that_leads_nowhere_is_refused() {
    let refused = |list: &[u8]| {
        let mut cluster = Cluster::reserved(kind::WRITE_EXCLUSIVE, &[0, 1]);
        let plan = cluster.send_list(0, action::REGISTER_AND_MOVE, 0, list);
        assert_eq!(cluster.keys(), KEYS[..2]);
        assert_eq!(
            cluster.reservation(),
            Some((KEYS[0], kind::WRITE_EXCLUSIVE))
        );
        plan
    };
    let parameter = |byte| Plan::Fail(Sense::invalid_parameter(byte, None));

    assert_eq!(refused(&moving(0, 0, 1, 1)), parameter(8));
    assert_eq!(refused(&moving(1, 0, 2, 1)), parameter(18));
    assert_eq!(
        refused(&moving(1, 0, 1, 0)),
        parameter(24),
        "the sender itself"
    );
    assert_eq!(refused(&moving(1, 0, 1, 9)), parameter(24), "nobody");
    let short = moving(1, 0, 1, 1);
    let short = &short[..short.len() - 4];
    assert_eq!(
        refused(short),
        Plan::Fail(Sense::PARAMETER_LIST_LENGTH_ERROR)
    );
}

#[test]
fn only_a_holder_alone_moves_its_reservation() {
    let list = moving(1, 0, 1, 1);
    let action = action::REGISTER_AND_MOVE;

    let mut none = Cluster::registered(&[0]);
    assert_eq!(none.send_list(0, action, 0, &list), Plan::Conflict);
    let mut of_all = Cluster::reserved(kind::WRITE_EXCLUSIVE_AR, &[0]);
    assert_eq!(of_all.send_list(0, action, 0, &list), Plan::Conflict);
    let mut stranger = Cluster::reserved(kind::WRITE_EXCLUSIVE, &[0]);
    assert_eq!(stranger.send_list(1, action, 0, &list), Plan::Conflict);
}

#[test]
fn there_are_only_so_many_registrations() {
    let mut unit = LogicalUnit::new(&description(GEOMETRY));
    let command = Command::parse(&padded(&[0x5f, 0, 0, 0, 0, 0, 0, 0, 24])).unwrap();
    let mut register = |name: &str, number: u8| {
        let mut nexus = Nexus::new(InitiatorPort::new("vm", name, [number; 6]));
        unit.parameters(&mut nexus, &command, &list(0, 1, 0))
    };

    for number in 0..64 {
        assert_eq!(
            register("iqn.2026-11.a:b", number),
            Plan::Settle,
            "{number}"
        );
    }

    let full = Plan::Fail(Sense::INSUFFICIENT_REGISTRATION_RESOURCES);
    assert_eq!(register("iqn.2026-11.a:b", 64), full);
    assert!(
        unit.reservations_record().is_empty(),
        "nobody wants it kept"
    );
}

#[test]
fn registrations_with_the_longest_names_fit_into_a_record_or_are_refused() {
    let mut unit = LogicalUnit::new(&description(GEOMETRY));
    let command = Command::parse(&padded(&[0x5f, 0, 0, 0, 0, 0, 0, 0, 24])).unwrap();
    let (name, identity) = ("n".repeat(223), "i".repeat(255));
    let plans = (0..9).map(|number| {
        let mut nexus = Nexus::new(InitiatorPort::new(&identity, &name, [number; 6]));
        unit.parameters(&mut nexus, &command, &list(0, 1, 1))
    });
    let plans: Vec<_> = plans.collect();

    let settled = plans.iter().filter(|plan| **plan == Plan::Settle).count();
    assert_eq!(settled, 6);
    let record = unit.reservations_record();
    assert!(record.len() <= crate::limits::MAX_RECORD);
    assert!(crate::Kept::parse(&record).is_ok());
}

#[test]
fn a_list_of_another_length_is_refused_before_or_after_it_is_collected() {
    let mut cluster = Cluster::new();
    let length = Plan::Fail(Sense::PARAMETER_LIST_LENGTH_ERROR);

    for bytes in [0, 8, 23, 25, 100, 100_000] {
        assert_eq!(
            cluster.send_list(0, action::REGISTER, 0, &vec![0; bytes]),
            length
        );
    }
    let specified = cluster.send_list(0, action::REGISTER, 0, &list(0, 1, 0x08));
    assert_eq!(specified, Plan::Fail(Sense::invalid_parameter(20, Some(3))));
    assert_eq!(cluster.keys(), []);
}

#[test]
fn capabilities_and_full_status_tell_the_truth() {
    let mut cluster = Cluster::reserved(kind::EXCLUSIVE_ACCESS_RO, &[0]);
    let all_ports = cluster.send_list(1, action::REGISTER, 0, &list(0, KEYS[1], 0x04));
    assert_eq!(all_ports, Plan::Settle);

    assert_eq!(cluster.ask(2), [0, 8, 0x15, 0x80, 0xea, 0x01, 0, 0]);
    let full = cluster.ask(3);
    assert_eq!(full[..8], [0, 0, 0, 2, 0, 0, 0, 136]);
    let (first, second) = full[8..].split_at(68);
    assert_eq!(first[..8], KEYS[0].to_be_bytes());
    assert_eq!(
        first[8..24],
        [0, 0, 0, 0, 0x01, 6, 0, 0, 0, 0, 0, 1, 0, 0, 0, 44]
    );
    assert_eq!(first[24..28], [0x45, 0, 0, 40]);
    assert_eq!(first[28..64], b"iqn.2026-11.test:vm,i,0x800000000000"[..]);
    assert_eq!(
        second[8..24],
        [0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 44]
    );
}
