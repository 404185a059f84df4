//! The supervisor parses no byte that a guest sent, because nothing that could is linked into it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::collections::{HashMap, HashSet};
use std::process::Command;

/// The crates that know a guest's protocols or touch an image's data.
const FORBIDDEN: [&str; 13] = [
    "labelgate-importer",
    "labelgate-wire",
    "labelgate-buffers",
    "labelgate-engine",
    "labelgate-scsi",
    "labelgate-iscsi",
    "labelgate-nfs",
    "labelgate-backends",
    "labelgate-worker",
    "labelgate-keeper",
    "labelgate-keysmith",
    "labelgate-rbd",
    "labelgate-rbd-sys",
];

#[test]
fn no_protocol_crate_comes_in_by_any_way() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--manifest-path",
            manifest,
            "--edges",
            "normal",
            "--prefix",
            "none",
        ])
        .args(["--format", "{p}", "--offline", "--all-features"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let tree = String::from_utf8(output.stdout).unwrap();
    let names: HashSet<&str> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();

    // What is there shows that the question was understood.
    assert!(names.contains("labelgate-supervisor") && names.contains("labelgate-control"));
    for forbidden in FORBIDDEN {
        assert!(
            !names.contains(forbidden),
            "{forbidden} is linked into labelgated"
        );
    }
    let ours: HashMap<bool, Vec<&str>> = names.iter().fold(HashMap::new(), |mut map, name| {
        map.entry(name.starts_with("labelgate-"))
            .or_default()
            .push(*name);
        map
    });
    assert_eq!(
        ours[&true].len(),
        10,
        "supervisor, control, handle, mac, pages, queue-pair, audit, registry, certificates and api are all: {:?}",
        ours[&true]
    );
}
