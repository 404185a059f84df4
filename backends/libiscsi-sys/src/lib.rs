//! libiscsi, as its headers declare it, loaded when it is asked for.
//!
//! Nothing here is linked: a program that uses this crate starts without the library, and
//! [`Libiscsi::get`] says what to install when it is missing. What is declared is what this workspace
//! uses, under C's own names. A test compares all of it with the headers of libiscsi-dev.
//!
//! There is no safety in this crate; the crate `labelgate-initiator` has it.

#![allow(
    non_camel_case_types,
    reason = "C's own names, so that its documentation can be found"
)]

mod constant;
mod function;
mod structure;

pub use constant::*;
pub use function::{
    CALLBACKS, Libiscsi, iscsi_command_cb, iscsi_header_digest, iscsi_log_fn, iscsi_session_type,
};
pub use labelgate_c_library::LoadError;
pub use structure::{
    STRUCTURES, iscsi_context, iscsi_data, iscsi_discovery_address, iscsi_target_portal,
    scsi_allocated_memory, scsi_data, scsi_iovec, scsi_iovector, scsi_residual, scsi_sense,
    scsi_task,
};
