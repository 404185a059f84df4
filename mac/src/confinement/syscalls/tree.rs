//! What a worker needs, besides, that serves a tree.
//!
//! A filter sees neither paths nor what `openat2` is asked for, which lies in memory: what can be
//! reached is the business of Landlock, of SELinux and of the modes of files. It sees that no device
//! is made, that nothing is exchanged or made to vanish by a rename, and that a link is of something
//! with a name. Nothing changes an owner (but see [`super::acting`]) or an extended attribute, and so
//! neither a security label.

use seccompiler::{BackendError, SeccompRule};

use super::{Rules, all, equals, masked};

/// With any arguments.
const ALWAYS: &[i64] = &[
    // From a directory that is open, to what has a name.
    libc::SYS_openat2,
    libc::SYS_statx,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_getdents64,
    // What is made. Files are by openat2.
    libc::SYS_mkdirat,
    libc::SYS_symlinkat,
    // What is set.
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_utimensat,
    // What cannot be opened is synced with its file system.
    libc::SYS_syncfs,
];

/// The rules by system call; a call with no rule of its own passes with any arguments.
pub(super) fn rules() -> Result<Rules, BackendError> {
    let mut rules: Rules = ALWAYS.iter().map(|&call| (call, Vec::new())).collect();
    rules.extend(conditional()?);
    Ok(rules)
}

/// Calls that pass with some arguments only.
fn conditional() -> Result<[(i64, Vec<SeccompRule>); 4], BackendError> {
    let kind = |kind| all([masked(2, libc::S_IFMT, kind)]);
    let directory = libc::AT_REMOVEDIR.unsigned_abs().into();
    Ok([
        (
            libc::SYS_mknodat,
            vec![kind(libc::S_IFIFO)?, kind(libc::S_IFSOCK)?],
        ),
        (
            libc::SYS_unlinkat,
            vec![all([equals(2, 0)])?, all([equals(2, directory)])?],
        ),
        (libc::SYS_renameat2, vec![all([equals(4, 0)])?]),
        (libc::SYS_linkat, vec![all([equals(4, 0)])?]),
    ])
}
