//! CREATE.

use super::SetAttributes;

/// By what a client knows a file again that it has made, though the answer was lost.
pub type Verifier = [u8; 8];

/// How a file is made (RFC 1813 3.3.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Create {
    /// A file that is there already will do, and is given the size if there is one.
    Unchecked(SetAttributes),
    /// It must not be there.
    Guarded(SetAttributes),
    /// It must not be there, unless it was made with this very verifier and not touched since. The
    /// verifier is kept in its times, where a restart does not lose it, until the client sets them:
    ///
    /// > it is assumed that the client will ... use SETATTR to set the initial attributes
    /// > (RFC 1813 3.3.8)
    Exclusive(Verifier),
}
