//! The man page says what the program does.

#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::path::PathBuf;

#[test]
fn it_has_every_setting_and_every_operation_that_is_not_passed_over() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("../../docs/labelgate-libvirt-hook.8")).unwrap();
    let settings = std::fs::read_to_string(root.join("src/settings.rs")).unwrap();
    let (_, raw) = settings.split_once("struct Raw {").unwrap();
    let (raw, _) = raw.split_once('}').unwrap();
    let names = raw.lines().filter_map(|line| line.trim().split_once(": "));
    let names: Vec<&str> = names.map(|(name, _)| name).collect();
    assert!(names.len() >= 7, "{names:?}");
    let operations = [
        "prepare",
        "start",
        "reconnect",
        "attach",
        "release",
        "secret",
    ];
    for name in names.iter().chain(&operations) {
        let said = page.lines().any(|line| {
            let known = line.starts_with(".It Cm ") || line.starts_with(".Cm ");
            known && line.split([' ', ',']).any(|word| word == *name)
        });
        assert!(said, "{name} is not in it");
    }
}
