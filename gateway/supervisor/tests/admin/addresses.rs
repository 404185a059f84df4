//! From where the machines of a hypervisor connect.

use serde_json::{Value, json};

use super::remote::{OTHER_VM, Remote, VM, disks, furnish, iscsi, start};

/// What is asked for a machine that has this image, and perhaps for one address.
fn body(image: &str, address: Option<&str>) -> Value {
    let mut body = disks(&[iscsi(image, Some(image))]);
    if let Some(address) = address {
        body["address"] = address.into();
    }
    body
}

/// What a hypervisor is enrolled with: its machine, and where that connects from.
fn whose(vm: &str, addresses: &[&str]) -> Value {
    json!({"machines": [vm], "addresses": addresses})
}

#[test]
fn what_a_hypervisor_starts_is_for_its_own_addresses_and_no_other_hosts() {
    let remote = Remote::start();
    furnish(&remote.house);
    let (a_has, b_has) = (
        whose(VM, &["10.0.0.1", "fd00::1"]),
        whose(OTHER_VM, &["10.0.0.2"]),
    );
    let a = remote.enrol("kvm-a", "hypervisor", a_has);
    let b = remote.enrol("kvm-b", "hypervisor", b_has);
    let path = start(OTHER_VM);
    let said = remote.refused(
        &b,
        ("POST", &path),
        body("mail", Some("10.0.0.1")),
        "invalid",
    );
    assert!(
        said.contains("10.0.0.1 is no address of host kvm-b"),
        "{said}"
    );
    let asked =
        json!({"vm": OTHER_VM, "host": "kvm-b", "label": "s0:c3,c4", "address": "10.0.0.1"});
    remote.refused(&b, ("POST", "/v1/leases"), asked, "invalid");
    let lease = remote.done(&b, "POST", &path, body("mail", Some("10.0.0.2")));
    assert_eq!(lease["host_addresses"], json!(["10.0.0.2"]));
    let lease = remote.done(&a, "POST", &start(VM), body("web", None));
    assert_eq!(lease["host_addresses"], json!(["10.0.0.1", "fd00::1"]));
    remote.wait_for_record(&["lease-start", "host kvm-b at", "is no address of", "deny"]);

    // An admin's lease on a hypervisor is as bound.
    let asked = json!({"vm": VM, "host": "kvm-b", "label": "s0:c1,c2", "address": "10.0.0.1"});
    remote
        .house
        .refused("POST", "/v1/leases", Some(asked), "invalid");
}

#[test]
fn the_addresses_of_a_hypervisor_change_and_with_them_what_its_leases_admit() {
    let remote = Remote::start();
    furnish(&remote.house);
    let a = remote.enrol("kvm-a", "hypervisor", whose(VM, &["10.0.0.1"]));
    remote.done(&a, "POST", &start(VM), body("web", None));
    // The host cannot do that itself.
    let path = "/v1/hosts/kvm-a/addresses";
    let asked = json!({"addresses": ["10.0.0.7"]});
    remote.refused(&a, ("PUT", path), asked.clone(), "forbidden");
    let ended = remote.house.done("PUT", path, Some(asked));
    assert_eq!(ended["sessions_ended"], 0);
    let leases = remote.try_ask(&a, "GET", "/v1/leases", None).unwrap().1;
    assert_eq!(
        leases["leases"][0]["host_addresses"],
        json!(["10.0.0.7"]),
        "{leases}"
    );
    for wrong in [
        json!({}),
        json!({"addresses": ["10.0.0.7"], "any_address": true}),
    ] {
        remote.house.refused("PUT", path, Some(wrong), "invalid");
    }
    remote
        .house
        .done("PUT", path, Some(json!({"any_address": true})));
    let shown = remote.house.done("GET", "/v1/hosts/kvm-a", None);
    assert_eq!(
        (&shown["any_address"], &shown["addresses"]),
        (&json!(true), &json!([]))
    );
}
