//! What a worker needs, besides, that serves a tree whose objects have owners.
//!
//! It acts as a caller of its clients for as long as a call takes, which only changes what a thread may
//! do with files, and gives owners to files. All within its user namespace: the ids that are mapped
//! there are the tree's.

use seccompiler::BackendError;

use super::{Rules, all, equals};

/// The rules by system call; a call with no rule of its own passes with any arguments.
pub(super) fn rules() -> Result<Rules, BackendError> {
    let mut rules: Rules = [
        libc::SYS_setfsuid,
        libc::SYS_setfsgid,
        libc::SYS_setgroups,
        libc::SYS_fchown,
    ]
    .into_iter()
    .map(|call| (call, Vec::new()))
    .collect();
    // As it is asked of what is open. (With a path it passes too: whose files it may be, the owner's ids
    // within the namespace say.)
    let open = all([equals(4, libc::AT_EMPTY_PATH.unsigned_abs().into())])?;
    rules.insert(libc::SYS_fchownat, vec![open]);
    Ok(rules)
}
