//! The procedures (RFC 1813, 3).

/// A procedure of NFS version 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Procedure {
    /// Do nothing.
    Null = 0,
    /// Get file attributes.
    GetAttr = 1,
    /// Set file attributes.
    SetAttr = 2,
    /// Lookup filename.
    Lookup = 3,
    /// Check access permission.
    Access = 4,
    /// Read from symbolic link.
    ReadLink = 5,
    /// Read from file.
    Read = 6,
    /// Write to file.
    Write = 7,
    /// Create a file.
    Create = 8,
    /// Create a directory.
    MkDir = 9,
    /// Create a symbolic link.
    SymLink = 10,
    /// Create a special device.
    MkNod = 11,
    /// Remove a file.
    Remove = 12,
    /// Remove a directory.
    RmDir = 13,
    /// Rename a file or directory.
    Rename = 14,
    /// Create link to an object.
    Link = 15,
    /// Read from directory.
    ReadDir = 16,
    /// Extended read from directory.
    ReadDirPlus = 17,
    /// Get dynamic file system information.
    FsStat = 18,
    /// Get static file system information.
    FsInfo = 19,
    /// Retrieve POSIX information.
    PathConf = 20,
    /// Commit cached data on a server to stable storage.
    Commit = 21,
}

impl Procedure {
    /// All of them, by number.
    pub const ALL: [Self; 22] = [
        Self::Null,
        Self::GetAttr,
        Self::SetAttr,
        Self::Lookup,
        Self::Access,
        Self::ReadLink,
        Self::Read,
        Self::Write,
        Self::Create,
        Self::MkDir,
        Self::SymLink,
        Self::MkNod,
        Self::Remove,
        Self::RmDir,
        Self::Rename,
        Self::Link,
        Self::ReadDir,
        Self::ReadDirPlus,
        Self::FsStat,
        Self::FsInfo,
        Self::PathConf,
        Self::Commit,
    ];

    /// The procedure of this number.
    ///
    /// > Out of range (undefined) procedure numbers result in RPC errors. (RFC 1813 3)
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        let index = usize::try_from(number).ok()?;
        Self::ALL.get(index).copied()
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_procedure_is_found_by_its_own_number() {
        let found = Procedure::ALL.map(|procedure| Procedure::from_number(procedure.number()));

        assert_eq!(found, Procedure::ALL.map(Some));
    }

    #[test]
    fn there_is_no_procedure_behind_commit() {
        assert_eq!(Procedure::from_number(21), Some(Procedure::Commit));
        assert_eq!(Procedure::from_number(22), None);
        assert_eq!(Procedure::from_number(u32::MAX), None);
    }
}
