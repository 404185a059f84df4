//! An iSCSI target engine (RFC 7143), sans-I/O.
//!
//! * [`pdu`]: the PDUs, byte for byte. [`serial`]: the arithmetic of their numbers.
//! * [`text`]: `Key=Value`. [`negotiation`]: what the keys mean and what is agreed upon.
//! * [`login`]: from the first byte to the full feature phase. [`discovery`]: SendTargets.
//! * [`target`]: the engine: sessions, tasks, images.
//! * [`name`]: iSCSI names. [`session_type`]: what a session is for.

#![forbid(unsafe_code)]

pub mod digest;
pub mod discovery;
#[cfg(test)]
mod fuzzing;
pub mod login;
pub mod name;
pub mod negotiation;
pub mod pdu;
pub mod serial;
pub mod session_type;
pub mod target;
pub mod text;

pub use target::{Limits, Notice, Target};
