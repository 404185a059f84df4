//! Files that a process opens itself.

#![allow(
    clippy::unwrap_used,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use labelgate_control::{Handed, OpenAs, OpenHandedError};
use rustix::fs::{FlockOperation, Mode, OFlags, fcntl_getfl, flock, open};

const READ: OpenAs = OpenAs {
    write: false,
    direct: false,
};
const WRITE: OpenAs = OpenAs {
    write: true,
    direct: false,
};

fn found(path: &Path) -> OwnedFd {
    open(path, OFlags::PATH | OFlags::NOFOLLOW, Mode::empty()).unwrap()
}

fn image() -> (tempfile::TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("image");
    fs::write(&path, "data").unwrap();
    (directory, path)
}

#[test]
fn a_path_becomes_an_open_file_that_is_locked_and_may_be_waited_for() {
    let (_directory, path) = image();
    let file = Handed::Path.open(found(&path), WRITE).unwrap();
    let flags = fcntl_getfl(&file).unwrap();
    assert!(flags.contains(OFlags::RDWR) && !flags.intersects(OFlags::NONBLOCK | OFlags::PATH));
    let second = File::open(&path).unwrap();
    assert!(flock(&second, FlockOperation::NonBlockingLockShared).is_err());
    let held = Handed::Path.open(found(&path), READ).unwrap_err();
    assert!(matches!(held, OpenHandedError::Held), "{held}");
    let mut file = File::from(file);
    file.write_all(b"more").unwrap();
    drop(file);
    flock(&second, FlockOperation::NonBlockingLockExclusive).unwrap();
}

#[test]
fn readers_share_and_cannot_write() {
    let (_directory, path) = image();
    let one = Handed::Path.open(found(&path), READ).unwrap();
    let two = Handed::Path.open(found(&path), READ).unwrap();
    assert!(File::from(one).write_all(b"x").is_err());
    let held = Handed::Path.open(found(&path), WRITE).unwrap_err();
    assert!(matches!(held, OpenHandedError::Held), "{held}");
    drop(two);
}

#[test]
fn what_is_no_regular_file_with_one_name_is_not_opened() {
    let (directory, path) = image();
    let refused = |path: &Path| Handed::Path.open(found(path), READ).unwrap_err();
    let error = refused(directory.path());
    assert!(matches!(error, OpenHandedError::Another), "{error}");
    let pipe = directory.path().join("pipe");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        Mode::RUSR | Mode::WUSR,
        0,
    )
    .unwrap();
    assert!(matches!(refused(&pipe), OpenHandedError::Another));
    fs::hard_link(&path, directory.path().join("second")).unwrap();
    assert!(matches!(refused(&path), OpenHandedError::Another));
}

#[test]
fn a_refusal_is_told_from_every_other_error() {
    let (_directory, path) = image();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    let found = found(&path);
    let refused = Handed::Path.open(found, READ);
    if rustix::process::geteuid().is_root() {
        // Root may open it whatever its mode.
        refused.unwrap();
    } else {
        let error = refused.unwrap_err();
        assert!(
            matches!(error, OpenHandedError::Refused { errno: 13 }),
            "{error}"
        );
    }
}
