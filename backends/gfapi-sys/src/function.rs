//! Functions.

use labelgate_c_library::Kin;
use libc::{c_char, c_int, c_uint, c_void, gid_t, mode_t, off_t, ssize_t, uid_t};

const KIN: Kin = Kin {
    needed: "Gluster's client library, version 6 or later",
    debian: "libgfapi0 glusterfs-common",
    fedora: "libgfapi0 glusterfs-client-xlators",
};

/// A volume that is mounted, so to speak.
#[derive(Debug)]
pub enum glfs_t {}
/// An open file.
#[derive(Debug)]
pub enum glfs_fd_t {}
/// What a file is like, as callbacks are told: nobody here looks at it.
#[derive(Debug)]
pub enum glfs_stat {}
/// `struct stat`, which has a function's name in C.
pub type stat_t = libc::stat;
/// `struct flock`, which has a function's name in C.
pub type flock_t = libc::flock;
/// How a lock is meant.
pub type glfs_lock_mode_t = c_uint;

labelgate_c_library::callbacks! {
    /// An operation has ended: its file, what came of it, how the file was and is, and what was given
    /// along.
    pointer glfs_io_cbk = fn(*mut glfs_fd_t, ssize_t, *mut glfs_stat, *mut glfs_stat, *mut c_void);
}

labelgate_c_library::library! {
    /// Functions of libgfapi.
    Gfapi in "libgfapi.so.0" of KIN;

    /// Makes a handle for a volume of this name.
    fn glfs_new(*const c_char) -> *mut glfs_t;
    /// Where its description is asked for: transport, host, port. Called again, it adds another.
    fn glfs_set_volfile_server(*mut glfs_t, *const c_char, *const c_char, c_int) -> c_int;
    /// Where the library writes its log, and how much.
    fn glfs_set_logging(*mut glfs_t, *const c_char, c_int) -> c_int;
    /// Sets an option of the translators whose names match.
    fn glfs_set_xlator_option(*mut glfs_t, *const c_char, *const c_char, *const c_char) -> c_int;
    /// Connects.
    fn glfs_init(*mut glfs_t) -> c_int;
    /// Who this thread acts as.
    fn glfs_setfsuid(uid_t) -> c_int;
    /// Which group this thread acts as.
    fn glfs_setfsgid(gid_t) -> c_int;
    /// Which groups else.
    fn glfs_setfsgroups(usize, *const gid_t) -> c_int;

    /// What a file is like.
    fn glfs_stat(*mut glfs_t, *const c_char, *mut stat_t) -> c_int;
    /// Makes a directory.
    fn glfs_mkdir(*mut glfs_t, *const c_char, mode_t) -> c_int;
    /// Opens a file.
    fn glfs_open(*mut glfs_t, *const c_char, c_int) -> *mut glfs_fd_t;
    /// Makes a file and opens it.
    fn glfs_creat(*mut glfs_t, *const c_char, c_int, mode_t) -> *mut glfs_fd_t;
    /// Removes a file.
    fn glfs_unlink(*mut glfs_t, *const c_char) -> c_int;
    /// Reads an extended attribute.
    fn glfs_getxattr(*mut glfs_t, *const c_char, *const c_char, *mut c_void, usize) -> ssize_t;

    /// Closes a file.
    fn glfs_close(*mut glfs_fd_t) -> c_int;
    /// What an open file is like.
    fn glfs_fstat(*mut glfs_fd_t, *mut stat_t) -> c_int;
    /// Sets an extended attribute.
    fn glfs_fsetxattr(*mut glfs_fd_t, *const c_char, *const c_void, usize, c_int) -> c_int;
    /// Takes a lock.
    fn glfs_file_lock(*mut glfs_fd_t, c_int, *mut flock_t, glfs_lock_mode_t) -> c_int;
    /// Finds data, or a hole.
    fn glfs_lseek(*mut glfs_fd_t, off_t, c_int) -> off_t;
    /// Makes a file shorter or longer.
    fn glfs_ftruncate(*mut glfs_fd_t, off_t, *mut glfs_stat, *mut glfs_stat) -> c_int;

    /// Reads.
    fn glfs_pread_async(
        *mut glfs_fd_t,
        *mut c_void,
        usize,
        off_t,
        c_int,
        glfs_io_cbk,
        *mut c_void,
    ) -> c_int;
    /// Writes. With `O_DSYNC`, what was written is on stable storage at the end.
    fn glfs_pwrite_async(
        *mut glfs_fd_t,
        *const c_void,
        c_int,
        off_t,
        c_int,
        glfs_io_cbk,
        *mut c_void,
    ) -> c_int;
    /// Waits for everything that was written.
    fn glfs_fdatasync_async(*mut glfs_fd_t, glfs_io_cbk, *mut c_void) -> c_int;
    /// Makes a hole.
    fn glfs_discard_async(*mut glfs_fd_t, off_t, usize, glfs_io_cbk, *mut c_void) -> c_int;
    /// Writes zeros.
    fn glfs_zerofill_async(*mut glfs_fd_t, off_t, off_t, glfs_io_cbk, *mut c_void) -> c_int;
}
