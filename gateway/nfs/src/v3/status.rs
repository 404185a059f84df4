//! Why a procedure failed: nfsstat3 (RFC 1813, 2.5 and 2.6).

use crate::xdr::{Encode, Encoder};

/// NFS3_OK: the status of a procedure that did not fail.
pub(super) const OK: u32 = 0;

/// Why a procedure failed.
///
/// NFS3_OK is none of these: a [`super::Reply`] that is `Ok` has it.
///
/// > Note that the precise numeric encoding must be followed. No other values may be returned by a
/// > server. (RFC 1813 2.5)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[repr(u32)]
pub enum Status {
    /// > Not owner. The operation was not allowed because the caller is either not a privileged
    /// > user (root) or not the owner of the target of the operation.
    #[error("NFS3ERR_PERM")]
    Perm = 1,
    /// > No such file or directory. The file or directory name specified does not exist.
    #[error("NFS3ERR_NOENT")]
    NoEnt = 2,
    /// > I/O error. A hard error (for example, a disk error) occurred while processing the
    /// > requested operation.
    #[error("NFS3ERR_IO")]
    Io = 5,
    /// > I/O error. No such device or address.
    #[error("NFS3ERR_NXIO")]
    NxIo = 6,
    /// > Permission denied. The caller does not have the correct permission to perform the
    /// > requested operation. Contrast this with NFS3ERR_PERM, which restricts itself to owner or
    /// > privileged user permission failures.
    #[error("NFS3ERR_ACCES")]
    Acces = 13,
    /// > File exists. The file specified already exists.
    #[error("NFS3ERR_EXIST")]
    Exist = 17,
    /// > Attempt to do a cross-device hard link.
    #[error("NFS3ERR_XDEV")]
    XDev = 18,
    /// > No such device.
    #[error("NFS3ERR_NODEV")]
    NoDev = 19,
    /// > Not a directory. The caller specified a non-directory in a directory operation.
    #[error("NFS3ERR_NOTDIR")]
    NotDir = 20,
    /// > Is a directory. The caller specified a directory in a non-directory operation.
    #[error("NFS3ERR_ISDIR")]
    IsDir = 21,
    /// > Invalid argument or unsupported argument for an operation. Two examples are attempting a
    /// > READLINK on an object other than a symbolic link or attempting to SETATTR a time field on
    /// > a server that does not support this operation.
    #[error("NFS3ERR_INVAL")]
    Inval = 22,
    /// > File too large. The operation would have caused a file to grow beyond the server's limit.
    #[error("NFS3ERR_FBIG")]
    FBig = 27,
    /// > No space left on device. The operation would have caused the server's file system to
    /// > exceed its limit.
    #[error("NFS3ERR_NOSPC")]
    NoSpc = 28,
    /// > Read-only file system. A modifying operation was attempted on a read-only file system.
    #[error("NFS3ERR_ROFS")]
    RoFs = 30,
    /// > Too many hard links.
    #[error("NFS3ERR_MLINK")]
    MLink = 31,
    /// > The filename in an operation was too long.
    #[error("NFS3ERR_NAMETOOLONG")]
    NameTooLong = 63,
    /// > An attempt was made to remove a directory that was not empty.
    #[error("NFS3ERR_NOTEMPTY")]
    NotEmpty = 66,
    /// > Resource (quota) hard limit exceeded. The user's resource limit on the server has been
    /// > exceeded.
    #[error("NFS3ERR_DQUOT")]
    DQuot = 69,
    /// > Invalid file handle. The file handle given in the arguments was invalid. The file referred
    /// > to by that file handle no longer exists or access to it has been revoked.
    #[error("NFS3ERR_STALE")]
    Stale = 70,
    /// > Too many levels of remote in path. The file handle given in the arguments referred to a
    /// > file on a non-local file system on the server.
    #[error("NFS3ERR_REMOTE")]
    Remote = 71,
    /// > Illegal NFS file handle. The file handle failed internal consistency checks.
    #[error("NFS3ERR_BADHANDLE")]
    BadHandle = 10_001,
    /// > Update synchronization mismatch was detected during a SETATTR operation.
    #[error("NFS3ERR_NOT_SYNC")]
    NotSync = 10_002,
    /// > READDIR or READDIRPLUS cookie is stale.
    #[error("NFS3ERR_BAD_COOKIE")]
    BadCookie = 10_003,
    /// > Operation is not supported.
    #[error("NFS3ERR_NOTSUPP")]
    NotSupp = 10_004,
    /// > Buffer or request is too small.
    #[error("NFS3ERR_TOOSMALL")]
    TooSmall = 10_005,
    /// > An error occurred on the server which does not map to any of the legal NFS version 3
    /// > protocol error values.
    #[error("NFS3ERR_SERVERFAULT")]
    ServerFault = 10_006,
    /// > An attempt was made to create an object of a type not supported by the server.
    #[error("NFS3ERR_BADTYPE")]
    BadType = 10_007,
    /// > The server initiated the request, but was not able to complete it in a timely fashion. The
    /// > client should wait and then try the request with a new RPC transaction ID.
    #[error("NFS3ERR_JUKEBOX")]
    Jukebox = 10_008,
}

impl Status {
    /// Its number.
    #[must_use]
    pub const fn code(self) -> u32 {
        self as u32
    }
}

impl Encode for Status {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.u32(self.code());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_its_number() {
        assert_eq!(Status::Perm.to_bytes(), [0, 0, 0, 1]);
        assert_eq!(Status::NameTooLong.to_bytes(), [0, 0, 0, 63]);
        assert_eq!(Status::BadHandle.to_bytes(), [0, 0, 0x27, 0x11]);
        assert_eq!(Status::Jukebox.to_bytes(), [0, 0, 0x27, 0x18]);
    }

    #[test]
    fn a_status_is_printed_by_the_name_it_has_in_the_standard() {
        assert_eq!(Status::BadCookie.to_string(), "NFS3ERR_BAD_COOKIE");
    }
}
