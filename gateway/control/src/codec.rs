//! Messages to bytes and back.

use serde::{Deserialize, Serialize};

/// The longest message, in bytes.
pub const MAX_MESSAGE: usize = 4096;

/// Bytes that are no message. Whoever sent them is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes stop short, name an unknown message, or break a bound of one of its fields.
    #[error("malformed message: {0}")]
    Malformed(postcard::Error),
    /// Bytes are left behind the message.
    #[error("{0} bytes behind the message")]
    Trailing(usize),
}

/// A message that does not fit a datagram: a fault of ours, because every field is bounded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the message does not fit a datagram: {0}")]
pub struct EncodeError(postcard::Error);

/// Lays a message out in `room` and returns the part used.
pub fn encode<'a, T: Serialize>(
    message: &T,
    room: &'a mut [u8; MAX_MESSAGE],
) -> Result<&'a [u8], EncodeError> {
    match postcard::to_slice(message, room) {
        Ok(used) => Ok(used),
        Err(error) => Err(EncodeError(error)),
    }
}

/// Reads a whole datagram as one message.
pub fn decode<'a, T: Deserialize<'a>>(datagram: &'a [u8]) -> Result<T, DecodeError> {
    let (message, rest) = postcard::take_from_bytes(datagram).map_err(DecodeError::Malformed)?;
    match rest.len() {
        0 => Ok(message),
        left => Err(DecodeError::Trailing(left)),
    }
}
