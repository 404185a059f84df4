//! An iSCSI target engine (RFC 7143), sans-I/O.
//!
//! * [`pdu`]: the PDUs, byte for byte. [`serial`]: the arithmetic of their numbers.

#![forbid(unsafe_code)]

#[cfg(test)]
mod fuzzing;
pub mod pdu;
pub mod serial;
