//! An NFS version 3 server (RFC 1813) with what its clients need to find it, sans-I/O.
//!
//! * [`xdr`]: the data types (RFC 4506). [`record`]: where a message ends in a stream.
//! * [`rpc`]: calls and replies (RFC 5531).
//! * [`handle`]: file handles, which only their label's key opens.
//! * [`portmap`]: where a client finds the programs. [`mount`]: how it gets its first handle.
//! * [`v3`]: the procedures of NFS, byte for byte.

#![forbid(unsafe_code)]

#[cfg(test)]
mod fuzzing;
pub mod handle;
pub mod mount;
pub mod portmap;
pub mod record;
pub mod rpc;
pub mod v3;
pub mod xdr;
