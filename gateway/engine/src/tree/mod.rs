//! A label's own directory tree: what may be asked of it, in the words of RFC 1813.
//!
//! An object is named by its [`Node`], which outlives names and processes. The data of a file goes
//! the way of an image's ([`crate::Place`]); everything else is a [`Call`].

mod access;
mod answer;
mod attributes;
mod call;
mod caller;
mod create;
mod error;
mod limits;
mod listing;
mod node;
mod set_attributes;

pub use access::Access;
pub use answer::{Answer, Done, Seen};
pub use attributes::{Attributes, Kind};
pub use call::{Call, Name};
pub use caller::{Caller, MAX_GROUPS};
pub use create::{Create, Verifier};
pub use error::TreeError;
pub use limits::{PathLimits, Space};
pub use listing::{CookieVerifier, Detail, Entry, Listed};
pub use node::Node;
pub use set_attributes::{SetAttributes, SetTime};

/// One tree of the worker's label, as file handles name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TreeId(pub u32);

/// An object of one of the trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId {
    /// In which tree.
    pub tree: TreeId,
    /// Which of its objects.
    pub node: Node,
}

/// A tree of the worker's label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeDescription {
    /// What its root is called in the root of the export.
    pub name: String,
    /// Its root.
    pub root: Node,
    /// Whether its objects have owners, and callers are told apart: each call then says whose it is.
    pub owners: bool,
}
