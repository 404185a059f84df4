//! An NFS version 3 server (RFC 1813) with what its clients need to find it, sans-I/O.
//!
//! * [`xdr`]: the data types (RFC 4506). [`v3`]: the procedures of NFS, byte for byte.

#![forbid(unsafe_code)]

#[cfg(test)]
mod fuzzing;
pub mod v3;
pub mod xdr;
