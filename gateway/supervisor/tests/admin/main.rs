//! The admin socket, asked by `curl`: who may ask, what is refused and in which words, and that
//! the registry is what was acknowledged, whenever the gateway is killed.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

mod addresses;
mod certificates;
mod follow;
mod fuzz;
mod house;
mod killed;
mod late;
mod remote;
mod secrets;
mod who;

use std::fs;

use house::House;
use serde_json::{Value, json};

fn house_with_store() -> House {
    let house = House::start("");
    let path = house.directory.path().join("vms");
    house.done(
        "POST",
        "/v1/stores",
        Some(json!({"name": "vms", "path": path})),
    );
    house
}

#[test]
fn every_operation_that_is_declared_is_answered() {
    let house = House::start("");
    for endpoint in labelgate_api::endpoints::all() {
        let path = endpoint
            .path
            .replace("{label}", "s0:c1,c2")
            .replace("{lease}", "00000000-0000-0000-0000-000000000000")
            .replace("{vm}", "00000000-0000-0000-0000-000000000000")
            .replace(['{', '}'], "");
        if path == "/v1/audit/verify" {
            house.refused("GET", &path, None, "unsupported");
            continue;
        }
        let (_, answer) = house.ask(endpoint.method.as_str(), &path, Some(&json!({})));
        let code = &answer["error"]["code"];
        assert_ne!(code, "no-such-endpoint", "{} {path}", endpoint.name);
        assert_ne!(code, "internal", "{} {path}: {answer}", endpoint.name);
    }
    house.refused("GET", "/v1/nothing", None, "no-such-endpoint");
    house.refused("PATCH", "/v1/images", None, "no-such-endpoint");
}

#[test]
fn an_image_is_made_sparse_beneath_its_store_and_deleted_only_when_that_is_asked_for() {
    let house = house_with_store();
    let (store, size) = (house.directory.path().join("vms"), 1_u64 << 40);
    let image = |name: &str| json!({"store": "vms", "name": name, "label": "auto", "size": size});
    let a = house.done("POST", "/v1/images", Some(image("a")));
    assert_eq!((&a["size"], &a["allocated"]), (&json!(size), &json!(0)));
    assert_eq!(fs::metadata(store.join("a.img")).unwrap().len(), size);
    let b = house.done("POST", "/v1/images", Some(image("b")));
    assert_ne!(a["label"], b["label"]);
    assert_ne!(a["serial"], b["serial"]);

    house.refused("POST", "/v1/images", Some(image("a")), "exists");
    fs::write(store.join("c.img"), "somebody's").unwrap();
    let there = house.refused("POST", "/v1/images", Some(image("c")), "exists");
    assert!(there.contains("leave the size out"), "{there}");
    assert_eq!(fs::read(store.join("c.img")).unwrap(), b"somebody's");

    house.done("DELETE", "/v1/images/vms/a", None);
    assert!(store.join("a.img").exists());
    house.done("DELETE", "/v1/images/vms/b?delete_data=true", None);
    assert!(!store.join("b.img").exists());
    let levels = house.done("GET", "/v1/levels", None);
    assert_eq!(levels["levels"].as_array().unwrap().len(), 2, "{levels}");
}

#[test]
fn no_file_out_of_the_store_is_reached() {
    let house = house_with_store();
    let outside = house.directory.path().join("outside.img");
    fs::write(&outside, [0; 512]).unwrap();
    let store = house.directory.path().join("vms");
    std::os::unix::fs::symlink(&outside, store.join("link.img")).unwrap();
    let image = |file: &str| json!({"store": "vms", "name": "a", "label": "s0:c1,c2", "file": file, "size": 512});
    for file in [
        "../outside.img",
        "/etc/passwd",
        "a/../../b",
        "",
        ".",
        "a//b",
    ] {
        house.refused("POST", "/v1/images", Some(image(file)), "invalid");
    }
    house.refused("POST", "/v1/images", Some(image("link.img")), "invalid");
    assert_eq!(fs::metadata(&outside).unwrap().len(), 512);
    let images = house.done("GET", "/v1/images", None);
    assert_eq!(images, json!({"images": []}), "nothing is left of any");
}

#[test]
fn what_is_in_the_file_is_changed_there_and_nothing_is_declared_twice() {
    let house = House::start(
        "[[store]]\nname = \"declared\"\npath = \"/srv\"\n\
         [[image]]\nname = \"i\"\nstore = \"declared\"\nfile = \"i\"\nlabel = \"s0:c0,c1\"\n\
         [[identity]]\naddress = \"10.9.1.2\"\nlabel = \"s0:c0,c1\"\n",
    );
    let path = house.directory.path().join("vms");
    house.refused(
        "POST",
        "/v1/stores",
        Some(json!({"name": "declared", "path": path})),
        "declared",
    );
    house.refused(
        "POST",
        "/v1/stores",
        Some(json!({"name": "x", "path": "/srv/a"})),
        "unsupported",
    );
    for (method, path) in [
        ("DELETE", "/v1/stores/declared"),
        ("DELETE", "/v1/images/declared/i"),
        ("DELETE", "/v1/identities/address%3A10.9.1.2"),
    ] {
        let why = house.refused(method, path, None, "declared");
        assert!(why.contains("labelgate reload"), "{why}");
    }
    let same = json!({
        "name": "vm", "label": "s0:c5,c6",
        "proof": {"kind": "address", "network": "10.9.1.2"},
    });
    house.refused("POST", "/v1/identities", Some(same), "declared");
    // The file's label is nobody else's.
    let level = house.done("POST", "/v1/levels", Some(json!({"for_whom": "vm"})));
    assert_ne!(level["label"], "s0:c0,c1");
}

#[test]
fn a_file_that_clashes_with_the_registry_is_not_taken() {
    let house = house_with_store();
    let level = house.done("POST", "/v1/levels", Some(json!({"for_whom": "vm 7"})));
    let config = house.directory.path().join("labelgate.toml");
    let before = fs::read_to_string(&config).unwrap();
    let label = level["label"].as_str().unwrap();
    let with = format!("{before}\n[[identity]]\naddress = \"10.9.1.2\"\nlabel = \"{label}\"\n");
    fs::write(&config, with).unwrap();

    let why = house.refused("POST", "/v1/reload", None, "declared");
    assert!(
        why.contains("was allocated for") && why.contains("vm 7"),
        "{why}"
    );
    let identities = house.done("GET", "/v1/identities", None);
    assert_eq!(identities, json!({"identities": []}));
    house.done("DELETE", &format!("/v1/levels/{label}"), None);
    house.done("POST", "/v1/reload", None);
    let identities = house.done("GET", "/v1/identities", None);
    assert_eq!(identities["identities"][0]["source"], "configuration");
}

#[test]
fn a_secret_is_shown_once_and_nowhere_else() {
    let house = house_with_store();
    let chap = json!({
        "name": "vm-a", "label": "auto", "proof": {"kind": "chap", "mutual": true},
    });
    let added = house.done("POST", "/v1/identities", Some(chap));
    let mut shown = vec![secrets(&added)];
    let rotated = house.done("POST", "/v1/identities/vm-a/rotate", Some(json!({})));
    shown.push(secrets(&rotated));
    let brought = json!({"secret": "brought-by-an-admin"});
    let rotated = house.done("POST", "/v1/identities/vm-a/rotate", Some(brought));
    shown.push(secrets(&rotated));
    let same = json!({"secret": "the-same-twice!!", "reverse_secret": "the-same-twice!!"});
    house.refused("POST", "/v1/identities/vm-a/rotate", Some(same), "invalid");

    let mut all: Vec<_> = shown.concat();
    all.push("the-same-twice!!".to_owned());
    assert_eq!(all.len(), 7);
    let mut said = String::new();
    for path in [
        "status",
        "identities",
        "identities/vm-a",
        "levels",
        "audit?last=100",
        "metrics",
    ] {
        said += &house.done("GET", &format!("/v1/{path}"), None).to_string();
    }
    said += &fs::read_to_string(house.directory.path().join("log")).unwrap();
    for secret in all {
        assert!(!said.contains(&secret), "{secret} is in {said}");
    }
}

#[test]
fn a_token_is_shown_once_and_nowhere_else() {
    let house = house_with_store();
    let proof = |proof: Value| json!({"name": "nfs-a", "label": "auto", "proof": proof});
    let new = proof(json!({"kind": "token"}));
    let added = house.done("POST", "/v1/identities", Some(new));
    let rotate = |asked: Value| house.done("POST", "/v1/identities/nfs-a/rotate", Some(asked));
    let brought = "brought-by-an-admin_1";
    let shown = [
        added["token"].clone(),
        rotate(json!({}))["token"].clone(),
        rotate(json!({"token": brought}))["token"].clone(),
    ];
    assert_eq!(shown[2], brought);
    assert!(shown[0] != shown[1] && shown[0].as_str().unwrap().len() == 26);
    let refused = |asked: Value, code: &str| {
        let path = "/v1/identities/nfs-a/rotate";
        house.refused("POST", path, Some(asked), code)
    };
    refused(json!({"token": brought}), "exists");
    refused(json!({"secret": "a-secret-of-22-letters"}), "unsupported");
    refused(json!({"token": brought, "mutual": true}), "invalid");
    let chap = json!({"name": "vm-a", "label": "auto", "proof": {"kind": "chap"}});
    house.done("POST", "/v1/identities", Some(chap));
    let token = json!({"token": "another-of-an-admins"});
    let rotation = "/v1/identities/vm-a/rotate";
    house.refused("POST", rotation, Some(token), "unsupported");

    let identity = house.done("GET", "/v1/identities/nfs-a", None);
    assert_eq!(identity["proof"], json!({"kind": "token"}));
    let mut said = identity.to_string();
    for path in [
        "status",
        "identities",
        "levels",
        "audit?last=100",
        "metrics",
    ] {
        said += &house.done("GET", &format!("/v1/{path}"), None).to_string();
    }
    said += &fs::read_to_string(house.directory.path().join("log")).unwrap();
    for token in shown {
        let token = token.as_str().unwrap();
        assert!(!said.contains(token), "{token} is in {said}");
    }
    assert!(!said.contains("another-of-an-admins"), "{said}");
}

#[test]
fn the_trail_says_how_an_identity_is_proved() {
    let house = house_with_store();
    for (name, proof) in [
        ("a", json!({"kind": "address", "network": "10.9.1.2"})),
        ("c", json!({"kind": "chap"})),
        ("t", json!({"kind": "token"})),
    ] {
        let new = json!({"name": name, "label": "auto", "proof": proof});
        house.done("POST", "/v1/identities", Some(new));
        house.done("DELETE", &format!("/v1/identities/{name}"), None);
    }
    let trail = house.done("GET", "/v1/audit?last=100", None);
    let records = trail.as_str().unwrap().lines();
    let records: Vec<Value> = records.map(|r| serde_json::from_str(r).unwrap()).collect();
    let of = |event: &str| -> Vec<&str> {
        let records = records.iter().filter(|record| record["event"] == event);
        records.map(|r| r["proof"].as_str().unwrap()).collect()
    };
    assert_eq!(of("identity-add"), ["address", "chap", "token"]);
    assert_eq!(of("identity-remove"), ["address", "chap", "token"]);
}

fn secrets(answer: &Value) -> Vec<String> {
    let secrets = answer["secrets"].as_object().unwrap();
    secrets
        .values()
        .map(|s| s.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_change_is_on_record_with_who_asked() {
    let house = house_with_store();
    house.done(
        "POST",
        "/v1/images",
        Some(json!({"store": "vms", "name": "a", "label": "auto", "size": 4096})),
    );
    house.refused("DELETE", "/v1/images/vms/b", None, "not-found");
    house.done("DELETE", "/v1/images/vms/a", None);
    house.refused("DELETE", "/v1/stores/nope", None, "not-found");
    let trail = house.done("GET", "/v1/audit?last=100", None);
    let trail = trail.as_str().unwrap();
    for (event, decision) in [
        ("store-add", "allow"),
        ("level-allocate", "allow"),
        ("image-create", "allow"),
        ("image-delete", "allow"),
        ("store-remove", "deny"),
    ] {
        let record = trail
            .lines()
            .find(|line| line.contains(&format!("\"{event}\"")));
        let record: Value = serde_json::from_str(record.unwrap()).unwrap();
        assert_eq!(record["decision"], decision, "{record}");
        assert_eq!(record["asked_by"], "uid 0 (root)", "{record}");
    }
}

#[test]
fn a_backup_is_the_registry_and_one_that_was_changed_is_refused() {
    let house = house_with_store();
    house.done(
        "POST",
        "/v1/identities",
        Some(json!({"name": "vm-a", "label": "auto", "proof": {"kind": "chap"}})),
    );
    house.done(
        "POST",
        "/v1/identities",
        Some(json!({"name": "nfs-a", "label": "auto", "proof": {"kind": "token"}})),
    );
    let before = house.done("GET", "/v1/identities", None);
    let backup = house.done("POST", "/v1/backup", None);
    let backup = backup.as_str().unwrap().to_owned();
    house.done("DELETE", "/v1/identities/vm-a", None);
    house.done("DELETE", "/v1/identities/nfs-a", None);

    let broken = Value::String(backup.replace("vm-a", "vm-b"));
    let restore = |text: &Value| {
        let file = house.directory.path().join("backup");
        fs::write(&file, text.as_str().unwrap()).unwrap();
        house.upload("/v1/restore", &file)
    };
    let (status, answer) = restore(&broken);
    assert_eq!(
        (status, &answer["error"]["code"]),
        (400, &json!("invalid")),
        "{answer}"
    );
    assert_eq!(
        house.done("GET", "/v1/identities", None),
        json!({"identities": []})
    );
    let (status, answer) = restore(&Value::String(backup));
    assert_eq!(status, 200, "{answer}");
    assert_eq!(house.done("GET", "/v1/identities", None), before);
}
