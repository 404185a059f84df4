//! librbd.

use libc::{c_char, c_int, c_void, ssize_t, timespec};

use crate::callback::{
    diff_callback_t, librbd_progress_fn_t, rbd_callback_t, rbd_update_callback_t,
};
use crate::declare::library;
use crate::rados::rados_ioctx_t;
use crate::structure::{
    rbd_config_option_t, rbd_image_info_t, rbd_image_spec_t, rbd_linked_image_spec_t,
    rbd_snap_info_t, rbd_snap_namespace_type_t, rbd_snap_spec_t,
};

/// An open image.
pub type rbd_image_t = *mut c_void;
/// An operation that is under way.
pub type rbd_completion_t = *mut c_void;
/// What a new image shall be like.
pub type rbd_image_options_t = *mut c_void;
/// How an image is locked.
pub type rbd_lock_mode_t = libc::c_uint;

library! {
    /// Functions of librbd.
    Rbd in "librbd.so.1";

    /// Which version it is.
    fn rbd_version(*mut c_int, *mut c_int, *mut c_int);

    /// Makes options for a new image.
    fn rbd_image_options_create(*mut rbd_image_options_t);
    /// Frees them.
    fn rbd_image_options_destroy(rbd_image_options_t);
    /// Sets one that is a number.
    fn rbd_image_options_set_uint64(rbd_image_options_t, c_int, u64) -> c_int;
    /// Sets one that is a text.
    fn rbd_image_options_set_string(rbd_image_options_t, c_int, *const c_char) -> c_int;
    /// Makes an image.
    fn rbd_create4(rados_ioctx_t, *const c_char, u64, rbd_image_options_t) -> c_int;
    /// Makes an image that is a clone of a snapshot.
    fn rbd_clone3(
        rados_ioctx_t,
        *const c_char,
        *const c_char,
        rados_ioctx_t,
        *const c_char,
        rbd_image_options_t,
    ) -> c_int;
    /// Removes an image.
    fn rbd_remove(rados_ioctx_t, *const c_char) -> c_int;
    /// Lists images.
    fn rbd_list2(rados_ioctx_t, *mut rbd_image_spec_t, *mut usize) -> c_int;
    /// Frees what is in a list.
    fn rbd_image_spec_list_cleanup(*mut rbd_image_spec_t, usize);
    /// Makes a namespace.
    fn rbd_namespace_create(rados_ioctx_t, *const c_char) -> c_int;
    /// Removes one that is empty.
    fn rbd_namespace_remove(rados_ioctx_t, *const c_char) -> c_int;
    /// Whether there is one.
    fn rbd_namespace_exists(rados_ioctx_t, *const c_char, *mut bool) -> c_int;

    /// Opens an image.
    fn rbd_open(rados_ioctx_t, *const c_char, *mut rbd_image_t, *const c_char) -> c_int;
    /// Opens an image for reading.
    fn rbd_open_read_only(rados_ioctx_t, *const c_char, *mut rbd_image_t, *const c_char) -> c_int;
    /// Opens an image for reading, by its identifier.
    fn rbd_open_by_id_read_only(
        rados_ioctx_t,
        *const c_char,
        *mut rbd_image_t,
        *const c_char,
    ) -> c_int;
    /// Closes it.
    fn rbd_close(rbd_image_t) -> c_int;
    /// Its shape.
    fn rbd_stat(rbd_image_t, *mut rbd_image_info_t, usize) -> c_int;
    /// Its size in bytes.
    fn rbd_get_size(rbd_image_t, *mut u64) -> c_int;
    /// Its features.
    fn rbd_get_features(rbd_image_t, *mut u64) -> c_int;
    /// What is wrong with its maps.
    fn rbd_get_flags(rbd_image_t, *mut u64) -> c_int;
    /// The length of a stripe's pieces in bytes.
    fn rbd_get_stripe_unit(rbd_image_t, *mut u64) -> c_int;
    /// How many objects a stripe goes over.
    fn rbd_get_stripe_count(rbd_image_t, *mut u64) -> c_int;
    /// Its identifier.
    fn rbd_get_id(rbd_image_t, *mut c_char, usize) -> c_int;
    /// What the names of its objects begin with.
    fn rbd_get_block_name_prefix(rbd_image_t, *mut c_char, usize) -> c_int;
    /// The pool that its data is in.
    fn rbd_get_data_pool_id(rbd_image_t) -> i64;
    /// How much of it may be its parent's, in bytes.
    fn rbd_get_overlap(rbd_image_t, *mut u64) -> c_int;
    /// What it was cloned from.
    fn rbd_get_parent(rbd_image_t, *mut rbd_linked_image_spec_t, *mut rbd_snap_spec_t) -> c_int;
    /// Frees what is in it.
    fn rbd_linked_image_spec_cleanup(*mut rbd_linked_image_spec_t);
    /// Frees what is in it.
    fn rbd_snap_spec_cleanup(*mut rbd_snap_spec_t);
    /// Lists its snapshots.
    fn rbd_snap_list(rbd_image_t, *mut rbd_snap_info_t, *mut c_int) -> c_int;
    /// Frees what is in a list.
    fn rbd_snap_list_end(*mut rbd_snap_info_t);
    /// Has what is read of it be that of a snapshot.
    fn rbd_snap_set_by_id(rbd_image_t, u64) -> c_int;
    /// What kind a snapshot is.
    fn rbd_snap_get_namespace_type(rbd_image_t, u64, *mut rbd_snap_namespace_type_t) -> c_int;
    /// When a snapshot was made.
    fn rbd_snap_get_timestamp(rbd_image_t, u64, *mut timespec) -> c_int;
    /// Makes a snapshot.
    fn rbd_snap_create2(
        rbd_image_t,
        *const c_char,
        u32,
        librbd_progress_fn_t,
        *mut c_void,
    ) -> c_int;
    /// Removes a snapshot.
    fn rbd_snap_remove(rbd_image_t, *const c_char) -> c_int;
    /// Whether a snapshot is protected.
    fn rbd_snap_is_protected(rbd_image_t, *const c_char, *mut c_int) -> c_int;
    /// Gives it what it had when a snapshot was made.
    fn rbd_snap_rollback_with_progress(
        rbd_image_t,
        *const c_char,
        librbd_progress_fn_t,
        *mut c_void,
    ) -> c_int;
    /// The options that are in force for it.
    fn rbd_config_image_list(rbd_image_t, *mut rbd_config_option_t, *mut c_int) -> c_int;
    /// Frees what is in them.
    fn rbd_config_image_list_cleanup(*mut rbd_config_option_t, c_int);
    /// Changes its size.
    fn rbd_resize2(rbd_image_t, u64, bool, librbd_progress_fn_t, *mut c_void) -> c_int;

    /// Whether this client has the exclusive lock.
    fn rbd_is_exclusive_lock_owner(rbd_image_t, *mut c_int) -> c_int;
    /// Takes the exclusive lock, and keeps it.
    fn rbd_lock_acquire(rbd_image_t, rbd_lock_mode_t) -> c_int;
    /// Gives it back.
    fn rbd_lock_release(rbd_image_t) -> c_int;

    /// Has a function called whenever something about the image has changed.
    fn rbd_update_watch(rbd_image_t, *mut u64, rbd_update_callback_t, *mut c_void) -> c_int;
    /// Has it no longer called; waits until it is not being called.
    fn rbd_update_unwatch(rbd_image_t, u64) -> c_int;

    /// Calls a function for the runs of the image that are there.
    fn rbd_diff_iterate2(
        rbd_image_t,
        *const c_char,
        u64,
        u64,
        u8,
        u8,
        diff_callback_t,
        *mut c_void,
    ) -> c_int;

    /// Makes a completion.
    fn rbd_aio_create_completion(*mut c_void, rbd_callback_t, *mut rbd_completion_t) -> c_int;
    /// What came of the operation.
    fn rbd_aio_get_return_value(rbd_completion_t) -> ssize_t;
    /// Frees the completion.
    fn rbd_aio_release(rbd_completion_t);
    /// Reads.
    fn rbd_aio_read(rbd_image_t, u64, usize, *mut c_char, rbd_completion_t) -> c_int;
    /// Writes.
    fn rbd_aio_write(rbd_image_t, u64, usize, *const c_char, rbd_completion_t) -> c_int;
    /// Writes zeros.
    fn rbd_aio_write_zeroes(
        rbd_image_t,
        u64,
        usize,
        rbd_completion_t,
        c_int,
        c_int,
    ) -> c_int;
    /// Waits for everything that was written.
    fn rbd_aio_flush(rbd_image_t, rbd_completion_t) -> c_int;
}
