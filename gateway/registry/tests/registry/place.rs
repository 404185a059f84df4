//! The file: whose it is, and who else may read it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

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
