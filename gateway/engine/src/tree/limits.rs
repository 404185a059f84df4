//! FSSTAT and PATHCONF.

/// How much room there is (RFC 1813 3.3.18).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// The size of the file system, in bytes.
    pub total: u64,
    /// What of it is free.
    pub free: u64,
    /// What of it is free for this label.
    pub available: u64,
    /// How many files it can have.
    pub files: u64,
    /// How many more.
    pub files_free: u64,
    /// How many more for this label.
    pub files_available: u64,
}

/// What paths may be (RFC 1813 3.3.20). Names are never cut, and case counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathLimits {
    /// How many names a file may have.
    pub max_links: u32,
    /// How long a name may be, in bytes.
    pub max_name: u32,
}
