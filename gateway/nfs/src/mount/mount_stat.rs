//! Why a directory is not mounted (RFC 1813, 5.1.5).

use crate::xdr::{Encode, Encoder};

/// The errors of `mountstat3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MountStat {
    /// > Not owner
    Perm,
    /// > No such file or directory
    NoEnt,
    /// > I/O error
    Io,
    /// > Permission denied
    Acces,
    /// > Not a directory
    NotDir,
    /// > Invalid argument
    Inval,
    /// > Filename too long
    NameTooLong,
    /// > Operation not supported
    NotSupp,
    /// > A failure on the server
    ServerFault,
}

impl MountStat {
    /// The number on the wire.
    #[must_use]
    pub const fn code(self) -> u32 {
        match self {
            Self::Perm => 1,
            Self::NoEnt => 2,
            Self::Io => 5,
            Self::Acces => 13,
            Self::NotDir => 20,
            Self::Inval => 22,
            Self::NameTooLong => 63,
            Self::NotSupp => 10004,
            Self::ServerFault => 10006,
        }
    }

    /// The error of that number.
    #[must_use]
    pub const fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            1 => Self::Perm,
            2 => Self::NoEnt,
            5 => Self::Io,
            13 => Self::Acces,
            20 => Self::NotDir,
            22 => Self::Inval,
            63 => Self::NameTooLong,
            10004 => Self::NotSupp,
            10006 => Self::ServerFault,
            _ => return None,
        })
    }
}

impl Encode for MountStat {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.u32(self.code());
    }
}
