//! What can be wrong with bytes that were to be XDR.

use labelgate_wire::Truncated;

/// The peer's bytes are not the type that was to be read from them. The peer is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The input ended within an item.
    #[error("the input ended before the item did")]
    Truncated,
    /// A variable-length item is longer than its type allows.
    #[error("an item is longer than its type allows")]
    TooLong,
    /// A number is none of those that its type names: a boolean, an enumeration, the arm of a
    /// union, a version.
    #[error("a number is none of those that its type names")]
    Value,
    /// There are bytes behind the last item.
    #[error("there are bytes behind the last item")]
    Trailing,
}

impl From<Truncated> for Malformed {
    fn from(_: Truncated) -> Self {
        Self::Truncated
    }
}
