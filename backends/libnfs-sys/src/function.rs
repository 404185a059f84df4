//! Functions.

use labelgate_c_library::Kin;
use libc::{c_char, c_int, c_void};

use crate::argument::{
    ACCESS3args, COMMIT3args, FSINFO3args, GETATTR3args, LOOKUP3args, READ3args, SETATTR3args,
    WRITE3args,
};
use crate::attribute::rpc_context;

const KIN: Kin = Kin {
    needed: "libnfs, version 4.0 (libnfs.so.13)",
    debian: "libnfs13",
    fedora: "libnfs",
};

labelgate_c_library::callbacks! {
    /// A call has ended: the context, whether it was answered, the answer, and what was given along.
    pointer rpc_cb = fn(*mut rpc_context, c_int, *mut c_void, *mut c_void);
}

labelgate_c_library::library! {
    /// Functions of libnfs.
    Libnfs in "libnfs.so.13" of KIN;

    /// Makes a context: one connection, which is not there yet.
    fn rpc_init_context() -> *mut rpc_context;
    /// Tells of what has not ended, closes the socket, and frees it.
    fn rpc_destroy_context(*mut rpc_context);
    /// Which user its calls are of.
    fn rpc_set_uid(*mut rpc_context, c_int);
    /// Which group its calls are of.
    fn rpc_set_gid(*mut rpc_context, c_int);
    /// Gives it its socket, which is its own from then on.
    fn rpc_set_fd(*mut rpc_context, c_int);
    /// What it waits for there.
    fn rpc_which_events(*mut rpc_context) -> c_int;
    /// Does what there is to do.
    fn rpc_service(*mut rpc_context, c_int) -> c_int;
    /// What it last found wrong.
    fn rpc_get_error(*mut rpc_context) -> *mut c_char;
    /// Asks for a file's attributes.
    fn rpc_nfs3_getattr_async(
        *mut rpc_context, rpc_cb, *mut GETATTR3args, *mut c_void,
    ) -> c_int;
    /// Asks for the handle of a name in a directory.
    fn rpc_nfs3_lookup_async(
        *mut rpc_context, rpc_cb, *mut LOOKUP3args, *mut c_void,
    ) -> c_int;
    /// Asks what may be done with a file.
    fn rpc_nfs3_access_async(
        *mut rpc_context, rpc_cb, *mut ACCESS3args, *mut c_void,
    ) -> c_int;
    /// Asks what the server can do.
    fn rpc_nfs3_fsinfo_async(
        *mut rpc_context, rpc_cb, *mut FSINFO3args, *mut c_void,
    ) -> c_int;
    /// Reads.
    fn rpc_nfs3_read_async(*mut rpc_context, rpc_cb, *mut READ3args, *mut c_void) -> c_int;
    /// Writes. What is to be written has been copied when this returns.
    fn rpc_nfs3_write_async(*mut rpc_context, rpc_cb, *mut WRITE3args, *mut c_void) -> c_int;
    /// Has what was written go to stable storage.
    fn rpc_nfs3_commit_async(
        *mut rpc_context, rpc_cb, *mut COMMIT3args, *mut c_void,
    ) -> c_int;
    /// Sets attributes.
    fn rpc_nfs3_setattr_async(
        *mut rpc_context, rpc_cb, *mut SETATTR3args, *mut c_void,
    ) -> c_int;
}
