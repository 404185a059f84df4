//! What is pasted is what was meant, whatever an identity is called.

use std::process::Command;

use labelgate_api::Source;
use proptest::prelude::*;

use super::*;

fn snippet(name: &str, proof: Proof) -> Snippet {
    Snippet {
        identity: Identity {
            name: name.parse().unwrap(),
            proof,
            label: "s0:c1,c2".parse().unwrap(),
            vm: None,
            needs_lease: false,
            groups: Vec::new(),
            source: Source::Registry,
            connections: 0,
        },
        mutual: matches!(proof, Proof::Chap { mutual: true }),
        gateway: GatewayChap {
            name: "gateway-1".to_owned(),
            algorithms: vec![
                ChapAlgorithm::Sha3_256,
                ChapAlgorithm::Sha256,
                ChapAlgorithm::Sha1,
                ChapAlgorithm::Md5,
            ],
        },
        portal: "[2001:db8::1]:3260".parse().unwrap(),
        target: "iqn.2026-11.io.labelgate:vms.web-1".to_owned(),
        secret_file: None,
    }
}

#[test]
fn an_identity_by_address_needs_no_secret_anywhere() {
    let network = "10.9.1.2".parse().unwrap();
    let text = snippet("web-1", Proof::Address { network }).to_string();
    for word in ["secret", "auth", "CHAP", "password"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    assert!(
        text.contains("<host name='2001:db8::1' port='3260'/>"),
        "{text}"
    );
    assert!(text.contains("\"portal\":\"[2001:db8::1]:3260\""), "{text}");
}

/// open-iscsi compares the name that a target proves itself with.
#[test]
fn mutual_chap_is_for_those_who_can_and_names_the_gateway() {
    let text = snippet("web-1", Proof::Chap { mutual: true }).to_string();
    assert!(
        text.contains("node.session.auth.username_in = gateway-1\n"),
        "{text}"
    );
    let text = snippet("web-1", Proof::Chap { mutual: false }).to_string();
    assert!(!text.contains("_in"), "{text}");
}

#[test]
fn open_iscsi_is_told_of_weak_hashes_only_where_there_is_no_other() {
    let offered = |allowed: &[ChapAlgorithm]| {
        let mut snippet = snippet("web-1", Proof::Chap { mutual: false });
        snippet.gateway.algorithms = allowed.to_vec();
        let text = snippet.to_string();
        let mut lines = text.lines().map(str::trim);
        let found = lines.find_map(|line| line.strip_prefix("node.session.auth.chap_algs = "));
        found.unwrap().to_owned()
    };
    use ChapAlgorithm::{Md5, Sha1, Sha3_256, Sha256};
    assert_eq!(offered(&[Sha3_256, Sha256, Sha1, Md5]), "SHA3-256,SHA256");
    assert_eq!(offered(&[Sha256, Md5]), "SHA256");
    assert_eq!(offered(&[Sha1, Md5]), "SHA1,MD5");
}

#[test]
fn a_portal_that_is_none_is_refused() {
    for wrong in [
        "",
        "host",
        "host:",
        "host:70000",
        ":3260",
        "a b:1",
        "[x]:1",
        "a':1",
        "::1:3260",
    ] {
        assert!(wrong.parse::<Portal>().is_err(), "{wrong}");
    }
    let everywhere = Portal::of(&["0.0.0.0:3261".parse().unwrap()]);
    assert_eq!(everywhere.written(), "GATEWAY:3261");
    let told = Portal::of(&["0.0.0.0:1".parse().unwrap(), "[::1]:2".parse().unwrap()]);
    assert_eq!(told.written(), "[::1]:2");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_shell_takes_any_text_for_one_word(text in "[ -~]{0,40}") {
        let script = format!("printf %s {}", shell(&text));
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        prop_assert_eq!(String::from_utf8_lossy(&output.stdout), text.as_str());
    }

    #[test]
    fn no_name_leaves_its_place(name in "[!-+.-~]{1,60}") {
        let text = snippet(&name, Proof::Chap { mutual: true }).to_string();
        // An attribute has no quote of its own and no tag in it.
        let line = text.lines().find(|line| line.contains("<auth username=")).unwrap();
        prop_assert_eq!(line.matches('\'').count(), 2, "{}", line);
        prop_assert_eq!(line.matches('<').count(), 1, "{}", line);
        // QEMU's JSON names the user as it is.
        let blockdev = text.lines().find(|line| line.contains("-blockdev")).unwrap();
        let word = blockdev.trim().strip_prefix("-blockdev ").unwrap().trim_end_matches(" \\");
        let output = Command::new("sh").args(["-c", &format!("printf %s {word}")]).output().unwrap();
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        prop_assert_eq!(&json["user"], name.as_str());
    }
}
