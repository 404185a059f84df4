//! Numbers of RFC 1813, by its names.

use crate::rpc::Procedure;

const fn procedure(number: u32) -> Procedure {
    [100_003, 3, number]
}

pub(crate) const GETATTR: Procedure = procedure(1);
pub(crate) const SETATTR: Procedure = procedure(2);
pub(crate) const LOOKUP: Procedure = procedure(3);
pub(crate) const ACCESS: Procedure = procedure(4);
pub(crate) const READ: Procedure = procedure(6);
pub(crate) const WRITE: Procedure = procedure(7);
pub(crate) const FSINFO: Procedure = procedure(19);
pub(crate) const COMMIT: Procedure = procedure(21);

/// A regular file.
pub(crate) const NF3REG: u32 = 1;

/// What may be done with a file.
pub(crate) const ACCESS3_READ: u32 = 1;
/// That it be made larger may be for others.
pub(crate) const ACCESS3_MODIFY: u32 = 4;

/// When a write is answered.
pub(crate) const UNSTABLE: u32 = 0;
pub(crate) const DATA_SYNC: u32 = 1;
pub(crate) const FILE_SYNC: u32 = 2;

pub(crate) const NFS3_OK: u32 = 0;
pub(crate) const NFS3ERR_PERM: u32 = 1;
pub(crate) const NFS3ERR_NOENT: u32 = 2;
pub(crate) const NFS3ERR_ACCES: u32 = 13;
pub(crate) const NFS3ERR_NOTDIR: u32 = 20;
pub(crate) const NFS3ERR_FBIG: u32 = 27;
pub(crate) const NFS3ERR_NOSPC: u32 = 28;
pub(crate) const NFS3ERR_ROFS: u32 = 30;
pub(crate) const NFS3ERR_NAMETOOLONG: u32 = 63;
pub(crate) const NFS3ERR_DQUOT: u32 = 69;
pub(crate) const NFS3ERR_STALE: u32 = 70;
pub(crate) const NFS3ERR_BADHANDLE: u32 = 10_001;
pub(crate) const NFS3ERR_NOT_SYNC: u32 = 10_002;
pub(crate) const NFS3ERR_JUKEBOX: u32 = 10_008;
