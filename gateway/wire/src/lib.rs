//! A bounded big-endian codec over byte slices.
//!
//! Everything a peer sends is read through [`Reader`], which can neither run past its slice nor
//! panic, and everything sent in answer is laid out with [`Writer`], which can neither grow nor
//! overrun the room it was given. There is no I/O here and decoding allocates nothing.

#![forbid(unsafe_code)]

mod reader;
mod writer;

pub use reader::{Reader, Truncated};
pub use writer::{NoRoom, Writer};
