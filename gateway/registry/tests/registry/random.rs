//! Any changes in any order.

use std::collections::BTreeSet;
use std::sync::Arc;

use labelgate_registry::{
    ApplyError, Change, HostRole, Machines, NewSecrets, RedbRegistry, Registry, Snapshot, Token,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::samples::{
    allocation, at_address, chap, host, image, lease, registry, rotation, secrets, store, token,
};

const LABELS: [&str; 3] = ["s0:c1,c2", "s0:c3,c4", "s0:c0,c1"];

/// One of a few changes to a few things, so that they meet.
fn change(kind: u8, one: u8, other: u8) -> Change {
    let name = format!("n{}", one % 3);
    let label = LABELS[usize::from(other) % LABELS.len()];
    let group = || label.parse().unwrap();
    match kind % 22 {
        0 => store(&name),
        1 => Change::RemoveStore(name.parse().unwrap()),
        2 => Change::AddImage(image(&name, &format!("i{}", other % 2), label)),
        3 => Change::RemoveImage(image(&name, &format!("i{}", other % 2), label).id()),
        4 => Change::RelabelImage {
            image: image(&name, "i0", label).id(),
            label: group(),
        },
        5 => Change::ResizeImage {
            image: image(&name, "i0", label).id(),
            size: u64::from(other) << 18,
        },
        6 => Change::AddIdentity(match one % 2 {
            0 => chap(&name, label),
            _ => token(&name, label),
        }),
        7 => Change::AddIdentity(at_address(
            &name,
            &format!("10.0.{}.0/24", other % 2),
            label,
        )),
        8 => match other % 2 {
            0 => rotation(&name, NewSecrets::Chap(secrets())),
            _ => rotation(&name, NewSecrets::Token(Token::generate().unwrap())),
        },
        9 => Change::RemoveIdentity(name.parse().unwrap()),
        10 => Change::AddGroup(group()),
        11 => Change::RemoveGroup(group()),
        12 => Change::Grant {
            group: group(),
            member: name.parse().unwrap(),
        },
        13 => Change::Revoke {
            group: group(),
            member: name.parse().unwrap(),
        },
        14 => match other % 3 {
            0 => Change::AllocateLevel(allocation()),
            _ => Change::ReleaseLevel(group()),
        },
        15 => Change::AddHost(host(
            &name,
            HostRole::Hypervisor(Machines::These(BTreeSet::new())),
            other % 3,
        )),
        16 => Change::RemoveHost(name.parse().unwrap()),
        17 => Change::GrantMachine {
            host: name.parse().unwrap(),
            vm: Uuid::from_u128(u128::from(other % 2)),
        },
        18..=20 => of_followers(kind % 22, one, other),
        _ => match other % 3 {
            0 => Change::EndLease(Uuid::from_u128(u128::from(one % 3))),
            _ => Change::StartLease(lease((one % 3).into(), (other % 2).into(), &name, label)),
        },
    }
}

/// The same of images that follow a machine.
fn of_followers(kind: u8, one: u8, other: u8) -> Change {
    let name = format!("n{}", one % 3);
    let label = LABELS[usize::from(other) % LABELS.len()];
    let group = || label.parse().unwrap();
    match kind {
        18 => Change::FollowMachine {
            image: image(&name, &format!("i{}", other % 2), label).id(),
            vm: Uuid::from_u128(u128::from(other % 2)),
            // What is allocated first.
            rest: LABELS[2].parse().unwrap(),
        },
        19 => match other % 3 {
            0 => Change::ComeBack {
                vm: Uuid::from_u128(u128::from(one % 2)),
            },
            _ => Change::SetOut {
                vm: Uuid::from_u128(u128::from(one % 2)),
                level: group(),
            },
        },
        _ => Change::MoveLease {
            lease: Uuid::from_u128(u128::from(one % 3)),
            label: group(),
        },
    }
}

/// Makes a change, or sees that nothing has come of it.
fn apply(registry: &RedbRegistry, before: Arc<Snapshot>, change: &Change) -> Arc<Snapshot> {
    match registry.apply(change) {
        Ok(applied) => {
            assert_eq!(applied.snapshot.revision, before.revision + 1);
            applied.snapshot
        }
        Err(ApplyError::Refused(_)) => before,
        Err(other) => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_is_changed_the_registry_never_contradicts_itself(
        steps in proptest::collection::vec(any::<(u8, u8, u8)>(), 1..60)
    ) {
        let (_directory, path, registry) = registry();
        let mut snapshot = registry.read().unwrap();
        for (kind, one, other) in steps {
            snapshot = apply(&registry, snapshot, &change(kind, one, other));
            snapshot.check().unwrap();
            prop_assert_eq!(&registry.read().unwrap(), &snapshot);
        }
        drop(registry);
        let registry = RedbRegistry::open(&path).unwrap();
        prop_assert_eq!(&registry.read().unwrap(), &snapshot);
        let mut backup = Vec::new();
        registry.backup(&mut backup).unwrap();
        let restored = registry.restore(&mut backup.as_slice()).unwrap();
        prop_assert_eq!(&restored.images, &snapshot.images);
        prop_assert_eq!(&restored.leases, &snapshot.leases);
        prop_assert_eq!(&restored.hosts, &snapshot.hosts);
        restored.check().unwrap();
    }
}
