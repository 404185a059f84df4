//! What a process needs, besides, that opens its files itself.
//!
//! A filter cannot see the path that `openat` names: which files it leads to is Landlock's and
//! SELinux's business. It sees the flags, so that nothing is made, emptied or listed. A lock can
//! be taken, without waiting, and not given back: it ends with the file.

use seccompiler::{BackendError, SeccompRule};

use super::{all, equals, masked};

/// The rules by system call.
pub(super) fn rules() -> Result<[(i64, Vec<SeccompRule>); 2], BackendError> {
    // O_TMPFILE has the bit of O_DIRECTORY in it.
    let never = libc::O_CREAT | libc::O_TMPFILE | libc::O_TRUNC | libc::O_PATH;
    let lock = |kind: i32| all([equals(1, (kind | libc::LOCK_NB).unsigned_abs().into())]);
    Ok([
        (
            libc::SYS_openat,
            vec![all([masked(2, never.unsigned_abs(), 0)])?],
        ),
        (
            libc::SYS_flock,
            vec![lock(libc::LOCK_EX)?, lock(libc::LOCK_SH)?],
        ),
    ])
}

/// What a keeper needs besides, which may open files for reading anyway: to lock them with others.
pub(super) fn for_reading() -> Result<(i64, Vec<SeccompRule>), BackendError> {
    let shared = (libc::LOCK_SH | libc::LOCK_NB).unsigned_abs().into();
    Ok((libc::SYS_flock, vec![all([equals(1, shared)])?]))
}
