//! libnfs 4.0, as its headers declare it, loaded when it is asked for.
//!
//! Nothing here is linked: a program that uses this crate starts without the library, and
//! [`Libnfs::get`] says what to install when it is missing. What is declared is what this workspace
//! uses, under C's own names: NFS version 3 call by call, and nothing of what the library does on
//! top of that. A test compares all of it with the headers of libnfs-dev.
//!
//! A structure or union that has no name in C is called here as the structure and the field that it is
//! in, with `_` between. Of a union only the largest member is declared, the one that is there when
//! all went well.
//!
//! There is no safety in this crate; the crate `labelgate-nfs-client` has it.

#![allow(
    non_camel_case_types,
    non_snake_case,
    reason = "C's own names, so that its documentation can be found"
)]

mod answer;
mod argument;
mod attribute;
mod constant;
mod function;

pub use answer::*;
pub use argument::*;
pub use attribute::*;
pub use constant::*;
pub use function::{CALLBACKS, Libnfs, rpc_cb};
pub use labelgate_c_library::{LoadError, Structure};

/// Every structure.
pub const STRUCTURES: [&[Structure]; 3] = [
    attribute::STRUCTURES,
    argument::STRUCTURES,
    answer::STRUCTURES,
];
