//! libgfapi, as its header declares it, loaded when it is asked for.
//!
//! Nothing here is linked: a program that uses this crate starts without the library, and
//! [`Gfapi::get`] says what to install when it is missing. What is declared is what this workspace
//! uses, under C's own names, of the newest interface: the loader takes the default of the versions
//! that the library has of a function, which is the one that the header declares. A test compares all
//! of it with the header of libglusterfs-dev.
//!
//! There is no safety in this crate; the crate `labelgate-gluster` has it.

#![allow(
    non_camel_case_types,
    reason = "C's own names, so that its documentation can be found"
)]

mod constant;
mod function;

pub use constant::*;
pub use function::{
    CALLBACKS, Gfapi, flock_t, glfs_fd_t, glfs_io_cbk, glfs_lock_mode_t, glfs_stat, glfs_t, stat_t,
};
pub use labelgate_c_library::LoadError;
