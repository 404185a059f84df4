//! What calls answer, by C's names.

use libc::c_char;

use crate::attribute::{fattr3, nfs_fh3, nfsstat3, nfstime3, post_op_attr, stable_how, wcc_data};

labelgate_c_library::structures! {
    /// What GETATTR answers when all went well.
    struct GETATTR3resok {
        /// The attributes.
        obj_attributes: fattr3,
    }

    /// The answer when all went well.
    struct GETATTR3res_GETATTR3res_u {
        /// It.
        resok: GETATTR3resok,
    }

    /// What GETATTR answers.
    struct GETATTR3res {
        /// Whether all went well.
        status: nfsstat3,
        /// The answer.
        GETATTR3res_u: GETATTR3res_GETATTR3res_u,
    }

    /// What LOOKUP answers when all went well.
    struct LOOKUP3resok {
        /// The handle.
        object: nfs_fh3,
        /// Attributes after it.
        obj_attributes: post_op_attr,
        /// Attributes after it.
        dir_attributes: post_op_attr,
    }

    /// The answer when all went well.
    struct LOOKUP3res_LOOKUP3res_u {
        /// It.
        resok: LOOKUP3resok,
    }

    /// What LOOKUP answers.
    struct LOOKUP3res {
        /// Whether all went well.
        status: nfsstat3,
        /// The answer.
        LOOKUP3res_u: LOOKUP3res_LOOKUP3res_u,
    }

    /// What ACCESS answers when all went well.
    struct ACCESS3resok {
        /// Attributes after it.
        obj_attributes: post_op_attr,
        /// What of that is allowed.
        access: u32,
    }

    /// The answer when all went well.
    struct ACCESS3res_ACCESS3res_u {
        /// It.
        resok: ACCESS3resok,
    }

    /// What ACCESS answers.
    struct ACCESS3res {
        /// Whether all went well.
        status: nfsstat3,
        /// The answer.
        ACCESS3res_u: ACCESS3res_ACCESS3res_u,
    }

    /// Bytes: what was read.
    struct READ3resok_data {
        /// How many.
        data_len: u32,
        /// Where.
        data_val: *mut c_char,
    }

    /// What READ answers when all went well.
    struct READ3resok {
        /// Attributes after it.
        file_attributes: post_op_attr,
        /// How many bytes.
        count: u32,
        /// Whether the file ends there.
        eof: u32,
        /// What was read.
        data: READ3resok_data,
    }

    /// The answer when all went well.
    struct READ3res_READ3res_u {
        /// It.
        resok: READ3resok,
    }

    /// What READ answers.
    struct READ3res {
        /// Whether all went well.
        status: nfsstat3,
        /// The answer.
        READ3res_u: READ3res_READ3res_u,
    }

    /// What WRITE answers when all went well.
    struct WRITE3resok {
        /// Attributes before and after it.
        file_wcc: wcc_data,
        /// How many bytes.
        count: u32,
        /// How stable it is.
        committed: stable_how,
        /// What changes when the server may have lost what was not stable.
        verf: [c_char; 8],
    }

    /// The answer when all went well.
    struct WRITE3res_WRITE3res_u {
        /// It.
        resok: WRITE3resok,
    }

    /// What WRITE answers.
    struct WRITE3res {
        /// Whether all went well.
        status: nfsstat3,
        /// The answer.
        WRITE3res_u: WRITE3res_WRITE3res_u,
    }

    /// What COMMIT answers when all went well.
    struct COMMIT3resok {
        /// Attributes before and after it.
        file_wcc: wcc_data,
        /// As with a write.
        verf: [c_char; 8],
    }

    /// The answer when all went well.
    struct COMMIT3res_COMMIT3res_u {
        /// It.
        resok: COMMIT3resok,
    }

    /// What COMMIT answers.
    struct COMMIT3res {
        /// Whether all went well.
        status: nfsstat3,
        /// The answer.
        COMMIT3res_u: COMMIT3res_COMMIT3res_u,
    }

    /// What FSINFO answers when all went well.
    struct FSINFO3resok {
        /// Attributes after it.
        obj_attributes: post_op_attr,
        /// The most that is read at a time, in bytes.
        rtmax: u32,
        /// What is best read at a time.
        rtpref: u32,
        /// What that is best a multiple of.
        rtmult: u32,
        /// The most that is written at a time, in bytes.
        wtmax: u32,
        /// What is best written at a time.
        wtpref: u32,
        /// What that is best a multiple of.
        wtmult: u32,
        /// What of a directory is best read at a time.
        dtpref: u32,
        /// The largest file in bytes.
        maxfilesize: u64,
        /// What times are multiples of.
        time_delta: nfstime3,
        /// What else it can do.
        properties: u32,
    }

    /// The answer when all went well.
    struct FSINFO3res_FSINFO3res_u {
        /// It.
        resok: FSINFO3resok,
    }

    /// What FSINFO answers.
    struct FSINFO3res {
        /// Whether all went well.
        status: nfsstat3,
        /// The answer.
        FSINFO3res_u: FSINFO3res_FSINFO3res_u,
    }

    /// What SETATTR answers when all went well.
    struct SETATTR3resok {
        /// Attributes before and after it.
        obj_wcc: wcc_data,
    }

    /// The answer when all went well.
    struct SETATTR3res_SETATTR3res_u {
        /// It.
        resok: SETATTR3resok,
    }

    /// What SETATTR answers.
    struct SETATTR3res {
        /// Whether all went well.
        status: nfsstat3,
        /// The answer.
        SETATTR3res_u: SETATTR3res_SETATTR3res_u,
    }
}
