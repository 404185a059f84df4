//! librados.

use libc::{c_char, c_int, c_void, ssize_t};

use crate::callback::rados_callback_t;
use crate::declare::library;

/// A connection to a cluster.
pub type rados_t = *mut c_void;
/// A pool, and a namespace in it.
pub type rados_ioctx_t = *mut c_void;
/// An operation that is under way.
pub type rados_completion_t = *mut c_void;

library! {
    /// Functions of librados.
    Rados in "librados.so.2";

    /// Which version it is.
    fn rados_version(*mut c_int, *mut c_int, *mut c_int);
    /// Makes a handle for a cluster and the full name of an entity.
    fn rados_create2(*mut rados_t, *const c_char, *const c_char, u64) -> c_int;
    /// Sets an option, before the connection.
    fn rados_conf_set(rados_t, *const c_char, *const c_char) -> c_int;
    /// Connects.
    fn rados_connect(rados_t) -> c_int;
    /// Ends the connection and frees the handle.
    fn rados_shutdown(rados_t);
    /// The addresses that the cluster knows this client by, to be freed.
    fn rados_getaddrs(rados_t, *mut *mut c_char) -> c_int;
    /// The number of this client.
    fn rados_get_instance_id(rados_t) -> u64;
    /// Writes the cluster's UUID.
    fn rados_cluster_fsid(rados_t, *mut c_char, usize) -> c_int;
    /// Waits for the newest map that the monitors have.
    fn rados_wait_for_latest_osdmap(rados_t) -> c_int;
    /// Has a monitor carry out a command.
    fn rados_mon_command(
        rados_t,
        *mut *const c_char,
        usize,
        *const c_char,
        usize,
        *mut *mut c_char,
        *mut usize,
        *mut *mut c_char,
        *mut usize,
    ) -> c_int;
    /// Has the monitor of this name carry out a command.
    fn rados_mon_command_target(
        rados_t,
        *const c_char,
        *mut *const c_char,
        usize,
        *const c_char,
        usize,
        *mut *mut c_char,
        *mut usize,
        *mut *mut c_char,
        *mut usize,
    ) -> c_int;
    /// Frees what a function has returned.
    fn rados_buffer_free(*mut c_char);
    /// The name of a pool.
    fn rados_pool_reverse_lookup(rados_t, i64, *mut c_char, usize) -> c_int;

    /// Makes a handle for a pool.
    fn rados_ioctx_create(rados_t, *const c_char, *mut rados_ioctx_t) -> c_int;
    /// Frees it.
    fn rados_ioctx_destroy(rados_ioctx_t);
    /// Chooses a namespace.
    fn rados_ioctx_set_namespace(rados_ioctx_t, *const c_char);
    /// The number of its pool.
    fn rados_ioctx_get_id(rados_ioctx_t) -> i64;
    /// Has an object's class carry out a method.
    fn rados_exec(
        rados_ioctx_t,
        *const c_char,
        *const c_char,
        *const c_char,
        *const c_char,
        usize,
        *mut c_char,
        usize,
    ) -> c_int;
    /// Makes a completion, whose function is called with what was given along.
    fn rados_aio_create_completion2(
        *mut c_void,
        rados_callback_t,
        *mut rados_completion_t,
    ) -> c_int;
    /// What the operation has returned.
    fn rados_aio_get_return_value(rados_completion_t) -> c_int;
    /// Gives it back.
    fn rados_aio_release(rados_completion_t);
    /// Reads a part of an object.
    fn rados_aio_read(
        rados_ioctx_t,
        *const c_char,
        rados_completion_t,
        *mut c_char,
        usize,
        u64,
    ) -> c_int;
    /// What a full pool refuses is refused, instead of waiting for space.
    fn rados_set_pool_full_try(rados_ioctx_t);
    /// Who holds an advisory lock on an object.
    fn rados_list_lockers(
        rados_ioctx_t,
        *const c_char,
        *const c_char,
        *mut c_int,
        *mut c_char,
        *mut usize,
        *mut c_char,
        *mut usize,
        *mut c_char,
        *mut usize,
        *mut c_char,
        *mut usize,
    ) -> ssize_t;
    /// Takes an advisory lock from another client.
    fn rados_break_lock(
        rados_ioctx_t,
        *const c_char,
        *const c_char,
        *const c_char,
        *const c_char,
    ) -> c_int;
}
