//! An engine that asks for what cannot be.

use thiserror::Error;

/// A receive outside the contract. It is a defect of the engine, not of the peer; the connection
/// ends, because nobody knows any more what its next byte means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Fault {
    #[error("a header of {0} bytes")]
    Header(usize),
    #[error("a payload beyond the end of its buffer")]
    Payload,
    #[error("a trailer of {0} bytes")]
    Trailer(usize),
    #[error("a receive for a connection that is not paused")]
    NotPaused,
}
