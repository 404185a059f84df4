//! What others say: addresses from keepers, capabilities and names from a cluster.

#![allow(
    clippy::unwrap_used,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::time::Duration;

use labelgate_keysmith::{Instance, Name, Scope};

/// How long a fuzz target runs.
fn time() -> Duration {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS");
    let seconds = seconds.ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(2))
}

/// A valid text with a few bytes changed and an arbitrary end.
fn changed(text: &str, changes: &[(u16, u8)], cut: u16, tail: &[u8]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let length = bytes.len();
    for (at, value) in changes {
        if let Some(byte) = bytes.get_mut(usize::from(*at) % length) {
            *byte = *value;
        }
    }
    bytes.truncate(usize::from(cut) % (length + 1));
    bytes.extend(tail);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What is taken for an instance is one client, and stands in a command as it was understood.
#[test]
fn fuzz_instances() {
    const GOOD: &str = "[v2:192.0.2.1:0/4711,v1:[2001:db8::1]:0/4711]";
    assert_eq!(Instance::parse_all(GOOD).unwrap().len(), 2);
    bolero::check!()
        .with_type::<(Vec<(u16, u8)>, u16, Vec<u8>)>()
        .with_test_time(time())
        .for_each(|(changes, cut, tail)| {
            let text = changed(GOOD, changes, *cut, tail);
            for instance in Instance::parse_all(&text).unwrap_or_default() {
                let written = instance.to_string();
                assert_eq!(Instance::parse(&written), Ok(instance));
                assert!(!written.ends_with("/0"), "{written} is a whole address");
                let fit = |c: char| c.is_ascii_hexdigit() || ".:/[]%".contains(c);
                assert!(written.chars().all(fit), "{written}");
            }
        });
}

/// A capability that is not ours, or no longer, leads to no lock that it does not name.
#[test]
fn fuzz_capabilities() {
    const GOOD: &str = "allow rw pool=p namespace=\"\" object_prefix rbd_data.1., allow rwx pool=p \
                        namespace=\"\" object_prefix rbd_header.1, allow r class-read pool=p";
    assert!(Scope::locks_of(GOOD).is_some());
    bolero::check!()
        .with_type::<(Vec<(u16, u8)>, u16, Vec<u8>)>()
        .with_test_time(time())
        .for_each(|(changes, cut, tail)| {
            let text = changed(GOOD, changes, *cut, tail);
            if let Some((namespace, id)) = Scope::locks_of(&text) {
                assert!(text.contains(&namespace));
                assert!(
                    id.is_some() || !namespace.is_empty(),
                    "{text}: all of a pool"
                );
                assert!(id.is_none_or(|id| text.contains(&id)));
            }
        });
}

/// A name is one word wherever it stands.
#[test]
fn fuzz_names() {
    bolero::check!()
        .with_type::<String>()
        .with_test_time(time())
        .for_each(|text| {
            if let Ok(name) = Name::new("it", text) {
                let fit = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
                assert!(name.as_str().chars().all(fit) && !text.is_empty());
            }
        });
}
