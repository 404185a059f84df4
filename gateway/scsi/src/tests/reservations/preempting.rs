//! PREEMPT and PREEMPT AND ABORT.

use super::*;

/// Who loses its commands by the last PREEMPT AND ABORT.
fn aborted(
    cluster: &mut Cluster,
    who: usize,
    action: u8,
    kind: u8,
    key: u64,
) -> Vec<InitiatorPort> {
    let command = [0x5f, action, kind, 0, 0, 0, 0, 0, 24];
    let command = Command::parse(&padded(&command)).unwrap();
    let list = list(KEYS[who], key, 0);
    let nexus = &mut cluster.nexuses[who];
    let plan = cluster.unit.parameters(nexus, &command, &list);
    assert_eq!(plan, Plan::Settle);
    cluster.unit.take_effects().aborted
}

#[test]
fn the_holders_key_preempts_its_reservation() {
    let mut cluster = Cluster::reserved(kind::EXCLUSIVE_ACCESS, &[0, 1, 2]);

    let kind = kind::WRITE_EXCLUSIVE_RO;
    let plan = cluster.out(1, action::PREEMPT, kind, KEYS[1], KEYS[0]);

    assert_eq!(plan, Plan::Settle);
    assert_eq!(cluster.keys(), KEYS[1..]);
    assert_eq!(cluster.reservation(), Some((KEYS[1], kind)));
    assert_eq!(cluster.generation(), 4);
    assert_eq!(
        cluster.heard(0),
        Some(UnitAttention::RegistrationsPreempted)
    );
    assert_eq!(cluster.heard(1), None);
    let told = Some(UnitAttention::ReservationsReleased);
    assert_eq!(cluster.heard(2), told, "it is of another type now");
    assert_eq!(cluster.send(0, &WRITE), Plan::Conflict);
}

#[test]
fn a_reservation_of_the_same_type_is_preempted_without_telling_who_keeps_access() {
    let kind = kind::EXCLUSIVE_ACCESS_RO;
    let mut cluster = Cluster::reserved(kind, &[0, 1, 2]);

    let plan = cluster.out(1, action::PREEMPT, kind, KEYS[1], KEYS[0]);

    assert_eq!((plan, cluster.heard(2)), (Plan::Settle, None));
}

#[test]
fn another_key_preempts_registrations_alone() {
    let mut cluster = Cluster::reserved(kind::WRITE_EXCLUSIVE_RO, &[0, 1, 2]);

    // SCOPE and TYPE are not looked at then.
    let plan = cluster.out(1, action::PREEMPT, 0xff, KEYS[1], KEYS[2]);

    assert_eq!(plan, Plan::Settle);
    assert_eq!(cluster.keys(), KEYS[..2]);
    assert_eq!(
        cluster.reservation(),
        Some((KEYS[0], kind::WRITE_EXCLUSIVE_RO))
    );
    assert_eq!(
        cluster.heard(2),
        Some(UnitAttention::RegistrationsPreempted)
    );
    assert_eq!(cluster.heard(0), None);
}

#[test]
fn one_may_preempt_ones_own_reservation_to_change_it() {
    let mut cluster = Cluster::reserved(kind::WRITE_EXCLUSIVE, &[0, 1]);

    let kind = kind::EXCLUSIVE_ACCESS;
    let plan = cluster.out(0, action::PREEMPT, kind, KEYS[0], KEYS[0]);

    assert_eq!(plan, Plan::Settle);
    assert_eq!(cluster.keys(), KEYS[..2], "the sender stays registered");
    assert_eq!(cluster.reservation(), Some((KEYS[0], kind)));
}

#[test]
fn a_key_that_nobody_has_is_a_conflict_and_none_at_all_an_error() {
    let mut cluster = Cluster::reserved(kind::WRITE_EXCLUSIVE, &[0, 1]);
    let kind = kind::WRITE_EXCLUSIVE;

    let plan = cluster.out(1, action::PREEMPT, kind, KEYS[1], 4711);
    assert_eq!(plan, Plan::Conflict);
    let plan = cluster.out(1, action::PREEMPT, kind, KEYS[1], 0);
    assert_eq!(plan, Plan::Fail(Sense::invalid_parameter(8, None)));
    let plan = cluster.out(1, action::PREEMPT, 2, KEYS[1], KEYS[0]);
    assert_eq!(
        plan,
        Plan::Fail(at(2, Some(3))),
        "a new reservation needs a type"
    );

    assert_eq!(cluster.generation(), 2);
    assert_eq!(cluster.reservation(), Some((KEYS[0], kind)));
}

#[test]
fn zero_preempts_what_all_registrants_hold() {
    let mut cluster = Cluster::reserved(kind::WRITE_EXCLUSIVE_AR, &[0, 1, 2]);

    let plan = cluster.out(2, action::PREEMPT, kind::WRITE_EXCLUSIVE, KEYS[2], 0);

    assert_eq!(plan, Plan::Settle);
    assert_eq!(cluster.keys(), [KEYS[2]]);
    assert_eq!(
        cluster.reservation(),
        Some((KEYS[2], kind::WRITE_EXCLUSIVE))
    );
    let told = Some(UnitAttention::RegistrationsPreempted);
    assert_eq!(
        (cluster.heard(0), cluster.heard(1), cluster.heard(2)),
        (told, told, None)
    );
}

#[test]
fn a_key_preempts_some_of_those_who_all_hold_it() {
    let mut cluster = Cluster::reserved(kind::WRITE_EXCLUSIVE_AR, &[0, 1]);

    let plan = cluster.out(1, action::PREEMPT, 0, KEYS[1], KEYS[0]);

    assert_eq!(plan, Plan::Settle);
    assert_eq!(cluster.reservation(), Some((0, kind::WRITE_EXCLUSIVE_AR)));
    assert_eq!(cluster.send(0, &WRITE), Plan::Conflict);
    assert!(matches!(cluster.send(1, &WRITE), Plan::Write { .. }));
}

#[test]
fn whoever_preempts_its_own_registration_as_the_last_leaves_nothing() {
    let mut cluster = Cluster::reserved(kind::WRITE_EXCLUSIVE_AR, &[0]);

    let plan = cluster.out(0, action::PREEMPT, 0, KEYS[0], KEYS[0]);

    assert_eq!(plan, Plan::Settle);
    assert_eq!((cluster.keys(), cluster.reservation()), (vec![], None));
}

#[test]
fn only_preempt_and_abort_aborts_and_never_the_senders_own() {
    let kind = kind::WRITE_EXCLUSIVE;
    let reserved = || Cluster::reserved(kind, &[0, 1, 2]);

    let none = aborted(&mut reserved(), 1, action::PREEMPT, kind, KEYS[0]);
    assert!(none.is_empty());
    let theirs = aborted(&mut reserved(), 1, action::PREEMPT_AND_ABORT, kind, KEYS[0]);
    assert_eq!(theirs, [port(0)]);
    let own = aborted(&mut reserved(), 1, action::PREEMPT_AND_ABORT, kind, KEYS[1]);
    assert!(own.is_empty());
}
