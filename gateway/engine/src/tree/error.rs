//! Why an operation on a tree failed, in RFC 1813's words (2.6, nfsstat3).

use rustix::io::Errno;

use crate::ImageError;

/// Why an operation on a tree failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// `NFS3ERR_PERM`.
    #[error("only its owner, or nobody, may do that")]
    Permission,
    /// `NFS3ERR_NOENT`.
    #[error("there is nothing of that name")]
    NoEntry,
    /// `NFS3ERR_IO`.
    #[error("the store could not read or write its medium")]
    Io,
    /// `NFS3ERR_ACCES`.
    #[error("access is denied")]
    Access,
    /// `NFS3ERR_EXIST`.
    #[error("there is something of that name already")]
    Exists,
    /// `NFS3ERR_XDEV`.
    #[error("it is on another file system")]
    CrossDevice,
    /// `NFS3ERR_NOTDIR`.
    #[error("it is no directory")]
    NotDirectory,
    /// `NFS3ERR_ISDIR`.
    #[error("it is a directory")]
    IsDirectory,
    /// `NFS3ERR_INVAL`.
    #[error("that cannot be asked of this object")]
    Invalid,
    /// `NFS3ERR_FBIG`.
    #[error("the file would be too long")]
    TooLarge,
    /// `NFS3ERR_NOSPC`.
    #[error("the store is full")]
    NoSpace,
    /// `NFS3ERR_ROFS`.
    #[error("the store is read-only")]
    ReadOnly,
    /// `NFS3ERR_MLINK`.
    #[error("it has too many links")]
    TooManyLinks,
    /// `NFS3ERR_NAMETOOLONG`.
    #[error("the name, or the way to it, is too long")]
    NameTooLong,
    /// `NFS3ERR_NOTEMPTY`.
    #[error("the directory is not empty")]
    NotEmpty,
    /// `NFS3ERR_DQUOT`.
    #[error("the quota is used up")]
    Quota,
    /// `NFS3ERR_STALE`.
    #[error("the object is gone")]
    Stale,
    /// `NFS3ERR_NOT_SYNC`.
    #[error("the object has changed meanwhile")]
    NotSync,
    /// `NFS3ERR_BAD_COOKIE`.
    #[error("the cookie is not of this directory")]
    BadCookie,
    /// `NFS3ERR_NOTSUPP`.
    #[error("that is not supported")]
    NotSupported,
    /// `NFS3ERR_JUKEBOX`: asked again, it goes on where it stopped.
    #[error("it takes longer; to be asked again")]
    Later,
}

impl From<Errno> for TreeError {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::PERM => Self::Permission,
            Errno::NOENT => Self::NoEntry,
            Errno::ACCESS | Errno::TXTBSY | Errno::BUSY => Self::Access,
            Errno::EXIST => Self::Exists,
            Errno::XDEV => Self::CrossDevice,
            Errno::NOTDIR => Self::NotDirectory,
            Errno::ISDIR => Self::IsDirectory,
            Errno::INVAL | Errno::LOOP | Errno::NXIO => Self::Invalid,
            Errno::FBIG | Errno::OVERFLOW => Self::TooLarge,
            Errno::NOSPC => Self::NoSpace,
            Errno::ROFS => Self::ReadOnly,
            Errno::MLINK => Self::TooManyLinks,
            Errno::NAMETOOLONG => Self::NameTooLong,
            Errno::NOTEMPTY => Self::NotEmpty,
            Errno::DQUOT => Self::Quota,
            Errno::STALE => Self::Stale,
            Errno::OPNOTSUPP | Errno::NOSYS => Self::NotSupported,
            Errno::AGAIN | Errno::INTR | Errno::NOMEM | Errno::MFILE | Errno::NFILE => Self::Later,
            _ => Self::Io,
        }
    }
}

impl From<ImageError> for TreeError {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::OutOfRange => Self::TooLarge,
            ImageError::ReadOnly => Self::ReadOnly,
            ImageError::NoSpace => Self::NoSpace,
            ImageError::Revoked => Self::Access,
            ImageError::NotReady => Self::Later,
            _ => Self::Io,
        }
    }
}

/// Why an operation on a file did not begin, in the words of operations.
impl From<TreeError> for ImageError {
    fn from(error: TreeError) -> Self {
        match error {
            TreeError::Stale | TreeError::NoEntry => Self::Revoked,
            TreeError::Access | TreeError::Permission => Self::Denied,
            TreeError::IsDirectory | TreeError::Invalid | TreeError::NotDirectory => Self::NoFile,
            TreeError::TooLarge => Self::OutOfRange,
            TreeError::NoSpace | TreeError::Quota => Self::NoSpace,
            TreeError::ReadOnly => Self::ReadOnly,
            TreeError::Later => Self::NotReady,
            _ => Self::Medium,
        }
    }
}
