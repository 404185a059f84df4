//! The first layer: ids that own nothing else.

use std::fmt;

use rustix::process::{getegid, geteuid, getgid, getgroups, getuid};

use super::{ConfinementError, Identity, namespace};

/// The ids a process runs under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ids {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    identity: Identity,
}

/// Checks that the supervisor started this process under ids fit for a worker.
///
/// # Errors
///
/// [`ConfinementError::Privileged`], [`ConfinementError::MixedIdentity`] or
/// [`ConfinementError::SupplementaryGroups`]; for [`Identity::Shared`] only the second. For
/// [`Identity::Mapped`] it must be root, and [`ConfinementError::NotMapped`] if that is root outside, too.
pub fn check(identity: Identity) -> Result<Ids, ConfinementError> {
    let (uid, gid) = (getuid(), getgid());
    if uid != geteuid() || gid != getegid() {
        return Err(ConfinementError::MixedIdentity);
    }
    let ids = Ids {
        uid: uid.as_raw(),
        gid: gid.as_raw(),
        identity,
    };
    match identity {
        Identity::Own => {}
        Identity::Shared => return Ok(ids),
        Identity::Mapped => namespace::check()?,
    }
    let root = [uid.is_root(), gid.is_root()];
    if root != [identity == Identity::Mapped; 2] {
        return Err(ConfinementError::Privileged {
            uid: ids.uid,
            gid: ids.gid,
        });
    }
    let groups = getgroups().map_err(|source| ConfinementError::Groups(source.into()))?;
    match groups.iter().filter(|&&group| group != gid).count() {
        0 => Ok(ids),
        count => Err(ConfinementError::SupplementaryGroups { count }),
    }
}

impl fmt::Display for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "uid {} gid {}", self.uid, self.gid)?;
        match self.identity {
            Identity::Own => Ok(()),
            Identity::Shared => f.write_str(" (the supervisor's)"),
            Identity::Mapped => f.write_str(" of a user namespace of its own"),
        }
    }
}
