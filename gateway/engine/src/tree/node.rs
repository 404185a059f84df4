//! The names of objects that outlive names and processes.

/// An object of a tree: what a file handle carries.
///
/// The generation tells an inode from those that had its number before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    /// The inode's number.
    pub inode: u64,
    /// Which of the inodes that have had it.
    pub generation: u32,
}
