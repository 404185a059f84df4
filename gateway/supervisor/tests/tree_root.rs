//! The roots of labels' trees: made for one worker each, and nothing taken for one that others could
//! have put there. Root is needed to give them away.
//!
//! What they are labelled with, and who may enter them then, is shown in the enforcing guest.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::fs::{self, Permissions};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::PathBuf;
use std::process::Command;

use labelgate_mac::Label;
use labelgate_supervisor::config::{Place as StorePlace, Squash, Store};
use labelgate_supervisor::image::{TreeOwner, TreeRootError, tree_root};
use rustix::fs::{OFlags, fcntl_getfl, fstat};
use tempfile::TempDir;

const OWNER: u32 = 2_100_000_077;
const OTHER: u32 = 2_100_000_078;
const TREES: &str = ".labelgate-trees";
const LEVEL: &str = "s0:c1,c2";

/// A store, and a directory beside it that is not part of it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(TempDir::new().unwrap());
        fs::create_dir(place.0.path().join("store")).unwrap();
        fs::create_dir(place.0.path().join("outside")).unwrap();
        place
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("store")
    }

    fn store(&self) -> Store {
        Store {
            name: "main".to_owned(),
            place: StorePlace::Directory {
                path: self.path(),
                trees: true,
                squash: Squash::All,
            },
        }
    }

    fn outside(&self) -> PathBuf {
        self.0.path().join("outside")
    }

    fn trees(&self) -> PathBuf {
        self.path().join(TREES)
    }

    fn root(&self) -> PathBuf {
        self.trees().join(LEVEL)
    }

    fn of(&self, level: &str, uid: Option<u32>) -> Result<OwnedFd, TreeRootError> {
        let owner = TreeOwner {
            label: &level.parse::<Label>().unwrap(),
            uid,
            keeps_owners: false,
            context: None,
        };
        tree_root(&self.store(), &owner)
    }

    /// The root of the tree of a label whose worker has a UID of its own.
    fn make(&self) -> Result<OwnedFd, TreeRootError> {
        self.of(LEVEL, Some(OWNER))
    }

    fn refusal(&self) -> String {
        self.make().unwrap_err().to_string()
    }
}

/// Owner, group and permissions.
fn looks(path: PathBuf) -> (u32, u32, u32) {
    let is = fs::symlink_metadata(path).unwrap();
    (is.uid(), is.gid(), is.mode() & 0o7777)
}

fn mode(path: PathBuf, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_root_is_made_that_its_worker_alone_may_enter() {
    let place = Place::new();
    let root = place.make().unwrap();
    assert_eq!(looks(place.root()), (OWNER, OWNER, 0o700));
    assert_eq!(looks(place.trees()).2, 0o700);
    let (is, path) = (fstat(&root).unwrap(), fs::metadata(place.root()).unwrap());
    assert_eq!((is.st_dev, is.st_ino), (path.dev(), path.ino()));
}

#[test]
fn what_is_handed_on_names_the_root_and_opens_nothing() {
    let place = Place::new();
    let root = place.make().unwrap();
    assert!(fcntl_getfl(root).unwrap().contains(OFlags::PATH));
}

#[test]
fn the_next_worker_gets_the_same_root_with_what_is_in_it() {
    let place = Place::new();
    let first = fstat(place.make().unwrap()).unwrap();
    fs::write(place.root().join("file"), "stays").unwrap();
    let second = fstat(place.make().unwrap()).unwrap();
    assert_eq!((second.st_dev, second.st_ino), (first.st_dev, first.st_ino));
    assert_eq!(looks(place.root()), (OWNER, OWNER, 0o700));
    assert_eq!(fs::read(place.root().join("file")).unwrap(), b"stays");
}

#[test]
fn each_label_has_a_root_of_its_own() {
    let place = Place::new();
    let one = fstat(place.of(LEVEL, Some(OWNER)).unwrap()).unwrap();
    let other = fstat(place.of("s0:c3,c4", Some(OTHER)).unwrap()).unwrap();
    assert_ne!(one.st_ino, other.st_ino);
    assert_eq!((one.st_uid, other.st_uid), (OWNER, OTHER));
}

#[test]
fn a_worker_that_has_the_supervisors_uid_has_a_root_of_that() {
    let place = Place::new();
    place.of(LEVEL, None).unwrap();
    let (uid, _, mode) = looks(place.root());
    assert_eq!((uid, mode), (rustix::process::geteuid().as_raw(), 0o700));
}

#[test]
fn a_root_that_was_made_and_not_given_away_is_given_away() {
    let place = Place::new();
    place.of(LEVEL, None).unwrap();
    place.make().unwrap();
    assert_eq!(looks(place.root()), (OWNER, OWNER, 0o700));
}

#[test]
fn a_root_of_another_user_is_refused_and_stays_that_ones() {
    let place = Place::new();
    place.make().unwrap();
    chown(place.root(), Some(OTHER), Some(OTHER)).unwrap();
    let refused = place.make().unwrap_err();
    let named = matches!(
        refused,
        TreeRootError::Owner {
            is: OTHER,
            expected: OWNER
        }
    );
    assert!(named, "{refused}");
    assert_eq!(looks(place.root()), (OTHER, OTHER, 0o700));
}

#[test]
fn a_worker_that_has_the_supervisors_uid_is_given_no_root_of_another() {
    let place = Place::new();
    place.make().unwrap();
    let refused = place.of(LEVEL, None).unwrap_err();
    assert!(matches!(refused, TreeRootError::Owner { is: OWNER, .. }));
}

#[test]
fn a_root_that_others_may_enter_is_refused_and_not_given_away() {
    for open in [0o710, 0o701, 0o740, 0o704, 0o770, 0o777] {
        let place = Place::new();
        place.of(LEVEL, None).unwrap();
        mode(place.root(), open);
        let refused = place.make().unwrap_err();
        assert!(
            matches!(refused, TreeRootError::Mode),
            "{open:o}: {refused}"
        );
        let (uid, _, is) = looks(place.root());
        assert!(uid != OWNER && is == open, "{open:o}");
    }
}

#[test]
fn roots_are_not_looked_for_where_others_could_put_them() {
    for open in [0o720, 0o702, 0o770, 0o777, 0o1777] {
        let place = Place::new();
        place.make().unwrap();
        mode(place.trees(), open);
        let refused = place.make().unwrap_err();
        assert!(
            matches!(refused, TreeRootError::Open),
            "{open:o}: {refused}"
        );
    }
}

#[test]
fn others_may_see_which_labels_have_trees() {
    let place = Place::new();
    place.make().unwrap();
    mode(place.trees(), 0o755);
    place.make().unwrap();
}

#[test]
fn roots_are_not_looked_for_in_another_users_directory() {
    let place = Place::new();
    place.make().unwrap();
    chown(place.trees(), Some(OTHER), Some(OTHER)).unwrap();
    let refused = place.make().unwrap_err();
    assert!(matches!(refused, TreeRootError::Open), "{refused}");
}

#[test]
fn a_link_in_the_place_of_the_directory_of_trees_is_not_followed() {
    for there in [true, false] {
        let place = Place::new();
        let target = place.outside().join(if there { "" } else { "none" });
        symlink(target, place.trees()).unwrap();
        let refused = place.refusal();
        assert!(refused.contains("cannot be opened"), "{refused}");
        assert_eq!(fs::read_dir(place.outside()).unwrap().count(), 0);
    }
}

#[test]
fn a_link_in_the_place_of_a_root_is_not_followed() {
    for there in [true, false] {
        let place = Place::new();
        place.of("s0:c3,c4", Some(OTHER)).unwrap();
        mode(place.outside(), 0o700);
        let before = looks(place.outside());
        let target = place.outside().join(if there { "" } else { "none" });
        symlink(target, place.root()).unwrap();
        let refused = place.refusal();
        assert!(refused.contains("cannot be opened"), "{refused}");
        assert_eq!(looks(place.outside()), before);
        assert_eq!(fs::read_dir(place.outside()).unwrap().count(), 0);
    }
}

#[test]
fn a_link_to_another_labels_root_is_not_followed() {
    let place = Place::new();
    place.of("s0:c3,c4", Some(OTHER)).unwrap();
    symlink("s0:c3,c4", place.root()).unwrap();
    let refused = place.refusal();
    assert!(refused.contains("cannot be opened"), "{refused}");
    assert_eq!(looks(place.trees().join("s0:c3,c4")), (OTHER, OTHER, 0o700));
}

#[test]
fn a_file_in_the_place_of_a_directory_is_refused_and_stays() {
    let place = Place::new();
    fs::write(place.trees(), "a file").unwrap();
    let refused = place.refusal();
    assert!(refused.contains("cannot be opened"), "{refused}");
    assert_eq!(fs::read(place.trees()).unwrap(), b"a file");

    let place = Place::new();
    place.of("s0:c3,c4", Some(OTHER)).unwrap();
    fs::write(place.root(), "a file").unwrap();
    let refused = place.refusal();
    assert!(refused.contains("cannot be opened"), "{refused}");
    assert_ne!(looks(place.root()).0, OWNER);
}

/// A file system that is mounted somewhere, until this is dropped.
struct Mounted(PathBuf);

impl Mounted {
    fn tmpfs_on(path: PathBuf) -> Self {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "mode=700", "none"]);
        assert!(mount.arg(&path).status().unwrap().success());
        Self(path)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn what_is_mounted_in_the_place_of_a_root_is_refused() {
    let place = Place::new();
    place.make().unwrap();
    let _mounted = Mounted::tmpfs_on(place.root());
    let refused = place.refusal();
    assert!(refused.contains("cannot be opened"), "{refused}");
    assert_ne!(looks(place.root()).0, OWNER);
}

#[test]
fn a_store_that_is_not_there_gets_no_trees() {
    let place = Place::new();
    fs::remove_dir(place.path()).unwrap();
    let refused = place.make().unwrap_err();
    assert!(matches!(refused, TreeRootError::Store(_)), "{refused}");
    assert!(!place.path().exists());
}
