//! Between what the protocol says and what a tree is asked.

use labelgate_engine::Timestamp;
use labelgate_engine::tree::{self, Access, TreeError};

use crate::v3::access::Permissions;
use crate::v3::create::How;
use crate::v3::{SetAttributes, SetTime, Status, Time};

impl From<Time> for Timestamp {
    fn from(time: Time) -> Self {
        Self {
            seconds: time.seconds().into(),
            nanoseconds: time.nanoseconds(),
        }
    }
}

impl From<SetTime> for tree::SetTime {
    fn from(set: SetTime) -> Self {
        match set {
            SetTime::DontChange => Self::Keep,
            SetTime::ToServerTime => Self::Now,
            SetTime::ToClientTime(time) => Self::To(time.into()),
        }
    }
}

impl From<SetAttributes> for tree::SetAttributes {
    fn from(set: SetAttributes) -> Self {
        Self {
            mode: set.mode.map(|mode| mode.bits()),
            uid: set.uid,
            gid: set.gid,
            size: set.size,
            accessed: set.atime.into(),
            modified: set.mtime.into(),
        }
    }
}

impl From<How> for tree::Create {
    fn from(how: How) -> Self {
        match how {
            How::Unchecked(set) => Self::Unchecked(set.into()),
            How::Guarded(set) => Self::Guarded(set.into()),
            How::Exclusive(verifier) => Self::Exclusive(verifier.0),
        }
    }
}

impl From<TreeError> for Status {
    fn from(error: TreeError) -> Self {
        match error {
            TreeError::Permission => Self::Perm,
            TreeError::NoEntry => Self::NoEnt,
            TreeError::Access => Self::Acces,
            TreeError::Exists => Self::Exist,
            TreeError::CrossDevice => Self::XDev,
            TreeError::NotDirectory => Self::NotDir,
            TreeError::IsDirectory => Self::IsDir,
            TreeError::Invalid => Self::Inval,
            TreeError::TooLarge => Self::FBig,
            TreeError::NoSpace => Self::NoSpc,
            TreeError::ReadOnly => Self::RoFs,
            TreeError::TooManyLinks => Self::MLink,
            TreeError::NameTooLong => Self::NameTooLong,
            TreeError::NotEmpty => Self::NotEmpty,
            TreeError::Quota => Self::DQuot,
            TreeError::Stale => Self::Stale,
            TreeError::NotSync => Self::NotSync,
            TreeError::BadCookie => Self::BadCookie,
            TreeError::NotSupported => Self::NotSupp,
            TreeError::Later => Self::Jukebox,
            _ => Self::Io,
        }
    }
}

/// What a client may do, of what it asks about.
pub(super) fn permissions(access: Access, asked: Permissions) -> Permissions {
    let granted = [
        (access.read, Permissions::READ),
        (access.lookup, Permissions::LOOKUP),
        (access.modify, Permissions::MODIFY),
        (access.extend, Permissions::EXTEND),
        (access.delete, Permissions::DELETE),
        (access.execute, Permissions::EXECUTE),
    ];
    let granted = granted.into_iter().filter(|(may, _)| *may);
    let all = granted.fold(Permissions::default(), |all, (_, one)| all | one);
    asked & all
}
