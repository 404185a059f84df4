//! A connection's outstanding receive, and how much of it is there.

use labelgate_buffers::Buffer;
use labelgate_engine::{MAX_HEADER, Receive};

use super::fault::Fault;

/// The longest trailer of a payload, in bytes.
const MAX_TRAILER: usize = 16;

/// A [`Receive`] that has been checked, with its progress.
#[derive(Debug)]
pub(crate) enum Want {
    Header {
        length: usize,
    },
    Payload {
        buffer: Buffer,
        /// Where the next byte goes.
        next: usize,
        /// Where the payload ends; `next <= end <= buffer.len()`.
        end: usize,
        trailer: usize,
    },
    Discard {
        left: usize,
    },
    Pause,
    /// Everything is dropped until the connection ends: nobody listens any more.
    Swallow,
}

impl Want {
    pub(crate) fn new(receive: Receive) -> Result<Self, Fault> {
        Ok(match receive {
            Receive::Header { n } if (1..=MAX_HEADER).contains(&n) => Self::Header { length: n },
            Receive::Header { n } => return Err(Fault::Header(n)),
            Receive::Payload { trailer, .. } if trailer > MAX_TRAILER => {
                return Err(Fault::Trailer(trailer));
            }
            Receive::Payload {
                n,
                buffer,
                offset,
                trailer,
            } => {
                let end = offset
                    .checked_add(n)
                    .filter(|&end| end <= buffer.len())
                    .ok_or(Fault::Payload)?;
                Self::Payload {
                    buffer,
                    next: offset,
                    end,
                    trailer,
                }
            }
            Receive::Discard { n } => Self::Discard { left: n },
            Receive::Pause => Self::Pause,
        })
    }

    /// The part of a payload that has not arrived yet.
    pub(crate) fn missing(&mut self) -> &mut [u8] {
        match self {
            Self::Payload {
                buffer, next, end, ..
            } => buffer.get_mut(*next..*end).unwrap_or_default(),
            _ => &mut [],
        }
    }

    /// `n` bytes have been put at the front of [`Want::missing`].
    pub(crate) fn filled(&mut self, n: usize) {
        if let Self::Payload { next, end, .. } = self {
            *next = next.saturating_add(n).min(*end);
        }
    }

    /// How many contiguous bytes staging must be able to hold.
    pub(crate) const fn contiguous(&self) -> usize {
        match self {
            Self::Header { length } => *length,
            Self::Payload { trailer, .. } => *trailer,
            Self::Discard { .. } | Self::Pause | Self::Swallow => 0,
        }
    }
}
