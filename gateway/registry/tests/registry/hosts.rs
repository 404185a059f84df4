//! Hosts that may speak to the gateway over the network.

use std::collections::BTreeSet;
use std::net::IpAddr;

use labelgate_registry::{
    Change, Fingerprint, Host, HostRole, Kind, Lease, Machines, RedbRegistry, Refusal, Registry,
};
use uuid::Uuid;

use crate::backup::{backup, sealed_as};
use crate::rules::{make, refused};
use crate::samples::{chap, host, lease, registry};

fn kvm(name: &str, machines: &[u128], certificate: u8) -> Host {
    let machines = machines.iter().map(|vm| Uuid::from_u128(*vm)).collect();
    host(
        name,
        HostRole::Hypervisor(Machines::These(machines)),
        certificate,
    )
}

fn grant(name: &str, vm: u128) -> Change {
    Change::GrantMachine {
        host: name.parse().unwrap(),
        vm: Uuid::from_u128(vm),
    }
}

fn revoke(name: &str, vm: u128) -> Change {
    Change::RevokeMachine {
        host: name.parse().unwrap(),
        vm: Uuid::from_u128(vm),
    }
}

fn recertify(name: &str, certificate: u8) -> Change {
    Change::RecertifyHost {
        host: name.parse().unwrap(),
        fingerprint: Fingerprint::new([certificate; 32]),
        expires: crate::samples::time(1 << 33),
    }
}

fn may_run(registry: &RedbRegistry, name: &str, vm: u128) -> bool {
    let snapshot = registry.read().unwrap();
    let host = &snapshot.hosts[&name.parse().unwrap()];
    let HostRole::Hypervisor(machines) = &host.role else {
        panic!("{host:?}")
    };
    machines.include(Uuid::from_u128(vm))
}

#[test]
fn a_host_is_known_by_its_certificate_until_it_is_removed_or_has_another() {
    let (_directory, path, registry) = registry();
    make(&registry, [Change::AddHost(kvm("kvm-1", &[], 1))]);
    let known = |registry: &RedbRegistry, certificate| {
        let snapshot = registry.read().unwrap();
        let host = snapshot.host_of(Fingerprint::new([certificate; 32]));
        host.map(|host| host.name.to_string())
    };
    assert_eq!(known(&registry, 1).as_deref(), Some("kvm-1"));
    assert_eq!(known(&registry, 2), None);
    make(&registry, [recertify("kvm-1", 2)]);
    drop(registry);
    let registry = RedbRegistry::open(&path).unwrap();
    assert_eq!(known(&registry, 1), None);
    assert_eq!(known(&registry, 2).as_deref(), Some("kvm-1"));
    make(&registry, [Change::RemoveHost("kvm-1".parse().unwrap())]);
    assert_eq!(known(&registry, 2), None);
}

#[test]
fn a_hypervisor_may_run_what_was_granted_until_it_is_revoked() {
    let (_directory, _, registry) = registry();
    make(&registry, [Change::AddHost(kvm("kvm-1", &[1], 1))]);
    assert!(may_run(&registry, "kvm-1", 1) && !may_run(&registry, "kvm-1", 2));
    make(&registry, [grant("kvm-1", 2), revoke("kvm-1", 1)]);
    assert!(!may_run(&registry, "kvm-1", 1) && may_run(&registry, "kvm-1", 2));
}

#[test]
fn what_is_in_the_way_of_a_host_is_said() {
    let (_directory, _, registry) = registry();
    let any = host("any", HostRole::Hypervisor(Machines::Any), 8);
    make(
        &registry,
        [
            Change::AddHost(kvm("kvm-1", &[1], 1)),
            Change::AddHost(host("watch", HostRole::Monitor, 9)),
            Change::AddHost(any),
        ],
    );
    refused(
        &registry,
        &[
            (
                Change::AddHost(kvm("kvm-1", &[], 2)),
                "host kvm-1 is there already",
            ),
            (
                Change::AddHost(kvm("kvm-2", &[], 1)),
                "the certificate is host kvm-1's",
            ),
            (recertify("watch", 1), "the certificate is host kvm-1's"),
            (recertify("kvm-1", 1), "the certificate is host kvm-1's"),
            (recertify("kvm-3", 7), "there is no host kvm-3"),
            (grant("kvm-3", 1), "there is no host kvm-3"),
            (grant("kvm-1", 1), "may run machine"),
            (revoke("kvm-1", 2), "is not granted to host kvm-1"),
            (grant("watch", 1), "is no hypervisor"),
            (revoke("any", 1), "may run any machine"),
            (
                Change::RemoveHost("kvm-3".parse().unwrap()),
                "there is no host kvm-3",
            ),
        ],
    );
    let kind = |refusal: Refusal| refusal.kind();
    let vm = Uuid::from_u128(1);
    let name: labelgate_registry::HostId = "kvm-1".parse().unwrap();
    let host = name.clone();
    assert_eq!(kind(Refusal::MachineNotGranted { host, vm }), Kind::Absent);
    assert_eq!(kind(Refusal::NoHypervisor(name)), Kind::Invalid);
}

fn at(addresses: &[&str]) -> Option<BTreeSet<IpAddr>> {
    Some(
        addresses
            .iter()
            .map(|address| address.parse().unwrap())
            .collect(),
    )
}

fn addresses(name: &str, addresses: Option<BTreeSet<IpAddr>>) -> Change {
    let host = name.parse().unwrap();
    Change::SetHostAddresses { host, addresses }
}

#[test]
fn a_lease_has_the_addresses_of_its_host_and_keeps_them_when_that_goes() {
    let (_directory, _, registry) = registry();
    let kvm_1 = Host {
        addresses: at(&["10.0.0.1", "fd00::1"]),
        ..kvm("kvm-1", &[], 1)
    };
    let own = lease(1, 1, "kvm-1", "s0:c1,c2");
    make(
        &registry,
        [
            Change::AddIdentity(chap("web", "s0:c1,c2")),
            Change::StartLease(lease(2, 1, "kvm-2", "s0:c1,c2")),
            Change::AddHost(kvm_1),
            Change::StartLease(own.clone()),
            Change::StartLease(lease(3, 1, "nobodys", "s0:c1,c2")),
        ],
    );
    let of = |id: u128| {
        let snapshot = registry.read().unwrap();
        snapshot.leases[&Uuid::from_u128(id)].host_addresses.clone()
    };
    assert_eq!(of(1), at(&["10.0.0.1", "fd00::1"]));
    assert_eq!((of(2), of(3)), (None, None));
    // Another address, and none that are known; and a host whose machine runs already.
    make(&registry, [addresses("kvm-1", at(&["10.0.0.9"]))]);
    assert_eq!(of(1), at(&["10.0.0.9"]));
    let kvm_2 = Host {
        addresses: at(&["10.0.0.2"]),
        ..kvm("kvm-2", &[], 2)
    };
    make(&registry, [Change::AddHost(kvm_2)]);
    assert_eq!((of(1), of(2)), (at(&["10.0.0.9"]), at(&["10.0.0.2"])));
    make(
        &registry,
        [
            addresses("kvm-2", None),
            Change::RemoveHost("kvm-1".parse().unwrap()),
        ],
    );
    assert_eq!((of(1), of(2)), (at(&["10.0.0.9"]), None));
    // The host is gone, its addresses are not: they are in a backup that says so.
    let bytes = backup(&registry);
    assert!(bytes.starts_with(b"{\"labelgate-registry-backup\":6,"));
    let before = registry.read().unwrap().leases.clone();
    assert_eq!(
        registry.restore(&mut bytes.as_slice()).unwrap().leases,
        before
    );
}

#[test]
fn a_lease_is_not_for_an_address_of_another_host_and_only_hypervisors_have_some() {
    let (_directory, _, registry) = registry();
    let one = |name: &str, address: &str, certificate| {
        Change::AddHost(Host {
            addresses: at(&[address]),
            ..kvm(name, &[], certificate)
        })
    };
    make(
        &registry,
        [
            Change::AddIdentity(chap("web", "s0:c1,c2")),
            one("kvm-1", "10.0.0.1", 1),
            one("kvm-2", "10.0.0.2", 2),
            Change::AddHost(host("watch", HostRole::Monitor, 9)),
        ],
    );
    let start = |address: &str| {
        Change::StartLease(Lease {
            address: Some(address.parse().unwrap()),
            ..lease(1, 1, "kvm-1", "s0:c1,c2")
        })
    };
    let many: Vec<String> = (0..65).map(|last| format!("10.0.1.{last}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let watch = Host {
        addresses: at(&["10.0.0.3"]),
        ..host("other", HostRole::Admin, 8)
    };
    refused(
        &registry,
        &[
            (start("10.0.0.2"), "10.0.0.2 is no address of host kvm-1"),
            (addresses("watch", at(&["10.0.0.3"])), "is no hypervisor"),
            (Change::AddHost(watch), "is no hypervisor"),
            (addresses("kvm-3", None), "there is no host kvm-3"),
            (addresses("kvm-1", at(&many)), "there are 64 of them"),
        ],
    );
    make(&registry, [start("10.0.0.1")]);
}

#[test]
fn there_are_not_more_machines_than_a_record_may_have() {
    let (_directory, _, registry) = registry();
    let most: Vec<u128> = (0..4096).collect();
    let too_many: Vec<u128> = (0..4097).collect();
    make(&registry, [Change::AddHost(kvm("kvm-1", &most, 1))]);
    refused(
        &registry,
        &[
            (grant("kvm-1", 5000), "there are 4096 of them"),
            (
                Change::AddHost(kvm("kvm-2", &too_many, 2)),
                "there are 4096 of them",
            ),
        ],
    );
}

#[test]
fn a_name_fits_into_a_certificate() {
    for right in ["kvm-1", "kvm-1.example.com", &"x".repeat(64)] {
        assert!(right.parse::<labelgate_registry::HostId>().is_ok());
    }
    for wrong in ["", "a b", "a,b", "-a", &"x".repeat(65)] {
        let parsed = wrong.parse::<labelgate_registry::HostId>();
        let said = parsed.unwrap_err().to_string();
        assert!(said.starts_with("host name"), "{said}");
    }
}

#[test]
fn hosts_are_in_backups_whose_version_says_so() {
    let (_from, _, from) = registry();
    let first = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).unwrap();
        text.lines().next().unwrap().to_owned()
    };
    assert!(first(&backup(&from)).starts_with("{\"labelgate-registry-backup\":2,"));
    make(&from, [Change::AddHost(kvm("kvm-1", &[1, 2], 1))]);
    let bytes = backup(&from);
    assert!(first(&bytes).starts_with("{\"labelgate-registry-backup\":5,"));
    let (_to, _, to) = registry();
    let restored = to.restore(&mut bytes.as_slice()).unwrap();
    assert_eq!(restored.hosts, from.read().unwrap().hosts);
    // And a registry that is restored to one without them has none.
    let (_empty, _, empty) = registry();
    let restored = to.restore(&mut backup(&empty).as_slice()).unwrap();
    assert!(restored.hosts.is_empty());
}

#[test]
fn a_host_of_a_backup_is_read_as_version_5_wrote_it_and_not_in_an_earlier_one() {
    let (_directory, _, registry) = registry();
    let one = format!(
        r#"{{"host":{{"name":"kvm-1","role":{{"hypervisor":{{"these":["00000000-0000-0000-0000-000000000007"]}}}},"fingerprint":"{}","expires":"2029-11-30T00:00:00Z","since":"2026-11-30T00:00:00Z"}}}}"#,
        "ab".repeat(32)
    );
    let any = format!(
        r#"{{"host":{{"name":"kvm-2","role":{{"hypervisor":"any"}},"fingerprint":"{}","expires":"2029-11-30T00:00:00Z","since":"2026-11-30T00:00:00Z"}}}}"#,
        "cd".repeat(32)
    );
    let admin = format!(
        r#"{{"host":{{"name":"ops","role":"admin","fingerprint":"{}","expires":"2029-11-30T00:00:00Z","since":"2026-11-30T00:00:00Z"}}}}"#,
        "ef".repeat(32)
    );
    let twice = one.replace("kvm-1", "kvm-9");
    let restore =
        |version, lines: &[&str]| registry.restore(&mut sealed_as(version, lines).as_slice());
    let early = restore(4, &[&one]).unwrap_err().to_string();
    assert!(early.contains("no record of its version"), "{early}");
    let shared = restore(5, &[&one, &twice]).unwrap_err().to_string();
    assert!(shared.contains("has another's certificate"), "{shared}");
    let addresses = r#""addresses":["10.0.0.1"],"fingerprint""#;
    let at_home = one.replace("\"fingerprint\"", addresses);
    let early = restore(5, &[&at_home]).unwrap_err().to_string();
    assert!(early.contains("no record of its version"), "{early}");
    restore(6, &[&at_home]).unwrap();
    restore(5, &[&one, &any, &admin]).unwrap();
    assert!(may_run(&registry, "kvm-1", 7) && !may_run(&registry, "kvm-1", 8));
    assert!(may_run(&registry, "kvm-2", 8));
    let written = String::from_utf8(backup(&registry)).unwrap();
    for line in [&one, &any, &admin] {
        assert!(written.lines().any(|written| written == line), "{written}");
    }
}
