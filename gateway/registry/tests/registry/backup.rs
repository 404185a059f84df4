//! Backups: whole or nothing.

use labelgate_registry::{
    Change, HostRole, Machines, MasterKey, Proof, RedbRegistry, Registry, RestoreError,
};

use crate::samples::{allocation, at_address, chap, host, image, lease, registry, store, token};

/// A registry with one of everything.
pub fn furnished() -> (tempfile::TempDir, RedbRegistry) {
    let (directory, _, registry) = registry();
    let changes = [
        store("vms"),
        Change::AddImage(image("vms", "web", "s0:c1,c2")),
        Change::AddIdentity(chap("vm-1", "s0:c1,c2")),
        Change::AddIdentity(at_address("host", "10.9.1.0/28", "s0:c3,c4")),
        Change::AddIdentity(token("nfs-1", "s0:c1,c2")),
        Change::AddGroup("s0:c7,c8".parse().unwrap()),
        Change::Grant {
            group: "s0:c7,c8".parse().unwrap(),
            member: "vm-1".parse().unwrap(),
        },
        Change::AllocateLevel(allocation()),
        Change::StartLease(lease(1, 2, "kvm-1", "s0:c1,c2")),
        Change::AddHost(host("kvm-1", HostRole::Hypervisor(Machines::Any), 1)),
    ];
    for change in &changes {
        registry.apply(change).unwrap();
    }
    registry.master_key().unwrap();
    (directory, registry)
}

pub fn backup(registry: &RedbRegistry) -> Vec<u8> {
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
        assert_eq!(registry.hosts, expected.hosts);
    }
    drop(to);
    let to = RedbRegistry::open(&path).unwrap();
    let name = "vm-1".parse().unwrap();
    assert!(to.secrets(&name).unwrap().is_some());
    assert_eq!(to.secrets(&name).unwrap(), from.secrets(&name).unwrap());
    assert_eq!(to.tokens().unwrap().len(), 1);
    assert_eq!(to.tokens().unwrap(), from.tokens().unwrap());
    assert_eq!(to.master_key().unwrap(), from.master_key().unwrap());
}

#[test]
fn a_backup_without_a_master_key_takes_none_away() {
    let (_from, _, from) = registry();
    let bytes = backup(&from);
    let (_to, to) = furnished();
    let key = to.master_key().unwrap();
    to.restore(&mut bytes.as_slice()).unwrap();
    assert_eq!(to.master_key().unwrap(), key);
    assert_eq!(to.tokens().unwrap(), []);
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

/// A whole backup of these lines: the head says how many there are, and the end is their hash.
pub fn sealed(lines: &[&str]) -> Vec<u8> {
    sealed_as(2, lines)
}

pub fn sealed_as(version: u32, lines: &[&str]) -> Vec<u8> {
    let records = lines.len();
    let mut text = format!(
        "{{\"labelgate-registry-backup\":{version},\"revision\":7,\"records\":{records}}}\n"
    );
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    let hash = blake3::hash(text.as_bytes()).to_hex();
    text.push_str(&format!("{{\"blake3\":\"{hash}\"}}\n"));
    text.into_bytes()
}

/// A backup of version 1, as the first labelgate that had backups wrote it. It must be restored
/// for ever; the secrets in it are of this test alone.
const GOLDEN: &str = include_str!("backup-1.jsonl");

/// One of version 2, with what that added.
const GOLDEN_2: &str = include_str!("backup-2.jsonl");

#[test]
fn a_backup_of_version_1_is_restored_for_ever() {
    let (_directory, _, registry) = registry();
    let snapshot = registry.restore(&mut GOLDEN.as_bytes()).unwrap();
    let counts = [
        snapshot.stores.len(),
        snapshot.images.len(),
        snapshot.identities.len(),
        snapshot.groups.len(),
        snapshot.levels.len(),
        snapshot.leases.len(),
        snapshot.cursors.len(),
    ];
    assert_eq!(counts, [1, 2, 2, 1, 1, 1, 1]);
    let secrets = registry.secrets(&"vm-1".parse().unwrap()).unwrap().unwrap();
    assert_eq!(secrets.forward().expose(), b"golden-forward-secret");
    let reverse = secrets.reverse().map(labelgate_registry::Secret::expose);
    assert_eq!(reverse, Some(b"golden-reverse-secret".as_slice()));
    // And what is written now is what was written then, but for the head and the hash.
    assert_eq!(records(&backup(&registry)), records(GOLDEN.as_bytes()));
}

fn records(backup: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(backup).unwrap();
    let lines = text.lines().skip(1).map(str::to_owned);
    lines
        .filter(|line| !line.starts_with("{\"blake3"))
        .collect()
}

#[test]
fn a_backup_of_version_2_is_restored_for_ever() {
    let (_directory, _, registry) = registry();
    let snapshot = registry.restore(&mut GOLDEN_2.as_bytes()).unwrap();
    let identity = &snapshot.identities[&"nfs-1".parse().unwrap()];
    assert_eq!(identity.proof, Proof::Token);
    let tokens = registry.tokens().unwrap();
    let [(name, token)] = tokens.as_slice() else {
        panic!("{tokens:?}")
    };
    assert_eq!(name.as_str(), "nfs-1");
    assert_eq!(token.expose(), b"golden-token-of-this-test");
    let key: [u8; 32] = std::array::from_fn(|at| at.try_into().unwrap());
    assert_eq!(registry.master_key().unwrap(), MasterKey::from_bytes(key));
    assert_eq!(records(&backup(&registry)), records(GOLDEN_2.as_bytes()));
}

/// A database of format 1, made of the backup of version 1 by the last labelgate that wrote that
/// format.
const FORMAT_1: &[u8] = include_bytes!("registry-1.redb");

#[test]
fn a_registry_of_format_1_is_taken_in_and_may_have_tokens_from_then_on() {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("registry.redb");
    std::fs::write(&path, FORMAT_1).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let registry = RedbRegistry::open(&path).unwrap();
    assert_eq!(records(&backup(&registry)), records(GOLDEN.as_bytes()));
    assert_eq!(registry.tokens().unwrap(), []);
    let added = Change::AddIdentity(token("nfs-1", "s0:c5,c6"));
    registry.apply(&added).unwrap();
    let key = registry.master_key().unwrap();
    drop(registry);
    let registry = RedbRegistry::open(&path).unwrap();
    assert_eq!(registry.tokens().unwrap().len(), 1);
    assert_eq!(registry.master_key().unwrap(), key);
}

#[test]
fn what_a_version_does_not_have_is_not_taken_from_a_backup_of_it() {
    let identity =
        r#"{"identity":{"name":"a","proof":"token","label":"s0:c1,c2","needs_lease":false}}"#;
    let token = r#"{"token":["a","6161616161616161616161616161616161616161"]}"#;
    let (_directory, _, registry) = registry();
    let restore =
        |version| registry.restore(&mut sealed_as(version, &[identity, token]).as_slice());
    let said = restore(1).unwrap_err().to_string();
    assert!(
        said.contains("line 3 of the backup is no record of its version"),
        "{said}"
    );
    assert!(matches!(restore(0), Err(RestoreError::NotBackup)));
    restore(2).unwrap();
}

#[test]
fn a_backup_that_contradicts_itself_is_refused_though_it_is_whole() {
    let chap = r#"{"identity":{"name":"a","proof":"chap","label":"s0:c1,c2","needs_lease":false}}"#;
    let address = r#"{"identity":{"name":"b","proof":{"address":"10.0.0.1"},"label":"s0:c1,c2","needs_lease":false}}"#;
    let other =
        r#"{"identity":{"name":"b","proof":"chap","label":"s0:c1,c2","needs_lease":false}}"#;
    let secrets = r#"{"secrets":["a",{"forward":"616161616161616161616161"}]}"#;
    let same = r#"{"secrets":["b",{"forward":"616161616161616161616161"}]}"#;
    let reverse = r#"{"secrets":["b",{"forward":"626262626262626262626262","reverse":"616161616161616161616161"}]}"#;
    let alike = r#"{"secrets":["a",{"forward":"616161616161616161616161","reverse":"616161616161616161616161"}]}"#;
    let short = r#"{"secrets":["a",{"forward":"61"}]}"#;
    let group = r#"{"group":{"label":"s0:c7,c8","members":["nobody"]}}"#;
    let spelt = r#"{"group":{"label":"s0:c8,c7","members":[]}}"#;
    let unknown = r#"{"store":{"name":"vms","path":"/srv/vms","colour":"red"}}"#;
    let upwards = r#"{"store":{"name":"vms","path":"/srv/../etc"}}"#;
    let (_directory, _, registry) = registry();
    let before = registry.read().unwrap();
    let restore = |lines: &[&str]| registry.restore(&mut sealed(lines).as_slice());
    let refused: &[(&[&str], &str)] = &[
        (&[chap], "secrets it should not have, or none"),
        (&[secrets], "who is unknown"),
        (&[address, same], "secrets it should not have, or none"),
        (&[chap, other, secrets, same], "share a secret"),
        (&[chap, other, secrets, reverse], "share a secret"),
        (&[chap, alike], "line 3"),
        (&[chap, short], "line 3"),
        (&[chap, secrets, secrets], "line 4"),
        (&[chap, chap, secrets], "line 3"),
        (&[group], "is no identity"),
        (&[spelt], "line 2"),
        (&[unknown], "line 2"),
        (&[upwards], "line 2"),
    ];
    for (lines, words) in refused {
        let said = restore(lines).unwrap_err().to_string();
        assert!(said.contains(words), "{lines:?}: {said}");
        assert!(!said.contains("6161"), "{said}");
    }
    assert_eq!(registry.read().unwrap(), before);
    restore(&[chap, secrets]).unwrap();
}

#[test]
fn a_backup_whose_tokens_contradict_it_is_refused() {
    let chap = r#"{"identity":{"name":"a","proof":"chap","label":"s0:c1,c2","needs_lease":false}}"#;
    let secrets = r#"{"secrets":["a",{"forward":"616161616161616161616161"}]}"#;
    let token =
        r#"{"identity":{"name":"c","proof":"token","label":"s0:c1,c2","needs_lease":false}}"#;
    let other_token =
        r#"{"identity":{"name":"d","proof":"token","label":"s0:c1,c2","needs_lease":false}}"#;
    let said = r#"{"token":["c","6161616161616161616161616161616161616161"]}"#;
    let said_too = r#"{"token":["d","6161616161616161616161616161616161616161"]}"#;
    let of_chap = r#"{"token":["a","6161616161616161616161616161616161616161"]}"#;
    let secrets_of_token = r#"{"secrets":["c",{"forward":"616161616161616161616161"}]}"#;
    let guessable = r#"{"token":["c","6161"]}"#;
    let path = r#"{"token":["c","616161616161616161616161616161616161612f"]}"#;
    let key =
        r#"{"master-key":"6161616161616161616161616161616161616161616161616161616161616161"}"#;
    let half_key = r#"{"master-key":"61616161616161616161616161616161"}"#;
    let (_directory, _, registry) = registry();
    let before = registry.read().unwrap();
    let restore = |lines: &[&str]| registry.restore(&mut sealed(lines).as_slice());
    let refused: &[(&[&str], &str)] = &[
        (&[token], "secrets it should not have, or none"),
        (&[said], "who is unknown"),
        (&[chap, secrets, of_chap], "secrets it should not have"),
        (
            &[token, said, secrets_of_token],
            "secrets it should not have",
        ),
        (&[token, other_token, said, said_too], "share a token"),
        (&[token, guessable], "line 3"),
        (&[token, path], "line 3"),
        (&[token, said, said], "line 4"),
        (&[key, key], "line 3"),
        (&[half_key], "line 2"),
    ];
    for (lines, words) in refused {
        let said = restore(lines).unwrap_err().to_string();
        assert!(said.contains(words), "{lines:?}: {said}");
        assert!(!said.contains("6161"), "{said}");
    }
    assert_eq!(registry.read().unwrap(), before);
    restore(&[chap, secrets, token, said, key]).unwrap();
}

#[test]
fn a_backup_without_end_is_not_kept_in_memory() {
    let (_directory, _, registry) = registry();
    let head = b"{\"labelgate-registry-backup\":1,\"revision\":1,\"records\":9}\n";
    let mut endless = std::io::Read::chain(head.as_slice(), std::io::repeat(b'x'));
    let said = registry.restore(&mut endless).unwrap_err().to_string();
    assert!(said.contains("line 2 of the backup is longer"), "{said}");
    let many = b"{\"labelgate-registry-backup\":1,\"revision\":1,\"records\":99999999999}\n";
    let refused = registry.restore(&mut many.as_slice());
    assert!(
        matches!(refused, Err(RestoreError::NotBackup)),
        "{refused:?}"
    );
}
