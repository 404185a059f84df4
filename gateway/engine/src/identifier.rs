//! Names for the things both sides talk about.

use crate::tree::FileId;

/// One connection, from hand-over until the engine has been told that it is closed.
///
/// The driver may use a number again only after [`crate::Engine::closed`] has returned for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u32);

/// One image of the worker's label, as numbered by the supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageId(pub u32);

/// What an operation is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// An image.
    Image(ImageId),
    /// A file of a tree, whose offsets are any, and which a write makes longer.
    File(FileId),
}

/// One operation or call in flight; chosen by the engine, opaque to the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IoId(pub u64);
