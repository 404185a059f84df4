//! Who may do what: SPC-4 tables 65 and 66, SBC-3 table 5, one command at a time.

use super::*;

/// Who somebody is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Holder,
    Registered,
    Stranger,
}

/// How a command fares with somebody else's reservation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Always allowed.
    Harmless,
    /// Conflicts with exclusive access.
    Reads,
    /// Conflicts with all.
    Writes,
}

const TABLE: [(&[u8], Class); 29] = [
    (&[0x00], Class::Harmless),
    (&[0x03, 0, 0, 0, 18], Class::Harmless),
    (&[0x12, 0, 0, 0, 36], Class::Harmless),
    (&[0x25], Class::Harmless),
    (
        &[0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32],
        Class::Harmless,
    ),
    (&[0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 16], Class::Harmless),
    (&[0x1b, 0, 0, 0, 1], Class::Harmless),
    (&[0x5e, 0, 0, 0, 0, 0, 0, 0, 8], Class::Harmless),
    (&[0x1a, 8, 0x3f, 0, 255], Class::Reads),
    (&[0x5a, 8, 0x3f, 0, 0, 0, 0, 0, 255], Class::Reads),
    (&[0xa3, 0x0c, 0, 0, 0, 0, 0, 0, 0, 255], Class::Reads),
    (&[0xa3, 0x0d, 0, 0, 0, 0, 0, 0, 0, 4], Class::Reads),
    (&[0x08, 0, 0, 0, 1], Class::Reads),
    (&[0x28, 0, 0, 0, 0, 0, 0, 0, 1], Class::Reads),
    (&[0x28, 0, 0, 0, 0, 0, 0, 0, 0], Class::Reads),
    (&[0x2f, 0, 0, 0, 0, 0, 0, 0, 1], Class::Reads),
    (&[0x34, 0, 0, 0, 0, 0, 0, 0, 1], Class::Reads),
    (
        &[0x9e, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24],
        Class::Reads,
    ),
    (&[0x0a, 0, 0, 0, 1], Class::Writes),
    (&[0x15, 0x10, 0, 0, 12], Class::Writes),
    (&[0x1b, 0, 0, 0, 0], Class::Writes),
    (&[0x2a, 0, 0, 0, 0, 0, 0, 0, 1], Class::Writes),
    (&[0x2a, 0, 0, 0, 0, 0, 0, 0, 0], Class::Writes),
    (&[0x2e, 0, 0, 0, 0, 0, 0, 0, 1], Class::Writes),
    (&[0x35], Class::Writes),
    (&[0x41, 0, 0, 0, 0, 0, 0, 0, 1], Class::Writes),
    (&[0x42, 0, 0, 0, 0, 0, 0, 0, 24], Class::Writes),
    (
        &[0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        Class::Writes,
    ),
    (
        &[0x93, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        Class::Writes,
    ),
];

fn conflicts(kind: u8, who: Who, class: Class) -> bool {
    let registrants = matches!(kind, 5..=8);
    let exclusive = matches!(kind, 3 | 6 | 8);
    if who == Who::Holder || (who == Who::Registered && registrants) {
        return false;
    }
    match class {
        Class::Harmless => false,
        Class::Reads => exclusive,
        Class::Writes => true,
    }
}

#[test]
fn every_command_conflicts_where_the_tables_say_so_and_nowhere_else() {
    for kind in kind::ALL {
        for (who, class) in [(Who::Holder, 0), (Who::Registered, 1), (Who::Stranger, 2)] {
            let mut cluster = Cluster::reserved(kind, &[0, 1]);
            for (cdb, expected) in TABLE {
                let plan = cluster.send(class, cdb);

                let conflict = conflicts(kind, who, expected);
                assert_eq!(
                    plan == Plan::Conflict,
                    conflict,
                    "{kind} {class} {cdb:02x?}"
                );
                if !conflict {
                    assert!(
                        !matches!(plan, Plan::Fail(_)),
                        "{kind} {cdb:02x?}: {plan:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn clients_of_other_protocols_are_never_registered() {
    use labelgate_engine::Exclusion;
    for kind in kind::ALL {
        let cluster = Cluster::reserved(kind, &[0, 1]);

        let expected = match kind {
            3 | 6 | 8 => Exclusion::Everybody,
            _ => Exclusion::Writers,
        };
        assert_eq!(cluster.unit.exclusion(), expected);
    }
    assert_eq!(
        Cluster::registered(&[0, 1, 2]).unit.exclusion(),
        Exclusion::Nobody,
        "a registration alone reserves nothing"
    );
}

#[test]
fn a_reset_is_heard_of_before_a_conflict_and_everything_else_after_it() {
    let mut cluster = Cluster::reserved(kind::WRITE_EXCLUSIVE, &[0]);
    cluster.nexuses[1].post(UnitAttention::BusDeviceReset);
    cluster.nexuses[1].post(UnitAttention::ModeParametersChanged);

    let heard = cluster.send(1, &WRITE);
    assert_eq!(heard, Plan::Fail(UnitAttention::BusDeviceReset.sense()));
    assert_eq!(cluster.send(1, &WRITE), Plan::Conflict);
    let heard = cluster.send(1, &READ);
    assert_eq!(
        heard,
        Plan::Fail(UnitAttention::ModeParametersChanged.sense())
    );
}

#[test]
fn the_same_name_of_another_identity_has_nothing_of_the_holders() {
    let mut cluster = Cluster::reserved(kind::WRITE_EXCLUSIVE_RO, &[0]);
    let name = "iqn.2026-11.test:vm";
    cluster.nexuses[1] = Nexus::new(InitiatorPort::new("other", name, [0x80, 0, 0, 0, 0, 0]));

    assert_eq!(cluster.send(1, &WRITE), Plan::Conflict);
    assert_eq!(
        cluster.out(1, action::CLEAR, 0, KEYS[0], 0),
        Plan::Conflict,
        "a key that one has read does not register anybody"
    );
}
