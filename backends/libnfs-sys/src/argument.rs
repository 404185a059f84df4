//! What calls take, by C's names.

use libc::c_char;

use crate::attribute::{nfs_fh3, nfstime3, stable_how, time_how};

labelgate_c_library::structures! {
    /// A name in a directory.
    struct diropargs3 {
        /// The directory.
        dir: nfs_fh3,
        /// The name.
        name: *mut c_char,
    }

    /// What GETATTR takes.
    struct GETATTR3args {
        /// Of what.
        object: nfs_fh3,
    }

    /// What LOOKUP takes.
    struct LOOKUP3args {
        /// Which name.
        what: diropargs3,
    }

    /// What ACCESS takes.
    struct ACCESS3args {
        /// Of what.
        object: nfs_fh3,
        /// What is wanted.
        access: u32,
    }

    /// What READ takes.
    struct READ3args {
        /// Of which file.
        file: nfs_fh3,
        /// From which byte on.
        offset: u64,
        /// How many bytes.
        count: u32,
    }

    /// Bytes: what is to be written.
    struct WRITE3args_data {
        /// How many.
        data_len: u32,
        /// Where.
        data_val: *mut c_char,
    }

    /// What WRITE takes.
    struct WRITE3args {
        /// Of which file.
        file: nfs_fh3,
        /// From which byte on.
        offset: u64,
        /// How many bytes.
        count: u32,
        /// How stable it shall be.
        stable: stable_how,
        /// What.
        data: WRITE3args_data,
    }

    /// What COMMIT takes.
    struct COMMIT3args {
        /// Of which file.
        file: nfs_fh3,
        /// From which byte on.
        offset: u64,
        /// How many bytes; 0 for all there are.
        count: u32,
    }

    /// What FSINFO takes.
    struct FSINFO3args {
        /// Of which file system: any file of it.
        fsroot: nfs_fh3,
    }

    /// A mode.
    struct set_mode3_set_mode3_u {
        /// It.
        mode: u32,
    }

    /// A mode to be set, perhaps.
    struct set_mode3 {
        /// Whether it is.
        set_it: u32,
        /// It.
        set_mode3_u: set_mode3_set_mode3_u,
    }

    /// A uid.
    struct set_uid3_set_uid3_u {
        /// It.
        uid: u32,
    }

    /// A uid to be set, perhaps.
    struct set_uid3 {
        /// Whether it is.
        set_it: u32,
        /// It.
        set_uid3_u: set_uid3_set_uid3_u,
    }

    /// A gid.
    struct set_gid3_set_gid3_u {
        /// It.
        gid: u32,
    }

    /// A gid to be set, perhaps.
    struct set_gid3 {
        /// Whether it is.
        set_it: u32,
        /// It.
        set_gid3_u: set_gid3_set_gid3_u,
    }

    /// A size.
    struct set_size3_set_size3_u {
        /// It.
        size: u64,
    }

    /// A size to be set, perhaps.
    struct set_size3 {
        /// Whether it is.
        set_it: u32,
        /// It.
        set_size3_u: set_size3_set_size3_u,
    }

    /// A time.
    struct set_atime_set_atime_u {
        /// It.
        atime: nfstime3,
    }

    /// A time to be set, perhaps.
    struct set_atime {
        /// How it is.
        set_it: time_how,
        /// It.
        set_atime_u: set_atime_set_atime_u,
    }

    /// A time.
    struct set_mtime_set_mtime_u {
        /// It.
        mtime: nfstime3,
    }

    /// A time to be set, perhaps.
    struct set_mtime {
        /// How it is.
        set_it: time_how,
        /// It.
        set_mtime_u: set_mtime_set_mtime_u,
    }

    /// Attributes to be set.
    struct sattr3 {
        /// Its mode.
        mode: set_mode3,
        /// Its uid.
        uid: set_uid3,
        /// Its gid.
        gid: set_gid3,
        /// Its size.
        size: set_size3,
        /// Its atime.
        atime: set_atime,
        /// Its mtime.
        mtime: set_mtime,
    }

    /// A time.
    struct sattrguard3_sattrguard3_u {
        /// It.
        obj_ctime: nfstime3,
    }

    /// When a file must have changed last, perhaps.
    struct sattrguard3 {
        /// Whether it must.
        check: u32,
        /// When.
        sattrguard3_u: sattrguard3_sattrguard3_u,
    }

    /// What SETATTR takes.
    struct SETATTR3args {
        /// Of what.
        object: nfs_fh3,
        /// What is to be set.
        new_attributes: sattr3,
        /// On which condition.
        guard: sattrguard3,
    }
}
