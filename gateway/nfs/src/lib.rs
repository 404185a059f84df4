//! An NFS version 3 server (RFC 1813) with what its clients need to find it, sans-I/O.
//!
//! * [`xdr`]: the data types (RFC 4506). [`record`]: where a message ends in a stream.
//! * [`rpc`]: calls and replies (RFC 5531).
//! * [`handle`]: file handles, which only their label's key opens.
//! * [`v3`]: the procedures of NFS, byte for byte. [`mount`]: those of MOUNT.
//! * [`server`]: the engine: connections, calls, images.

#![forbid(unsafe_code)]

#[cfg(test)]
mod fuzzing;
pub use labelgate_handle as handle;
pub mod mount;
pub mod record;
pub mod rpc;
pub mod server;
pub mod v3;
pub mod xdr;
