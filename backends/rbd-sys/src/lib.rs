//! librados and librbd, as their headers declare them, loaded when they are asked for.
//!
//! Nothing here is linked: a program that uses this crate starts without the libraries, and
//! [`Libraries::get`] says what to install when they are missing. What is declared is what this
//! workspace uses, under C's own names. A test compares every constant, structure and prototype with
//! the headers of librados-dev and librbd-dev, so what is written here cannot drift from them.
//!
//! There is no safety in this crate; the crate `labelgate-rbd` has it.
//!
//! Why not a crate of the registry: those there are link at build time, declare librbd as it was in
//! 2016 (no namespaces, no write_zeroes, no read-only open), or bring a library of their own along.

#![allow(
    non_camel_case_types,
    reason = "C's own names, so that its documentation can be found"
)]

mod callback;
mod constant;
mod declare;
mod load;
mod rados;
mod rbd;
mod structure;

pub use callback::{
    CALLBACKS, diff_callback_t, librbd_progress_fn_t, rados_callback_t, rbd_callback_t,
    rbd_update_callback_t,
};
pub use constant::*;
pub use declare::{Callback, Constant, Field, Prototype, Structure};
pub use load::{Libraries, LoadError};
pub use rados::{Rados, rados_completion_t, rados_ioctx_t, rados_t};
pub use rbd::{Rbd, rbd_completion_t, rbd_image_options_t, rbd_image_t, rbd_lock_mode_t};
pub use structure::{
    STRUCTURES, rbd_config_option_t, rbd_config_source_t, rbd_image_info_t, rbd_image_spec_t,
    rbd_linked_image_spec_t, rbd_snap_info_t, rbd_snap_namespace_type_t, rbd_snap_spec_t,
};
