//! Backups: whole or nothing.

use std::time::Duration;

use labelgate_registry::{Change, RedbRegistry, Registry, RestoreError};

use crate::samples::{allocation, at_address, chap, image, lease, registry, store};

/// A registry with one of everything.
fn furnished() -> (tempfile::TempDir, RedbRegistry) {
    let (directory, _, registry) = registry();
    let changes = [
        store("vms"),
        Change::AddImage(image("vms", "web", "s0:c1,c2")),
        Change::AddIdentity(chap("vm-1", "s0:c1,c2")),
        Change::AddIdentity(at_address("host", "10.9.1.0/28", "s0:c3,c4")),
        Change::AddGroup("s0:c7,c8".parse().unwrap()),
        Change::Grant {
            group: "s0:c7,c8".parse().unwrap(),
            member: "vm-1".parse().unwrap(),
        },
        Change::AllocateLevel(allocation()),
        Change::StartLease(lease(1, 2, "kvm-1", "s0:c1,c2")),
    ];
    for change in &changes {
        registry.apply(change).unwrap();
    }
    (directory, registry)
}

fn backup(registry: &RedbRegistry) -> Vec<u8> {
    let mut bytes = Vec::new();
    registry.backup(&mut bytes).unwrap();
    bytes
}

#[test]
fn what_was_backed_up_comes_back_with_its_secrets() {
    let (_from, from) = furnished();
    let bytes = backup(&from);
    let (_to, path, to) = registry();
    to.apply(&store("other")).unwrap();
    let restored = to.restore(&mut bytes.as_slice()).unwrap();
    let expected = from.read().unwrap();
    for registry in [to.read().unwrap(), restored] {
        assert_eq!(registry.stores, expected.stores);
        assert_eq!(registry.images, expected.images);
        assert_eq!(registry.identities, expected.identities);
        assert_eq!(registry.groups, expected.groups);
        assert_eq!(registry.levels, expected.levels);
        assert_eq!(registry.leases, expected.leases);
    }
    drop(to);
    let to = RedbRegistry::open(&path).unwrap();
    let name = "vm-1".parse().unwrap();
    assert!(to.secrets(&name).unwrap().is_some());
    assert_eq!(to.secrets(&name).unwrap(), from.secrets(&name).unwrap());
}

#[test]
fn a_backup_that_was_cut_or_changed_anywhere_changes_nothing() {
    let (_from, from) = furnished();
    let whole = backup(&from);
    let (_to, _, to) = registry();
    to.apply(&store("mine")).unwrap();
    let before = to.read().unwrap();
    for length in 0..whole.len() {
        let cut = to.restore(&mut &whole[..length]);
        assert!(cut.is_err(), "cut to {length} bytes it was taken");
    }
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        assert!(to.restore(&mut changed.as_slice()).is_err(), "byte {at}");
    }
    let longer = [whole.as_slice(), b"{}\n"].concat();
    assert!(to.restore(&mut longer.as_slice()).is_err());
    assert_eq!(to.read().unwrap(), before);
}

#[test]
fn what_is_no_backup_is_told_from_one_of_a_newer_version() {
    let (_directory, _, registry) = registry();
    let newer = b"{\"labelgate-registry-backup\":99,\"revision\":1,\"records\":0}\n";
    for (bytes, is_newer) in [(newer.as_slice(), true), (b"hello\n", false), (b"", false)] {
        match registry.restore(&mut &bytes[..]) {
            Err(RestoreError::Newer { version: 99, .. }) => assert!(is_newer),
            Err(RestoreError::NotBackup) => assert!(!is_newer),
            other => panic!("{other:?}"),
        }
    }
}

/// Seconds from `LABELGATE_FUZZ_SECONDS`, or two.
fn fuzz_time() -> Duration {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS").ok();
    Duration::from_secs(seconds.and_then(|text| text.parse().ok()).unwrap_or(2))
}

#[test]
fn fuzz_restore() {
    let (_from, from) = furnished();
    let whole = backup(&from);
    let (_to, _, to) = registry();
    // Whatever is left of it after a panic, the panic is what is told.
    let to = std::panic::AssertUnwindSafe(to);
    bolero::check!()
        .with_test_time(fuzz_time())
        .with_type::<(Vec<u8>, u16, u8, bool)>()
        .for_each(|(bytes, at, value, patch)| {
            let mut input = bytes.clone();
            if *patch {
                // Near what is a backup: one byte, and whatever comes behind it.
                input.clone_from(&whole);
                let at = usize::from(*at) % input.len();
                input[at] = *value;
                input.extend_from_slice(bytes);
            }
            let to = &to;
            if let Ok(snapshot) = to.restore(&mut input.as_slice()) {
                snapshot.check().unwrap();
            }
        });
}
