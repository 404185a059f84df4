//! A user namespace of a process's own, in which it is root, and outside of which it is nobody.
//!
//! Who serves files that have owners has to act as them, which takes capabilities. Within a user
//! namespace they hold for what is mapped there alone: the ids of one range that the supervisor has
//! given to this process, and that it has in no other way. Files show those ids through a mount that
//! the supervisor has made for it ([`crate::idmap`]).
//!
//! The process leaves its parent's namespace itself, by [`leave`], which makes it the owner of the new
//! one; the supervisor maps ids ([`crate::idmap::map_ids`]); then it takes root's, by [`become_root`].
#![allow(
    unsafe_code,
    reason = "unshare() may do more than what it is used for here"
)]

use std::fs;
use std::io;

use rustix::process::{DumpableBehavior, Gid, Uid, set_dumpable_behavior};
use rustix::thread::{
    UnshareFlags, set_thread_groups, set_thread_res_gid, set_thread_res_uid, unshare_unsafe,
};

use super::ConfinementError;

/// How many ids are mapped, from 0 on: those that Linux has always had.
pub const IDS: u32 = 65_536;

/// What is called so within is the UID, and the GID, that the process was started with: what belongs
/// to its label and has no other owner.
pub const OWN: u32 = IDS;

/// Leaves the user namespace it was started in, for one of its own where nothing is mapped yet.
///
/// To be called while the process has one thread.
///
/// # Errors
///
/// The kernel makes none: they are switched off (`user.max_user_namespaces`), or its policy says no.
pub fn leave() -> io::Result<()> {
    // SAFETY: no table of descriptors or file systems is left, only the user namespace.
    unsafe { unshare_unsafe(UnshareFlags::NEWUSER) }?;
    // What is in /proc of it is root's then, so that the supervisor needs no power over files of others.
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

/// Takes root's ids within the namespace, once they are mapped, and no further group.
///
/// To be called while the process has one thread.
///
/// # Errors
///
/// They are not mapped.
pub fn become_root() -> io::Result<()> {
    let (uid, gid) = (Uid::ROOT, Gid::ROOT);
    set_thread_groups(&[])?;
    set_thread_res_gid(gid, gid, gid)?;
    set_thread_res_uid(uid, uid, uid)?;
    Ok(())
}

/// Checks that root here is nobody in particular outside.
pub(super) fn check() -> Result<(), ConfinementError> {
    for map in ["/proc/self/uid_map", "/proc/self/gid_map"] {
        let text = fs::read_to_string(map).map_err(ConfinementError::Namespace)?;
        if !is_own(&text) {
            return Err(ConfinementError::NotMapped);
        }
    }
    Ok(())
}

/// Whether a map (user_namespaces(7)) is one of a namespace's own: 0 is another id outside.
fn is_own(map: &str) -> bool {
    let first = map.lines().next().unwrap_or_default();
    let mut fields = first.split_whitespace().map(str::parse::<u32>);
    match (fields.next(), fields.next(), fields.next()) {
        (Some(Ok(0)), Some(Ok(outside)), Some(Ok(count))) => outside != 0 && count == IDS,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_ones_own_if_root_is_another_outside() {
        assert!(is_own(
            "         0 2000000000      65536\n     65536 1900000000          1\n"
        ));
        assert!(!is_own("         0          0 4294967295\n"));
        assert!(!is_own("         0          0      65536\n"));
        assert!(!is_own("         1 2000000000      65536\n"));
        assert!(!is_own("") && !is_own("0 2000000000"));
    }
}
