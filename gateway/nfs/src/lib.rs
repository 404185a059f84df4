//! An NFS version 3 server (RFC 1813) with what its clients need to find it, sans-I/O.
//!
//! * [`xdr`]: the data types (RFC 4506). [`record`]: where a message ends in a stream.
//! * [`rpc`]: calls and replies (RFC 5531).
//! * [`portmap`]: where services are (RFC 1833). [`mount`]: what is mounted.
//! * [`handle`]: file handles, which only their label's key opens.
//! * [`v3`]: the procedures of NFS, byte for byte.
//! * [`server`]: the engine: connections, calls, images.

#![forbid(unsafe_code)]

#[cfg(test)]
mod fuzzing;
pub use labelgate_handle as handle;
pub mod mount;
pub mod portmap;
pub mod record;
pub mod rpc;
pub mod server;
pub mod v3;
pub mod xdr;
