//! Looking at objects.

use std::os::fd::AsFd;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use labelgate_engine::Timestamp;
use rustix::fs::{AtFlags, FileType, Statx, StatxFlags, StatxTimestamp};

use super::node::node_of;
use super::{Attributes, Kind, Node, Tree, TreeError};

impl Tree {
    /// The attributes of an object now.
    ///
    /// # Errors
    /// See [`TreeError`].
    pub fn attributes(&mut self, node: Node) -> Result<Attributes, TreeError> {
        if let Some(descriptor) = self.files.descriptor(node) {
            let attributes = self.observe(descriptor, b"")?;
            if attributes.links == 0 {
                self.files.gone(node);
                return Err(TreeError::Stale);
            }
            return Ok(attributes);
        }
        Ok(self.locate(node)?.attributes)
    }

    /// The attributes of an entry of a directory, or with no name of what the descriptor is for.
    /// Nothing is followed.
    pub(super) fn observe(&self, at: impl AsFd, name: &[u8]) -> Result<Attributes, TreeError> {
        let flags = AtFlags::EMPTY_PATH | AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
        let wanted = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
        let stat = rustix::fs::statx(at, name, flags, wanted)?;
        if device(&stat) != self.device {
            return Err(TreeError::CrossDevice);
        }
        self.attributes_of(&stat)
    }

    fn attributes_of(&self, stat: &Statx) -> Result<Attributes, TreeError> {
        if stat.stx_mask & StatxFlags::BTIME.bits() == 0 {
            return Err(TreeError::NotSupported);
        }
        let (uid, gid) = match self.has_owners() {
            true => (stat.stx_uid, stat.stx_gid),
            false => (self.options.uid, self.options.gid),
        };
        Ok(Attributes {
            node: node_of(stat),
            kind: kind(stat)?,
            mode: u32::from(stat.stx_mode) & 0o7777,
            links: stat.stx_nlink,
            uid,
            gid,
            size: stat.stx_size,
            used: stat.stx_blocks.saturating_mul(512),
            accessed: time(stat.stx_atime),
            modified: time(stat.stx_mtime),
            changed: time(stat.stx_ctime),
            born: time(stat.stx_btime),
        })
    }
}

/// Which file system.
pub(super) const fn device(stat: &Statx) -> (u32, u32) {
    (stat.stx_dev_major, stat.stx_dev_minor)
}

fn kind(stat: &Statx) -> Result<Kind, TreeError> {
    match FileType::from_raw_mode(stat.stx_mode.into()) {
        FileType::RegularFile => Ok(Kind::Regular),
        FileType::Directory => Ok(Kind::Directory),
        FileType::Symlink => Ok(Kind::SymbolicLink),
        FileType::Fifo => Ok(Kind::Fifo),
        FileType::Socket => Ok(Kind::Socket),
        FileType::BlockDevice => Ok(Kind::Block),
        FileType::CharacterDevice => Ok(Kind::Character),
        FileType::Unknown => Err(TreeError::Io),
    }
}

/// A time as the kernel tells it.
const fn time(of: StatxTimestamp) -> Timestamp {
    Timestamp {
        seconds: of.tv_sec,
        nanoseconds: of.tv_nsec,
    }
}

/// Whether an object was born less than this ago, or in the future.
pub(super) fn is_younger(attributes: &Attributes, than: Duration) -> bool {
    let born = attributes.born;
    let Ok(seconds) = u64::try_from(born.seconds) else {
        return false;
    };
    let born = UNIX_EPOCH.checked_add(Duration::new(seconds, born.nanoseconds));
    born.is_none_or(|born| {
        SystemTime::now()
            .duration_since(born)
            .is_ok_and(|age| age < than)
            || born > SystemTime::now()
    })
}
