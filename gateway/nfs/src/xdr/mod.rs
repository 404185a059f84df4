//! External Data Representation (RFC 4506): what every message here is made of.
//!
//! [`Decoder`] reads what a peer sent: it allocates nothing, and a length is held against its
//! bound before anything is taken. [`Encoder`] appends to an answer, whose size is ours to bound.

mod decoder;
mod encoder;
#[cfg(test)]
mod fuzz;
mod malformed;

pub use decoder::{Decode, Decoder};
pub use encoder::{Encode, Encoder};
pub use malformed::Malformed;

/// The size that all items are a multiple of.
///
/// > The representation of all items requires a multiple of four bytes (or 32 bits) of data.
/// > (RFC 4506, 3)
pub const UNIT: usize = 4;

/// How many bytes follow `length` bytes to fill their last unit.
///
/// > If the n bytes needed to contain the data are not a multiple of four, then the n bytes are
/// > followed by enough (0 to 3) residual zero bytes, r, to make the total byte count a multiple
/// > of 4. (RFC 4506, 3)
#[must_use]
pub const fn padding(length: usize) -> usize {
    (UNIT - length % UNIT) % UNIT
}
