//! Records and backups of which anything may be wrong.

use std::fmt::Debug;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use labelgate_registry::{
    Group, Host, Identity, IdentityName, Image, ImageFile, ImageId, Lease, Level, Network,
    Registry, Secret, Store, StorePath, Token,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backup::{backup, furnished, sealed};
use crate::samples::registry;

/// Seconds from `LABELGATE_FUZZ_SECONDS`, or two.
fn time() -> Duration {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS").ok();
    Duration::from_secs(seconds.and_then(|text| text.parse().ok()).unwrap_or(2))
}

/// A few bytes changed, some cut out, and others put in.
type Damage = (Vec<(u16, u8)>, u16, u8, Vec<u8>);

fn damaged(sample: &[u8], (changes, at, cut, put): &Damage) -> Vec<u8> {
    let mut bytes = sample.to_vec();
    for (at, value) in changes.iter().take(4) {
        let at = usize::from(*at) % bytes.len();
        bytes[at] = *value;
    }
    let at = usize::from(*at) % (bytes.len() + 1);
    let end = (at + usize::from(*cut % 8)).min(bytes.len());
    bytes.splice(at..end, put.iter().copied());
    bytes
}

/// What is taken for a record is written as one that is read as the same.
fn takes_only_records<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) {
    if let Ok(record) = serde_json::from_slice::<T>(bytes) {
        let written = serde_json::to_vec(&record).unwrap();
        assert_eq!(serde_json::from_slice::<T>(&written).unwrap(), record);
    }
}

fn lines<T: Serialize>(records: impl Iterator<Item = T>) -> Vec<Vec<u8>> {
    let lines = records.map(|record| serde_json::to_vec(&record).unwrap());
    lines.collect()
}

#[test]
fn fuzz_records() {
    let (_directory, registry) = furnished();
    let snapshot = registry.read().unwrap();
    let samples = [
        lines(snapshot.stores.values()),
        lines(snapshot.images.values()),
        lines(snapshot.identities.values()),
        lines(snapshot.groups.values()),
        lines(snapshot.levels.values()),
        lines(snapshot.leases.values()),
        lines(snapshot.hosts.values()),
    ]
    .concat();
    bolero::check!()
        .with_test_time(time())
        .with_type::<(u8, Damage)>()
        .for_each(|(which, damage)| {
            let bytes = damaged(&samples[usize::from(*which) % samples.len()], damage);
            for bytes in [bytes.as_slice(), &damage.3] {
                takes_only_records::<Store>(bytes);
                takes_only_records::<Image>(bytes);
                takes_only_records::<Identity>(bytes);
                takes_only_records::<Group>(bytes);
                takes_only_records::<Level>(bytes);
                takes_only_records::<Lease>(bytes);
                takes_only_records::<Host>(bytes);
            }
        });
}

/// A text that is taken has one spelling, and can be shown.
fn takes_one_spelling<T: std::str::FromStr + ToString + PartialEq + Debug>(text: &str) {
    if let Ok(parsed) = text.parse::<T>() {
        let printed = parsed.to_string();
        assert_eq!(printed.parse::<T>().ok(), Some(parsed), "{text:?}");
        assert!(!printed.contains(char::is_control), "{text:?}");
    }
}

#[test]
fn fuzz_texts() {
    let samples = [
        "vms/web-1",
        "iqn.2026-11.io.example:host",
        "10.9.1.0/28",
        "2001:db8::/64",
        "/srv/a",
        "a2345-token_of-26-letters7",
    ];
    bolero::check!()
        .with_test_time(time())
        .with_type::<(u8, Damage)>()
        .for_each(|(which, damage)| {
            let sample = samples[usize::from(*which) % samples.len()];
            for bytes in [damaged(sample.as_bytes(), damage), damage.3.clone()] {
                let text = String::from_utf8_lossy(&bytes);
                takes_one_spelling::<ImageId>(&text);
                takes_one_spelling::<IdentityName>(&text);
                takes_one_spelling::<Network>(&text);
                takes_one_spelling::<StorePath>(&text);
                takes_one_spelling::<ImageFile>(&text);
                if let Ok(secret) = text.parse::<Secret>() {
                    assert_eq!(secret.expose(), text.as_bytes());
                    assert!((12..=255).contains(&secret.expose().len()));
                }
                if let Ok(token) = text.parse::<Token>() {
                    assert_eq!(token.expose(), text.as_bytes());
                    assert!((20..=64).contains(&text.len()));
                    assert!(!text.contains(['/', '.', '%', '?']), "{text:?}");
                }
            }
        });
}

/// Whatever is restored is sound, and is what is there afterwards.
fn restore(to: &dyn Registry, bytes: &[u8]) {
    let before = to.read().unwrap();
    match to.restore(&mut &*bytes) {
        Ok(snapshot) => {
            snapshot.check().unwrap();
            assert_eq!(to.read().unwrap(), snapshot);
        }
        Err(_) => assert_eq!(to.read().unwrap(), before),
    }
}

#[test]
fn fuzz_restore() {
    let (_from, from) = furnished();
    let whole = backup(&from);
    let text = String::from_utf8(whole.clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let records = &lines[1..lines.len() - 1];
    let (_to, _, to) = registry();
    // Whatever is left of it after a panic, the panic is what is told.
    let to = AssertUnwindSafe(to);
    bolero::check!()
        .with_test_time(time())
        .with_type::<(u8, u8, Damage)>()
        .for_each(|(which, twice, damage)| {
            let to: &dyn Registry = &*to;
            restore(to, &damage.3);
            restore(to, &damaged(&whole, damage));
            // With the right hash, so that what is wrong is for the records' check to find: one
            // line is damaged, and another left out or there twice.
            let which = usize::from(*which) % records.len();
            let other = usize::from(*twice) % records.len();
            let line = damaged(records[which].as_bytes(), damage);
            let line = String::from_utf8_lossy(&line).replace('\n', "");
            let mut changed = records.to_vec();
            changed[which] = &line;
            match twice % 4 {
                0 => drop(changed.remove(other)),
                1 => changed.push(records[other]),
                _ => {}
            }
            restore(to, &sealed(&changed));
        });
}
