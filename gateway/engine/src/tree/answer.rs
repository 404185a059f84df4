//! What is answered.

use super::{Access, Attributes, Listed, PathLimits, Space, TreeError};

/// The answer to a [`super::Call`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What came of it.
    pub result: Result<Done, TreeError>,
    /// The first object of [`super::Call::about`].
    pub first: Seen,
    /// The second one.
    pub second: Seen,
}

/// An object before a call and afterwards, as far as that could be found out. Others may have
/// changed it meanwhile only if they are no clients of this worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Before; only if the call changes something.
    pub before: Option<Attributes>,
    /// Afterwards.
    pub after: Option<Attributes>,
}

/// What a call that succeeded answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// That it is done, or what it is about is in [`Answer::first`].
    Nothing,
    /// The object that was found or made.
    Object(Attributes),
    /// What may be done.
    Access(Access),
    /// What a symbolic link says.
    Target(Vec<u8>),
    /// A piece of a directory.
    Listed(Listed),
    /// How much room there is.
    Space(Space),
    /// What paths may be.
    PathLimits(PathLimits),
}
