//! ACCESS.

/// What the process that serves a tree may do with an object (RFC 1813 3.3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Access {
    /// Read data, or a directory.
    pub read: bool,
    /// Look up a name in a directory.
    pub lookup: bool,
    /// Rewrite data, or change entries of a directory.
    pub modify: bool,
    /// Write new data, or add entries to a directory.
    pub extend: bool,
    /// Delete entries of a directory.
    pub delete: bool,
    /// Execute a file.
    pub execute: bool,
}
