//! What is known of an object.

use super::Node;
use crate::Timestamp;

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link.
    SymbolicLink,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A block device. None is made here, and none is opened.
    Block,
    /// A character device. None is made here, and none is opened.
    Character,
}

/// The attributes of an object (RFC 1813 2.6, fattr3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attributes {
    /// Its name in this tree; the inode's number is its `fileid`.
    pub node: Node,
    /// What it is.
    pub kind: Kind,
    /// Permissions, with set-user-ID and the like: twelve bits.
    pub mode: u32,
    /// How many names it has.
    pub links: u32,
    /// Whose it is, or is said to be in a tree without owners.
    pub uid: u32,
    /// Whose group it is in, likewise.
    pub gid: u32,
    /// Its length in bytes.
    pub size: u64,
    /// How much of the store it takes, in bytes.
    pub used: u64,
    /// When it was last read.
    pub accessed: Timestamp,
    /// When its data was last changed.
    pub modified: Timestamp,
    /// When it was last changed, or its attributes.
    pub changed: Timestamp,
    /// When it was made.
    pub born: Timestamp,
}
