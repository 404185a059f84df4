//! Structures, by C's names.

use libc::{c_char, c_int};

use crate::constant::{RBD_MAX_BLOCK_NAME_SIZE, RBD_MAX_IMAGE_NAME_SIZE};
use crate::declare::structures;

/// Where the value of an option comes from.
pub type rbd_config_source_t = libc::c_uint;

/// What kind of snapshot it is.
pub type rbd_snap_namespace_type_t = libc::c_uint;

structures! {
    /// An image in a list. Both texts are the library's to free.
    struct rbd_image_spec_t {
        /// Its identifier.
        id: *mut c_char,
        /// Its name.
        name: *mut c_char,
    }

    /// An image that another one is made of. The texts are the library's to free.
    struct rbd_linked_image_spec_t {
        /// Its pool.
        pool_id: i64,
        /// Its pool's name.
        pool_name: *mut c_char,
        /// Its namespace.
        pool_namespace: *mut c_char,
        /// Its identifier.
        image_id: *mut c_char,
        /// Its name.
        image_name: *mut c_char,
        /// It is in the trash.
        trash: bool,
    }

    /// A snapshot. The text is the library's to free.
    struct rbd_snap_spec_t {
        /// Its number.
        id: u64,
        /// What kind it is.
        namespace_type: rbd_snap_namespace_type_t,
        /// Its name.
        name: *mut c_char,
    }

    /// A snapshot in a list. The text is the library's to free.
    struct rbd_snap_info_t {
        /// Its number.
        id: u64,
        /// The size that the image had, in bytes.
        size: u64,
        /// Its name.
        name: *const c_char,
    }

    /// The shape of an image.
    struct rbd_image_info_t {
        /// Its size in bytes.
        size: u64,
        /// The size of its objects in bytes.
        obj_size: u64,
        /// How many objects it may have.
        num_objs: u64,
        /// The size of its objects, the power of two.
        order: c_int,
        /// What the names of its objects begin with.
        block_name_prefix: [c_char; RBD_MAX_BLOCK_NAME_SIZE],
        /// No longer used.
        parent_pool: i64,
        /// No longer used.
        parent_name: [c_char; RBD_MAX_IMAGE_NAME_SIZE],
    }

    /// An option as it is in force for an image. The texts are the library's to free.
    struct rbd_config_option_t {
        /// Its name.
        name: *mut c_char,
        /// Its value.
        value: *mut c_char,
        /// Where that comes from.
        source: rbd_config_source_t,
    }
}
