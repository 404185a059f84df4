//! Why a process could not be confined.

use std::io;

/// Why a process could not be confined. Whatever it is, the process must end.
#[derive(Debug, thiserror::Error)]
pub enum ConfinementError {
    /// The supervisor started it as root, or in root's group.
    #[error("it must not run as uid {uid}, gid {gid}: it needs ids of its own")]
    Privileged {
        /// Its real user.
        uid: u32,
        /// Its real group.
        gid: u32,
    },
    /// Its maps of ids could not be read.
    #[error("its user namespace is not known (is /proc mounted?): {0}")]
    Namespace(#[source] io::Error),
    /// It is to have a user namespace of its own, and has none, or an unfit one.
    #[error("it has no user namespace in which root is nobody outside")]
    NotMapped,
    /// Real and effective ids differ, so it could change back.
    #[error("real and effective ids differ")]
    MixedIdentity,
    /// The supervisor left it supplementary groups.
    #[error("it has {count} supplementary groups and must have none")]
    SupplementaryGroups {
        /// How many.
        count: usize,
    },
    /// Its groups could not be read.
    #[error("its groups could not be read: {0}")]
    Groups(#[source] io::Error),
    /// Its threads could not be counted.
    #[error("its threads could not be counted (is /proc mounted?): {0}")]
    Threads(#[source] io::Error),
    /// It has started threads already, which would stay unconfined.
    #[error("it has {count} threads and must be confined while it has one")]
    NotAlone {
        /// How many.
        count: usize,
    },
    /// A set of capabilities could not be read or emptied.
    #[error("its {set} capabilities could not be dropped: {source}")]
    Capabilities {
        /// Which set.
        set: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// The kernel said yes, and a capability is still there.
    #[error("it still has capabilities after they were dropped")]
    CapabilitiesLeft,
    /// `PR_SET_NO_NEW_PRIVS` failed.
    #[error("no_new_privs could not be set: {0}")]
    NoNewPrivileges(#[source] io::Error),
    /// `PR_SET_DUMPABLE` failed.
    #[error("it could not be made undumpable: {0}")]
    Dumpable(#[source] io::Error),
    /// The kernel has no Landlock, or it is not among its active security modules.
    #[error("the kernel has no Landlock: add landlock to its lsm= list")]
    NoLandlock,
    /// A Landlock call failed.
    #[error("landlock: {0}")]
    Landlock(#[from] landlock::RulesetError),
    /// A limit could not be set.
    #[error("the limit {limit} could not be set: {source}")]
    Limit {
        /// Which.
        limit: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// The seccomp filter could not be made for this architecture.
    #[error("seccomp filter: {0}")]
    Filter(#[from] seccompiler::BackendError),
    /// The kernel did not take the seccomp filter.
    #[error("seccomp: {0}")]
    Seccomp(#[from] seccompiler::Error),
}
