//! Constants, by C's names.

use libc::{c_int, c_uint};

labelgate_c_library::constants! {
    /// The call has been answered.
    RPC_STATUS_SUCCESS: c_int = 0;
    /// It has not, or not in order.
    RPC_STATUS_ERROR: c_int = 1;
    /// The context was ended before.
    RPC_STATUS_CANCEL: c_int = 2;

    /// The longest file handle in bytes.
    NFS3_FHSIZE: usize = 64;
    /// The length of a write verifier in bytes.
    NFS3_WRITEVERFSIZE: usize = 8;

    /// A regular file.
    NF3REG: c_uint = 1;
    /// A directory.
    NF3DIR: c_uint = 2;

    /// A write that is answered before it is on stable storage.
    UNSTABLE: c_uint = 0;
    /// One that is answered when its data is, and what is needed to find it.
    DATA_SYNC: c_uint = 1;
    /// One that is answered when all of it is.
    FILE_SYNC: c_uint = 2;

    /// The file may be read.
    ACCESS3_READ: u32 = 1;
    /// What is in the file may be changed.
    ACCESS3_MODIFY: u32 = 4;
    /// The file may be made larger.
    ACCESS3_EXTEND: u32 = 8;

    /// A time that is left as it is.
    DONT_CHANGE: c_uint = 0;

    /// It is done.
    NFS3_OK: c_uint = 0;
    /// Only its owner may do that.
    NFS3ERR_PERM: c_uint = 1;
    /// There is no such file.
    NFS3ERR_NOENT: c_uint = 2;
    /// This user may not do that.
    NFS3ERR_ACCES: c_uint = 13;
    /// It is no directory.
    NFS3ERR_NOTDIR: c_uint = 20;
    /// It is a directory.
    NFS3ERR_ISDIR: c_uint = 21;
    /// The file would be too large.
    NFS3ERR_FBIG: c_uint = 27;
    /// The file system is full.
    NFS3ERR_NOSPC: c_uint = 28;
    /// The file system is only read.
    NFS3ERR_ROFS: c_uint = 30;
    /// The name is too long.
    NFS3ERR_NAMETOOLONG: c_uint = 63;
    /// The user has as much as it may have.
    NFS3ERR_DQUOT: c_uint = 69;
    /// There is no file any more that the handle is of.
    NFS3ERR_STALE: c_uint = 70;
    /// The handle is none.
    NFS3ERR_BADHANDLE: c_uint = 10_001;
    /// The file has changed since it was looked at.
    NFS3ERR_NOT_SYNC: c_uint = 10_002;
    /// It is to be asked for again later.
    NFS3ERR_JUKEBOX: c_uint = 10_008;
}
