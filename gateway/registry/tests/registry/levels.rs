//! Labels that are given out, and leases on them.

use labelgate_registry::{Change, RedbRegistry, Registry};

use crate::samples::{allocation, chap, image, lease, registry, store, time};

fn refused(registry: &RedbRegistry, change: &Change) -> String {
    let before = registry.read().unwrap();
    let refusal = registry.apply(change).unwrap_err().to_string();
    assert_eq!(registry.read().unwrap(), before);
    refusal
}

#[test]
fn no_label_is_given_out_that_anybody_has() {
    let (_directory, _, registry) = registry();
    registry.apply(&store("vms")).unwrap();
    // The first pairs there are, taken by an image, an identity, and somebody who is not known here.
    let image = image("vms", "web", "s0:c0,c1");
    registry.apply(&Change::AddImage(image)).unwrap();
    registry
        .apply(&Change::AddIdentity(chap("vm", "s0:c0,c2")))
        .unwrap();
    let mut wanted = allocation();
    wanted.reserved = ["s0:c0,c3".parse().unwrap()].into();
    let mut given = Vec::new();
    for _ in 0..100 {
        let applied = registry
            .apply(&Change::AllocateLevel(wanted.clone()))
            .unwrap();
        given.push(applied.allocated.unwrap().to_string());
    }
    for taken in ["s0:c0,c1", "s0:c0,c2", "s0:c0,c3"] {
        assert!(!given.iter().any(|label| label == taken), "{taken}");
    }
    given.sort_unstable();
    given.dedup();
    assert_eq!(given.len(), 100, "one was given twice");
}

#[test]
fn a_label_is_released_only_when_nobody_has_it() {
    let (_directory, _, registry) = registry();
    let applied = registry
        .apply(&Change::AllocateLevel(allocation()))
        .unwrap();
    let label = applied.allocated.unwrap();
    let release = Change::ReleaseLevel(label.clone());
    let text = label.to_string();
    registry
        .apply(&Change::AddIdentity(chap("vm", &text)))
        .unwrap();
    let said = refused(&registry, &release);
    assert!(said.contains("vm"), "{said}");
    registry
        .apply(&Change::RemoveIdentity("vm".parse().unwrap()))
        .unwrap();
    let running = lease(1, 2, "kvm-1", &text);
    registry
        .apply(&Change::StartLease(running.clone()))
        .unwrap();
    let said = refused(&registry, &release);
    assert!(said.contains("lease"), "{said}");
    registry.apply(&Change::EndLease(running.id)).unwrap();
    registry.apply(&release).unwrap();
}

#[test]
fn a_label_is_leased_on_two_hosts_for_one_machine_and_never_for_two_machines() {
    let (_directory, _, registry) = registry();
    let applied = registry
        .apply(&Change::AllocateLevel(allocation()))
        .unwrap();
    let label = applied.allocated.unwrap().to_string();
    let source = lease(1, 7, "kvm-1", &label);
    let destination = lease(2, 7, "kvm-2", &label);
    registry.apply(&Change::StartLease(source)).unwrap();
    registry.apply(&Change::StartLease(destination)).unwrap();
    let stranger = lease(3, 8, "kvm-3", &label);
    let said = refused(&registry, &Change::StartLease(stranger));
    assert!(
        said.contains("00000000-0000-0000-0000-000000000007"),
        "{said}"
    );
}

#[test]
fn a_lease_that_is_over_is_listed_as_expired() {
    let (_directory, _, registry) = registry();
    let applied = registry
        .apply(&Change::AllocateLevel(allocation()))
        .unwrap();
    let mut short = lease(1, 2, "kvm-1", &applied.allocated.unwrap().to_string());
    short.ends = Some(time(2000));
    registry.apply(&Change::StartLease(short.clone())).unwrap();
    let snapshot = registry.read().unwrap();
    assert_eq!(snapshot.expired(time(1999)).count(), 0);
    assert_eq!(snapshot.expired(time(2000)).count(), 1);
    let renew = Change::RenewLease {
        lease: short.id,
        ends: None,
    };
    let renewed = registry.apply(&renew).unwrap().snapshot;
    assert_eq!(renewed.expired(time(1 << 33)).count(), 0);
}
