//! What a file is: its handle and its attributes, by C's names.

use libc::{c_char, c_uint};

/// One connection with a server: the library's own.
#[repr(C)]
#[derive(Debug)]
pub struct rpc_context {
    _nothing: [u8; 0],
}

/// What a file is.
pub type ftype3 = c_uint;
/// What has become of a call.
pub type nfsstat3 = c_uint;
/// How stable a write is.
pub type stable_how = c_uint;
/// How a time is set.
pub type time_how = c_uint;

labelgate_c_library::structures! {
    /// Bytes: a file handle.
    struct nfs_fh3_data {
        /// How many.
        data_len: u32,
        /// Where.
        data_val: *mut c_char,
    }

    /// A file handle.
    struct nfs_fh3 {
        /// Its bytes.
        data: nfs_fh3_data,
    }

    /// The number of a device.
    struct specdata3 {
        /// Its upper half.
        specdata1: u32,
        /// Its lower half.
        specdata2: u32,
    }

    /// A time.
    struct nfstime3 {
        /// Seconds since 1970.
        seconds: u32,
        /// Nanoseconds.
        nseconds: u32,
    }

    /// A file's attributes.
    struct fattr3 {
        /// What it is.
        r#type: ftype3,
        /// Its mode.
        mode: u32,
        /// How many names it has.
        nlink: u32,
        /// Its owner.
        uid: u32,
        /// Its group.
        gid: u32,
        /// Its size in bytes.
        size: u64,
        /// How many bytes of storage it takes.
        used: u64,
        /// Which device it is.
        rdev: specdata3,
        /// Which file system it is on.
        fsid: u64,
        /// Which file of that it is.
        fileid: u64,
        /// When it was last read.
        atime: nfstime3,
        /// When it was last written.
        mtime: nfstime3,
        /// When it or its attributes last changed.
        ctime: nfstime3,
    }

    /// Attributes that are there.
    struct post_op_attr_post_op_attr_u {
        /// The attributes.
        attributes: fattr3,
    }

    /// Attributes after a call, perhaps.
    struct post_op_attr {
        /// Whether they are there.
        attributes_follow: u32,
        /// The attributes.
        post_op_attr_u: post_op_attr_post_op_attr_u,
    }

    /// What tells that a file has changed.
    struct wcc_attr {
        /// Its size in bytes.
        size: u64,
        /// When it was last written.
        mtime: nfstime3,
        /// When it last changed.
        ctime: nfstime3,
    }

    /// Attributes that are there.
    struct pre_op_attr_pre_op_attr_u {
        /// The attributes.
        attributes: wcc_attr,
    }

    /// Attributes before a call, perhaps.
    struct pre_op_attr {
        /// Whether they are there.
        attributes_follow: u32,
        /// The attributes.
        pre_op_attr_u: pre_op_attr_pre_op_attr_u,
    }

    /// Attributes before and after a call.
    struct wcc_data {
        /// Before.
        before: pre_op_attr,
        /// After.
        after: post_op_attr,
    }
}
