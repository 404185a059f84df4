//! NFS version 3 (RFC 1813): the arguments and results of its procedures.
//!
//! One procedure a file, each with its `Args`, which a client sends, and its `Reply`, which is
//! `Ok` or a [`Failure`] and is encoded as it is. [`decode_call`] reads the arguments of any.
//!
//! * What a client may send and the standard has a status for (a bad name, a type that cannot be
//!   made) is decoded, and says which status that is. What is no call at all is
//!   [`crate::xdr::Malformed`], for RPC's GARBAGE_ARGS.
//! * The data of READ and WRITE is not here: [`write::Head`] ends where it begins, and so does
//!   [`read::OkHead`].
//! * The answers of READDIR and READDIRPLUS are as long as the client allows: [`readdir::Listing`]
//!   and [`readdirplus::Listing`].

pub mod access;
mod attributes;
mod call;
pub mod commit;
pub mod create;
mod created;
mod dir_op_args;
mod directory_list;
mod file_handle;
pub mod fsinfo;
pub mod fsstat;
#[cfg(test)]
mod fuzz;
pub mod getattr;
#[cfg(test)]
mod golden;
pub mod link;
pub mod lookup;
pub mod mkdir;
pub mod mknod;
mod name;
pub mod pathconf;
mod payload;
mod procedure;
pub mod read;
pub mod readdir;
pub mod readdirplus;
pub mod readlink;
pub mod remove;
pub mod rename;
mod reply;
pub mod rmdir;
mod set_attributes;
pub mod setattr;
mod status;
pub mod symlink;
mod symlink_data;
mod time;
mod verifier;
mod weak_cache;
pub mod write;

pub use attributes::{Attributes, DeviceNumber, FileType, Mode};
pub use call::{Call, decode_call};
pub use created::Created;
pub use dir_op_args::DirOpArgs;
pub use directory_list::{Full, MAX_LIST};
pub use file_handle::FileHandle;
pub use name::{BadName, Component, MAX_NAME, MAX_NAME_READ, Name};
pub use procedure::Procedure;
pub use reply::{Failure, Reply};
pub use set_attributes::{SetAttributes, SetTime};
pub use status::Status;
pub use symlink_data::{BadSymlinkData, MAX_SYMLINK_DATA, MAX_SYMLINK_DATA_READ, SymlinkData};
pub use time::Time;
pub use verifier::{
    COOKIE_VERIFIER, CREATE_VERIFIER, CookieVerifier, CreateVerifier, WRITE_VERIFIER, WriteVerifier,
};
pub use weak_cache::{WccAttributes, WccData};

/// The program's number.
///
/// > PROGRAM 100003 (RFC 1813 2.2)
pub const PROGRAM: u32 = 100_003;

/// The version's number.
///
/// > VERSION 3 (RFC 1813 2.2)
pub const VERSION: u32 = 3;

/// NFS3_FHSIZE.
///
/// > The maximum size in bytes of the opaque file handle. (RFC 1813 2.4)
pub const MAX_HANDLE: usize = 64;
