//! Tokens on their way in and out, and what is made of them for NFS clients.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

#[allow(dead_code, reason = "each test program uses a part of it")]
mod support;

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use support::{Listener, body, response};

const TOKEN: &str = "abcdefghijklmnopqrstuvwxyz";

const IDENTITY: &str = r#"{"name":"nfs-1","proof":{"kind":"token"},"label":"s0:c1,c2","needs_lease":false,"groups":[],"source":"registry","connections":0}"#;

const IMAGE: &str = r#"{"store":"vms","name":"web-1","target":"iqn.2026-11.io.labelgate:vms.web-1","label":"s0:c1,c2","content":false,"file":"web-1.img","size":1048576,"allocated":0,"block_size":512,"read_only":false,"direct":false,"serial":"00","naa":"30","source":"registry","poisoned":false}"#;

/// Answers as a gateway does that has one image and one identity with a token, and hands on what
/// was asked of it.
fn gateway() -> (Listener, mpsc::Receiver<serde_json::Value>) {
    let (sender, asked) = mpsc::channel();
    let listener = Listener::answering(move |stream, header| {
        let mut words = header.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let answer = match (method, path.split('?').next().unwrap()) {
            ("POST", _) => {
                let body = body(stream, header);
                let _ = sender.send(serde_json::from_slice(&body).unwrap());
                format!("{{\"identity\":{IDENTITY},\"token\":\"{TOKEN}\"}}")
            }
            (_, "/v1/images") => format!("{{\"images\":[{IMAGE}]}}"),
            _ => IDENTITY.to_owned(),
        };
        let _ = stream.write_all(response(200, &answer).as_bytes());
    });
    (listener, asked)
}

const ADD: [&str; 8] = [
    "identity",
    "add",
    "nfs-1",
    "--token",
    "--label",
    "s0:c1,c2",
    "--portal",
    "127.0.0.1:3260",
];

#[test]
fn a_token_is_shown_once_and_no_snippet_holds_it() {
    let (listener, asked) = gateway();
    let ran = listener.run(&ADD);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.output.matches(TOKEN).count(), 1, "{}", ran.output);
    assert!(ran.output.contains("nfs://127.0.0.1/TOKEN/web-1"));
    assert!(!ran.output.contains("iscsi"), "{}", ran.output);
    let asked = asked.recv().unwrap();
    assert_eq!(asked["proof"], serde_json::json!({"kind": "token"}));
}

#[test]
fn a_token_that_is_written_to_a_file_is_shown_nowhere() {
    let (listener, _asked) = gateway();
    let file = listener.directory().join("nfs-1.token");
    let path = file.to_str().unwrap();
    let rotate = ["identity", "rotate", "nfs-1"];
    for command in [&ADD[..], &rotate] {
        for json in [&[][..], &["--json"]] {
            let ran = listener.run(&[command, &["--write-secret", path], json].concat());
            assert_eq!(ran.code, Some(0), "{ran:?}");
            assert!(!ran.output.contains(TOKEN) && !ran.error.contains(TOKEN));
            assert_eq!(std::fs::read_to_string(&file).unwrap(), TOKEN);
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            assert!(!listener.directory().join("nfs-1.token.reverse").exists());
            std::fs::remove_file(&file).unwrap();
        }
    }
}

#[test]
fn a_token_that_is_brought_is_sent_as_a_token_and_never_shown_if_it_is_none() {
    let (listener, asked) = gateway();
    let file = listener.directory().join("brought");
    let path = file.to_str().unwrap();
    let rotate = ["identity", "rotate", "nfs-1", "--secret-file", path];
    std::fs::write(&file, "brought-by-an-admin_1\n").unwrap();
    let ran = listener.run(&[&ADD[..], &["--secret-file", path]].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let proof = asked.recv().unwrap()["proof"].clone();
    assert_eq!(proof["token"], "brought-by-an-admin_1");
    let ran = listener.run(&rotate);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let rotation = asked.recv().unwrap();
    assert_eq!(rotation["token"], "brought-by-an-admin_1");
    assert_eq!(rotation.get("secret"), None);
    assert!(ran.output.contains("are stale"), "{}", ran.output);

    std::fs::write(&file, "a/secret/that/is/no/token").unwrap();
    let ran = listener.run(&rotate);
    assert_eq!(ran.code, Some(65), "{ran:?}");
    assert!(!ran.error.contains("secret/that"), "{ran:?}");
}

#[test]
fn what_is_for_chap_does_not_go_with_a_token() {
    let (listener, asked) = gateway();
    for wrong in [
        &["--mutual"][..],
        &["--short"],
        &["--reverse-secret-file", "-"],
        &["--address", "10.9.1.2"],
    ] {
        let ran = listener.run(&[&ADD[..], wrong].concat());
        assert_eq!(ran.code, Some(64), "{ran:?}");
    }
    assert!(asked.try_recv().is_err(), "the gateway was asked");
}

/// The command that writes QEMU's file, with another place for it, and the option that reads it.
fn qemu_file(output: &str, file: &Path) -> (String, String) {
    let find = |word: &str| output.lines().find(|line| line.contains(word)).unwrap();
    let place = |line: &str| line.replace("/etc/labelgate/nfs-1.cfg", file.to_str().unwrap());
    let read = place(find("-readconfig"));
    (place(find("umask")), read.trim_end_matches('\\').to_owned())
}

#[test]
fn qemu_takes_in_the_file_that_has_the_token_in_it() {
    let (listener, _asked) = gateway();
    let token = listener.directory().join("nfs-1.token");
    let ran = listener.run(&[&ADD[..], &["--write-secret", token.to_str().unwrap()]].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let file = listener.directory().join("nfs-1.cfg");
    let (write, read) = qemu_file(&ran.output, &file);
    let script = format!(
        "{write}; exec timeout 20 qemu-system-x86_64 -M none -display none -nodefaults {read}"
    );
    let output = Command::new("sh")
        .args(["-c", &script])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(std::fs::read_to_string(&file).unwrap().contains(TOKEN));
    // It has understood all of it and fails where nobody listens, and does not say the token.
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("Failed to mount nfs share"),
        "{script}\n{said}"
    );
    assert!(!said.contains(TOKEN), "{said}");
}
