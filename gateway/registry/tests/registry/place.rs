//! The file: whose it is, and who else may read it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;

use labelgate_registry::{RedbRegistry, Registry, RegistryError};

use crate::samples::{registry, store};

#[test]
fn only_its_owner_can_read_it() {
    let (_directory, path, _registry) = registry();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
}

#[test]
fn one_that_others_can_read_is_not_opened() {
    let (_directory, path, registry) = registry();
    drop(registry);
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    let refused = RedbRegistry::open(&path).unwrap_err();
    assert!(matches!(refused, RegistryError::Place { .. }), "{refused}");
    assert!(
        refused.to_string().contains("chmod it to 0600"),
        "{refused}"
    );
}

#[test]
fn one_behind_a_link_is_not_opened() {
    let (directory, path, registry) = registry();
    drop(registry);
    let link = directory.path().join("link");
    symlink(&path, &link).unwrap();
    let refused = RedbRegistry::open(&link).unwrap_err().to_string();
    assert!(refused.contains("symbolic link"), "{refused}");
}

/// Why a path is not opened.
fn refusal(path: &Path) -> String {
    let refused = RedbRegistry::open(path).unwrap_err();
    assert!(matches!(refused, RegistryError::Place { .. }), "{refused}");
    refused.to_string()
}

#[test]
fn one_in_a_directory_that_others_can_write_or_own_is_not_opened() {
    let (directory, path, registry) = registry();
    drop(registry);
    for mode in [0o770, 0o702, 0o1777] {
        fs::set_permissions(directory.path(), Permissions::from_mode(mode)).unwrap();
        let why = refusal(&path);
        assert!(why.contains("others can write it"), "{why}");
    }
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    RedbRegistry::open(&path).unwrap();
    chown(directory.path(), Some(12345), None).unwrap();
    let why = refusal(&path);
    assert!(why.contains("belongs to UID 12345"), "{why}");
}

#[test]
fn one_of_another_user_is_not_opened() {
    let (_directory, path, registry) = registry();
    drop(registry);
    chown(&path, Some(12345), None).unwrap();
    let why = refusal(&path);
    assert!(why.contains("belongs to UID 12345"), "{why}");
}

#[test]
fn one_in_a_directory_behind_a_link_is_not_opened() {
    let (directory, path, registry) = registry();
    drop(registry);
    let link = directory.path().join("link");
    symlink(directory.path(), &link).unwrap();
    let why = refusal(&link.join(path.file_name().unwrap()));
    assert!(why.contains("symbolic link"), "{why}");
}

#[test]
fn what_is_no_file_is_not_opened_and_holds_nobody_up() {
    let directory = tempfile::tempdir().unwrap();
    let fifo = directory.path().join("fifo");
    let made = Command::new("mkfifo").arg("-m600").arg(&fifo).status();
    assert!(made.unwrap().success());
    let why = refusal(&fifo);
    assert!(why.contains("no regular file"), "{why}");
    let below = directory.path().join("directory");
    fs::create_dir(&below).unwrap();
    let why = refusal(&below);
    assert!(why.contains("is a directory"), "{why}");
}

#[test]
fn a_link_under_the_unfinished_ones_name_leads_nowhere() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("registry.redb");
    let victim = directory.path().join("victim");
    fs::write(&victim, b"precious").unwrap();
    symlink(&victim, path.with_extension("redb.new")).unwrap();
    RedbRegistry::open(&path).unwrap();
    assert_eq!(fs::read(&victim).unwrap(), b"precious");
    assert_eq!(fs::metadata(&path).unwrap().nlink(), 1);
}

#[test]
fn what_is_no_registry_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("registry.redb");
    fs::write(&path, b"something else entirely").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    assert!(RedbRegistry::open(&path).is_err());
    assert_eq!(fs::read(&path).unwrap(), b"something else entirely");
}

#[test]
fn one_process_has_it_at_a_time() {
    let (_directory, path, registry) = registry();
    assert!(RedbRegistry::open(&path).is_err());
    registry.apply(&store("vms")).unwrap();
}

#[test]
fn a_half_made_one_is_made_anew() {
    let (_directory, path, registry) = registry();
    drop(registry);
    fs::remove_file(&path).unwrap();
    fs::write(path.with_extension("redb.new"), b"cut short").unwrap();
    let registry = RedbRegistry::open(&path).unwrap();
    assert_eq!(registry.read().unwrap().revision, 0);
}
