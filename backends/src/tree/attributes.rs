//! What is known of an object.

use std::os::fd::AsFd;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, FileType, Statx, StatxFlags, StatxTimestamp};

use super::{Node, Tree, TreeError};

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

/// A time since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    /// Whole seconds.
    pub seconds: i64,
    /// The rest, less than 1,000,000,000.
    pub nanoseconds: u32,
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
    /// Whose it is said to be: see [`super::TreeOptions::uid`].
    pub uid: u32,
    /// Whose group it is said to be in.
    pub gid: u32,
    /// Its length in bytes.
    pub size: u64,
    /// How much of the store it takes, in bytes.
    pub used: u64,
    /// When it was last read.
    pub accessed: Time,
    /// When its data was last changed.
    pub modified: Time,
    /// When it was last changed, or its attributes.
    pub changed: Time,
    pub(super) born: Time,
}

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
        Ok(Attributes {
            node: Node::of(stat),
            kind: kind(stat)?,
            mode: u32::from(stat.stx_mode) & 0o7777,
            links: stat.stx_nlink,
            uid: self.options.uid,
            gid: self.options.gid,
            size: stat.stx_size,
            used: stat.stx_blocks.saturating_mul(512),
            accessed: stat.stx_atime.into(),
            modified: stat.stx_mtime.into(),
            changed: stat.stx_ctime.into(),
            born: stat.stx_btime.into(),
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

impl From<StatxTimestamp> for Time {
    fn from(time: StatxTimestamp) -> Self {
        Self {
            seconds: time.tv_sec,
            nanoseconds: time.tv_nsec,
        }
    }
}

impl Attributes {
    /// Whether it was born less than this ago, or in the future.
    pub(super) fn younger(&self, than: Duration) -> bool {
        let Ok(seconds) = u64::try_from(self.born.seconds) else {
            return false;
        };
        let born = UNIX_EPOCH.checked_add(Duration::new(seconds, self.born.nanoseconds));
        born.is_none_or(|born| {
            SystemTime::now()
                .duration_since(born)
                .is_ok_and(|age| age < than)
                || born > SystemTime::now()
        })
    }
}
