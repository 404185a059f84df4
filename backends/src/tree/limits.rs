//! FSSTAT, FSINFO and PATHCONF.

use labelgate_engine::Timestamp;

use super::{PathLimits, Space, Tree, TreeError};

/// What one call may ask for (RFC 1813 3.3.19), apart from what the protocol engine allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest file, in bytes. The file system may have a smaller one, which it does not tell.
    pub max_file_size: u64,
    /// How exactly times are kept.
    pub time_delta: Timestamp,
}

/// What file systems do not tell: by `f_type`, how many links an inode can have.
const LINKS: [(u64, u32); 4] = [
    (0xEF53, 65_000),           // EXT4_SUPER_MAGIC
    (0x5846_5342, 0x7FFF_FFFF), // XFS_SUPER_MAGIC
    (0x9123_683E, 65_535),      // BTRFS_SUPER_MAGIC
    (0x0102_1994, 0x7FFF_FFFF), // TMPFS_MAGIC
];

/// What POSIX asks of any (`_POSIX_LINK_MAX`).
const FEW_LINKS: u32 = 8;

impl Tree {
    /// How much room there is.
    ///
    /// # Errors
    /// See [`TreeError`].
    pub fn space(&self) -> Result<Space, TreeError> {
        let stat = rustix::fs::fstatvfs(&self.root)?;
        let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
        Ok(Space {
            total: bytes(stat.f_blocks),
            free: bytes(stat.f_bfree),
            available: bytes(stat.f_bavail),
            files: stat.f_files,
            files_free: stat.f_ffree,
            files_available: stat.f_favail,
        })
    }

    /// What one call may ask for.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        Limits {
            max_file_size: i64::MAX.unsigned_abs(),
            time_delta: Timestamp {
                seconds: 0,
                nanoseconds: 1,
            },
        }
    }

    /// What paths may be.
    ///
    /// # Errors
    /// See [`TreeError`].
    pub fn path_limits(&self) -> Result<PathLimits, TreeError> {
        let stat = rustix::fs::fstatfs(&self.root)?;
        let kind = u64::try_from(stat.f_type).unwrap_or(0);
        let links = LINKS.iter().find(|(known, _)| *known == kind);
        Ok(PathLimits {
            max_links: links.map_or(FEW_LINKS, |(_, links)| *links),
            max_name: u32::try_from(stat.f_namelen).unwrap_or(u32::MAX),
        })
    }
}
