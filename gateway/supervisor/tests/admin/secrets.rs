//! Secrets of machines, as hypervisors ask for them.

use serde_json::json;

use super::remote::{OTHER_VM, Remote, VM, disks, furnish, iscsi, start, stop};

fn secret(vm: &str) -> String {
    format!("/v1/machines/{vm}/secret")
}

#[test]
fn a_hypervisor_gets_a_new_secret_of_its_own_machine_that_runs_nowhere() {
    let remote = Remote::start();
    furnish(&remote.house);
    let a = remote.hypervisor("kvm-a", &[VM]);
    let b = remote.hypervisor("kvm-b", &[OTHER_VM]);
    let of = |identity: &str| json!({"identity": identity});
    let first = remote.done(&a, "POST", &secret(VM), of("web"));
    let second = remote.done(&a, "POST", &secret(VM), of("web"));
    let text = second["secret"].as_str().unwrap();
    assert!(text.len() >= 16 && first != second, "each is given once");

    // Another's machine, another's identity, and one that is nobody's.
    let said = |path: &str, identity: &str, code: &str| {
        let said = remote.refused(&a, ("POST", path), of(identity), code);
        said.replace(identity, "X")
    };
    said(&secret(OTHER_VM), "mail", "forbidden");
    let foreign = said(&secret(VM), "mail", "forbidden");
    assert_eq!(foreign, said(&secret(VM), "nobody", "forbidden"));
    let granted = remote.refused(&b, ("POST", &secret(VM)), of("web"), "forbidden");
    assert!(
        granted.contains("is not granted to host kvm-b"),
        "{granted}"
    );

    // QEMU goes on with what it was started with.
    let own = disks(&[iscsi("web", Some("web"))]);
    remote.done(&a, "POST", &start(VM), own);
    let runs = remote.refused(&a, ("POST", &secret(VM)), of("web"), "in-use");
    assert!(runs.contains("runs"), "{runs}");
    remote.done(&a, "POST", &stop(VM), json!({}));
    let third = remote.done(&a, "POST", &secret(VM), of("web"));
    remote.wait_for_record(&["identity-rotate", "host kvm-a at", "web", "allow"]);
    remote.wait_for_record(&["identity-rotate", "host kvm-a at", "mail", "deny"]);
    let trail = remote
        .house
        .done("GET", "/v1/audit?last=200", None)
        .to_string();
    for given in [&first, &second, &third] {
        assert!(!trail.contains(given["secret"].as_str().unwrap()));
    }
}

#[test]
fn nobody_but_a_hypervisor_and_for_nothing_but_chap_of_one_direction() {
    let remote = Remote::start();
    furnish(&remote.house);
    let kvm = remote.hypervisor("kvm-a", &[VM]);
    let admin = remote.enrol("ops", "admin", json!({}));
    let monitor = remote.enrol("watch", "monitor", json!({}));
    let body = |identity: &str| json!({"identity": identity});
    let more = json!({"any_machine": true, "any_address": true});
    let any = remote.enrol("kvm-b", "hypervisor", more);
    for host in [&admin, &monitor, &any] {
        remote.refused(host, ("POST", &secret(VM)), body("web"), "forbidden");
    }
    remote
        .house
        .refused("POST", &secret(VM), Some(body("web")), "forbidden");
    for (name, proof) in [
        ("web-nfs", json!({"kind": "token"})),
        ("web-mutual", json!({"kind": "chap", "mutual": true})),
    ] {
        let identity = json!({"name": name, "label": "s0:c1,c2", "vm": VM, "proof": proof});
        remote.house.done("POST", "/v1/identities", Some(identity));
        remote.refused(&kvm, ("POST", &secret(VM)), body(name), "unsupported");
    }
}
