//! SETATTR.

use crate::Timestamp;

/// What becomes of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SetTime {
    /// It stays.
    #[default]
    Keep,
    /// It is now, by the clock of the gateway.
    Now,
    /// It is this.
    To(Timestamp),
}

/// The attributes to be set (RFC 1813 2.6, sattr3); by default, none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SetAttributes {
    /// Permissions, with set-user-ID and the like. A symbolic link keeps those it has; those of the root
    /// of a tree without owners cannot be set, since they keep other users of the gateway out.
    pub mode: Option<u32>,
    /// The owner. In a tree without owners, anything but what it is said to be already is refused
    /// ([`super::TreeError::Permission`]): its files belong to the process that serves them.
    pub uid: Option<u32>,
    /// The group, likewise.
    pub gid: Option<u32>,
    /// The length in bytes. What is new reads as zeros.
    pub size: Option<u64>,
    /// When it was last read.
    pub accessed: SetTime,
    /// When its data was last changed.
    pub modified: SetTime,
}
