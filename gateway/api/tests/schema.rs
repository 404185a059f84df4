//! What is written is what the OpenAPI document says is written, and what the document refuses is
//! refused.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::fmt::Debug;

use jsonschema::Validator;
use labelgate_api::{
    AddBackend, AddGroup, AddHost, AddIdentity, AddStore, AddedIdentity, AllocateLevel,
    AuditReport, CertifiedHost, CertifyHost, ClearImage, CloneImage, CreateImage, CreateSnapshot,
    Done, EndedLease, FollowMachine, Groups, Hosts, Identities, Images, LabelImage, Leases, Levels,
    Problem, RekeyStore, RelabelledImage, Reloaded, ResizeImage, Restored, Revocation, RollBack,
    RotateIdentity, Rotated, Snapshots, StartLease, StartMachine, Status, Step, StopMachine, Store,
    Stores, Workers, document,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The schema that the document has for a type.
fn schema(name: &str) -> Validator {
    let document = serde_json::to_value(document()).unwrap();
    let components = document.get("components").unwrap();
    assert!(
        components.pointer(&format!("/schemas/{name}")).is_some(),
        "{name}"
    );
    let reference = format!("#/components/schemas/{name}");
    jsonschema::validator_for(&json!({ "$ref": reference, "components": components })).unwrap()
}

/// The type takes the value, and writes what the document describes.
fn agrees<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, value: &Value) {
    let schema = schema(name);
    let read: T = serde_json::from_value(value.clone())
        .unwrap_or_else(|error| panic!("{name}: {error}: {value}"));
    let written = serde_json::to_value(&read).unwrap();
    for value in [value, &written] {
        let said: Vec<String> = schema
            .iter_errors(value)
            .map(|error| error.to_string())
            .collect();
        assert!(said.is_empty(), "{name}: {said:?}: {value}");
    }
}

/// Neither the type nor the document takes the value.
fn refuses<T: DeserializeOwned + Debug>(name: &str, value: &Value) {
    let schema = schema(name);
    assert!(
        !schema.is_valid(value),
        "the document takes {value} for {name}"
    );
    let read = serde_json::from_value::<T>(value.clone());
    assert!(read.is_err(), "{name} takes {value}");
}

macro_rules! agree {
    ($($type:ident: $value:expr;)*) => {
        $(agrees::<$type>(stringify!($type), &$value);)*
    };
}

macro_rules! refuse {
    ($($type:ident: $value:expr;)*) => {
        $(refuses::<$type>(stringify!($type), &$value);)*
    };
}

const TIME: &str = "2026-11-30T12:00:00Z";
const UUID: &str = "b3c1a2d4-0000-4000-8000-000000000001";

const KEY: &str = "AQBSdFhcAAAAABAAuF2wqYhZxqPqXGg0dEcYrQ==";

fn target() -> serde_json::Value {
    json!({"kind": "iscsi", "portal": "10.0.0.9", "target": "iqn.2026-11.org.example:web-1",
           "initiator": "iqn.2026-11.io.labelgate:gateway", "user": "gateway"})
}

fn pool() -> Value {
    json!({"kind": "rbd", "monitors": "10.0.0.1", "pool": "vms", "entity": "client.labelgate"})
}

fn image() -> Value {
    json!({"store": "vms", "name": "web-1", "target": "iqn.2026-11.io.labelgate:vms.web-1",
        "label": "s0:c1,c2", "content": false, "file": "web-1.img", "size": 1024, "allocated": 0,
        "block_size": 512, "read_only": false, "direct": true,
        "serial": "00112233445566778899aabbccddeeff", "naa": "3011223344556677",
        "source": "registry", "poisoned": false})
}

fn content() -> Value {
    json!({"store": "vms", "name": "base", "target": "t", "content": true, "file": "b/c.img",
        "block_size": 4096, "read_only": true, "direct": false,
        "serial": "00112233445566778899aabbccddeeff", "naa": "3011223344556677",
        "source": "configuration", "poisoned": true})
}

fn identity(proof: &Value) -> Value {
    json!({"name": "web-1", "proof": proof, "label": "s0:c1.c5", "vm": UUID, "needs_lease": true,
        "groups": ["s0:c3,c4"], "source": "registry", "connections": 1})
}

fn lease() -> Value {
    json!({"id": UUID, "vm": UUID, "host": "h", "address": "::1", "label": "s0:c1,c2",
        "start": TIME, "ends": TIME})
}

fn host() -> Value {
    json!({"name": "kvm-1", "role": "hypervisor", "any_machine": false, "machines": [UUID],
        "fingerprint": "00ff", "expires": TIME, "since": TIME})
}

fn revocation() -> Value {
    json!({"sessions_ended": 1, "workers_killed": 1, "milliseconds": 3})
}

#[test]
fn answers_are_what_the_document_says() {
    let chap = json!({"kind": "chap", "mutual": true});
    let token = json!({"kind": "token"});
    let address = json!({"kind": "address", "network": "10.0.0.0/28"});
    let secrets = json!({"secret": "0123456789abcdef", "reverse_secret": "fedcba9876543210"});
    let store =
        json!({"name": "vms", "path": "/vms", "source": "registry", "images": 0, "free": 1});
    agree! {
        Done: json!({});
        Status: json!({"version": "0.1.0", "pid": 1, "since": TIME, "provider": "landlock",
            "portals": ["0.0.0.0:3260", "[::1]:3260"], "target_prefix": "iqn.2026-11.io.labelgate",
            "chap_name": "labelgate", "chap_algorithms": ["sha3-256", "sha256", "sha1", "md5"],
            "revision": 1, "stores": 1, "images": 1, "poisoned_images": 0, "identities": 1,
            "leases": 0, "workers": 0, "connections": 0, "warnings": ["w"]});
        Store: store;
        Store: json!({"name": "ceph", "source": "configuration", "images": 2, "backend":
            {"kind": "rbd", "monitors": "10.0.0.1", "pool": "vms", "entity": "labelgate"}});
        Stores: json!({"stores": [store]});
        Images: json!({"images": [image(), content()]});
        Snapshots: json!({"snapshots": [{"name": "s", "size": 1, "created": TIME}]});
        RelabelledImage: json!({"image": image(), "revocation": revocation()});
        Identities: json!({"identities": [identity(&chap), identity(&address)]});
        AddedIdentity: json!({"identity": identity(&chap), "secrets": secrets});
        AddedIdentity: json!({"identity": identity(&address)});
        AddedIdentity: json!({"identity": identity(&token), "token": "0123456789-ABCDEF_abcdef"});
        Rotated: json!({"identity": identity(&chap), "secrets": secrets});
        Rotated: json!({"identity": identity(&token), "token": "0123456789-ABCDEF_abcdef"});
        Groups: json!({"groups": [{"label": "s0:c3,c4", "members": ["web-1"]}]});
        Levels: json!({"levels": [{"label": "s0:c3,c4", "since": TIME, "for_whom": "web"}]});
        Leases: json!({"leases": [lease()]});
        EndedLease: json!({"lease": lease(), "revocation": revocation()});
        Hosts: json!({"hosts": [host()]});
        CertifiedHost: json!({"host": host(), "certificate": "pem", "authority": "pem"});
        Workers: json!({"workers": [{"label": "s0:c1,c2", "pid": 7, "phase": "backing-off",
            "since": TIME, "connections": 1, "images": 1, "resident": 4096}]});
        AuditReport: json!({"sound": false, "files": 1, "records": 2, "first": 1, "last": 2,
            "tail": "00", "broken": {"file": "f", "line": 1, "reason": "r"}});
        Reloaded: json!({"revocation": revocation()});
        Restored: json!({"revision": 1, "revocation": revocation()});
        Revocation: revocation();
        Step: json!({"progress": {"done": 1, "total": 2}});
        Step: json!({"progress": {"done": 1}});
        Step: json!({"result": image()});
        Step: json!({"error": {"code": "bad-image", "message": "m", "hint": "h"}});
        Problem: json!({"error": {"code": "not-found", "message": "m"}});
    }
}

#[test]
fn requests_are_what_the_document_says() {
    agree! {
        AddStore: json!({"name": "vms", "path": "/vms"});
        AddBackend: json!({"name": "ceph", "backend": pool(), "key": KEY});
        AddBackend: json!({"name": "gl", "backend": {"kind": "gluster", "servers": "10.0.0.1",
            "volume": "vms", "directory": "images"}});
        AddBackend: json!({"name": "san", "backend": target(), "secrets": {"secret": "secret-of-gateway"}});
        AddBackend: json!({"name": "nas", "backend": {"kind": "nfs", "server": "10.0.0.9", "export": "/x",
            "nfs_port": 2049, "uid": 107, "gid": 64}});
        RekeyStore: json!({"key": KEY});
        RekeyStore: json!({"secrets": {"secret": "secret-of-gateway", "target_secret": "secret-of-target"}});
        CreateImage: json!({"store": "vms", "name": "a.b", "label": "content"});
        CreateImage: json!({"store": "vms", "name": "a", "label": "auto", "size": 1, "file": "a/b",
            "block_size": 4096, "read_only": true, "direct": true});
        CloneImage: json!({"store": "vms", "name": "a", "label": "s0:c1,c2", "size": 1});
        LabelImage: json!({"label": "s15:c0.c1022"});
        FollowMachine: json!({"vm": UUID});
        ResizeImage: json!({"size": 1});
        CreateSnapshot: json!({"name": "Before_1.2"});
        RollBack: json!({"force": true});
        RollBack: json!({});
        CreateImage: json!({"store": "ceph", "name": "a", "label": "auto",
            "clone_of": {"image": "ns/base", "snapshot": "golden"}});
        CloneImage: json!({"store": "ceph", "name": "a", "label": "s0:c1,c2", "snapshot": "x"});
        ClearImage: json!({"image_was_checked": true});
        AddIdentity: json!({"name": "a", "label": "auto", "needs_lease": true, "vm": UUID,
            "proof": {"kind": "address", "network": "::/0"}});
        AddIdentity: json!({"name": "a", "label": "auto", "proof": {"kind": "chap"}});
        AddIdentity: json!({"name": "a", "label": "auto", "proof": {"kind": "chap", "mutual": true,
            "secret": "0123456789ab", "reverse_secret": "ba9876543210", "short": true}});
        AddIdentity: json!({"name": "a", "label": "auto", "proof": {"kind": "token"}});
        AddIdentity: json!({"name": "a", "label": "auto",
            "proof": {"kind": "token", "token": "0123456789-ABCDEF_abcdef"}});
        RotateIdentity: json!({});
        RotateIdentity: json!({"token": "0123456789-ABCDEF_abcdef"});
        RotateIdentity: json!({"secret": "0123456789ab", "mutual": true, "short": false});
        AddGroup: json!({"label": "auto"});
        AllocateLevel: json!({"for_whom": "web", "lowest": 0, "highest": 1023});
        StartLease: json!({"vm": UUID, "host": "h", "address": "::1", "label": "s0:c1,c2",
            "ends": TIME});
        AddHost: json!({"name": "kvm-1", "role": "hypervisor", "machines": [UUID], "request": "pem"});
        AddHost: json!({"name": "k@v:m", "role": "hypervisor", "any_machine": true, "request": ""});
        AddHost: json!({"name": "ops", "role": "admin", "request": "pem"});
        CertifyHost: json!({"request": "pem"});
        StopMachine: json!({});
        StartMachine: json!({"host": "kvm-1", "process_label": "u:r:svirt_t:s0:c1,c2",
            "address": "::1", "disks": [
                {"device": "vda", "source": {"protocol": "iscsi", "target": "iqn.a:vms.web", "lun": 0,
                    "user": "web-1"}},
                {"device": "vdb", "source": {"protocol": "nfs", "path": "/token/web"}}]});
        StartMachine: json!({"disks": []});
        StartMachine: json!({"process_label_later": true, "disks": []});
    }
}

#[test]
fn what_the_document_refuses_is_refused() {
    let named = |name: &str| json!({"name": name, "path": "/vms"});
    refuse! {
        AddStore: named("");
        AddStore: named("a.b");
        AddStore: named(&"a".repeat(64));
        AddStore: json!({"name": "vms"});
        AddStore: json!({"name": "vms", "path": "/", "more": 1});
        AddBackend: json!({"name": "ceph", "backend": pool(), "key": "x"});
        AddBackend: json!({"name": "gl", "backend": {"kind": "gluster", "volume": "vms"}});
        AddBackend: json!({"name": "ceph", "backend": {"kind": "gluster"}, "key": KEY});
        AddBackend: json!({"name": "ceph", "backend": {"kind": "rbd", "pool": "vms"}, "key": KEY});
        RekeyStore: json!({"key": "not a key at all"});
        AddBackend: json!({"name": "nas", "backend": {"kind": "nfs", "server": "10.0.0.9", "export": "/x",
            "nfs_port": 0, "uid": 107, "gid": 64}});
        RekeyStore: json!({"secrets": {"target_secret": "secret-of-target"}});
        AddBackend: json!({"name": "san", "backend": {"kind": "iscsi", "portal": "10.0.0.9"}});
        CreateSnapshot: json!({"name": "a@b"});
        CreateImage: json!({"store": "ceph", "name": "a", "label": "auto", "clone_of": {"image": "b"}});
        FollowMachine: json!({});
        LabelImage: json!({"label": "s0"});
        LabelImage: json!({"label": "s0:c1-s0:c1,c2"});
        LabelImage: json!({"label": "anything"});
        LabelImage: json!({});
        CreateImage: json!({"store": "vms", "name": "a", "label": "auto", "block_size": 1024});
        CreateImage: json!({"store": "vms", "name": "a", "label": "auto", "size": -1});
        AddGroup: json!({"label": "content"});
        AddIdentity: json!({"name": "a b", "label": "auto", "proof": {"kind": "chap"}});
        AddIdentity: json!({"name": "a", "label": "auto", "proof": {"kind": "none"}});
        AddIdentity: json!({"name": "a", "label": "auto", "proof": {"kind": "address"}});
        AddIdentity: json!({"name": "a", "label": "auto",
            "proof": {"kind": "chap", "secret": "short"}});
        AddIdentity: json!({"name": "a", "label": "auto",
            "proof": {"kind": "token", "token": "0123456789"}});
        RotateIdentity: json!({"secret": "with a space in it"});
        RotateIdentity: json!({"token": "with/a/slash/in/it/abcdef"});
        ClearImage: json!({});
        AddHost: json!({"name": "a b", "role": "monitor", "request": "pem"});
        AddHost: json!({"name": "a", "role": "root", "request": "pem"});
        AddHost: json!({"name": "a", "role": "monitor"});
        StartMachine: json!({});
        StartMachine: json!({"disks": [{"device": "vda", "source": {"protocol": "nfs"}}]});
        StartMachine: json!({"disks": [{"device": "vda", "source": {"protocol": "rbd", "path": "/"}}]});
        StartMachine: json!({"disks": [{"device": "vda", "source": {"protocol": "iscsi",
            "target": "t", "lun": -1}}]});
    }
}
