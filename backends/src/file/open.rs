//! Taking an open file as an image.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use labelgate_engine::Geometry;
use rustix::fs::{FileType, OFlags, SeekFrom, Stat};
use rustix::io::Errno;

use super::plan::Plan;
use super::probe::{self, Findings};
use super::write_zeroes::Abilities;
use super::{FileImage, InFlight, Kind};
use crate::gate::Gate;

/// The largest physical block size reported; some network file systems name their transfer size.
const MAX_PHYSICAL: u32 = 4096;

/// How a file becomes an image.
#[derive(Debug, Clone, Copy)]
pub struct FileOptions {
    /// Logical block size in bytes: 512 or 4096.
    pub block_size: u32,
    /// A regular file of any length: reads end where it ends, and writes make it longer.
    /// `block_size` is 1, and nothing goes around the page cache.
    pub elastic: bool,
    /// Writes are refused.
    pub read_only: bool,
    /// Around the page cache (`O_DIRECT`). The opener has made sure that the file system does so in
    /// blocks of `block_size`.
    pub direct: bool,
    /// A flush has failed before, under another worker; see [`FileImage::open`].
    pub poisoned: bool,
    /// Everything goes to the driver, whatever the file system could answer at once.
    pub asynchronous: bool,
    /// Where the file system cannot say whether a write would wait: how many bytes are written
    /// inline between two flushes.
    pub dirty_budget: u64,
}

impl Default for FileOptions {
    fn default() -> Self {
        Self {
            block_size: 512,
            elastic: false,
            read_only: false,
            direct: false,
            poisoned: false,
            asynchronous: false,
            dirty_budget: 16 << 20,
        }
    }
}

impl FileOptions {
    /// For a regular file of any length.
    #[must_use]
    pub fn elastic() -> Self {
        Self {
            block_size: 1,
            elastic: true,
            ..Self::default()
        }
    }

    const fn knows_block_size(&self) -> bool {
        match self.block_size {
            512 | 4096 => !self.elastic,
            1 => self.elastic,
            _ => false,
        }
    }
}

/// Why a file is no image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The configuration asks for a block size that is neither 512 nor 4096.
    #[error("a block size of {0} bytes is not served, only 512 and 4096")]
    BlockSize(u32),
    /// It is neither a regular file nor a block device.
    #[error("it is neither a regular file nor a block device")]
    Kind,
    /// It is not open for reading, or not for writing although the image is writable.
    #[error("it is not open for the access the image needs")]
    Access,
    /// It is shorter than one block.
    #[error("it is shorter than one block")]
    Empty,
    /// Its store works in larger blocks than the image has.
    #[error("its store works in blocks of {0} bytes, more than the image's block size")]
    Granularity(u32),
    /// Its file system has no direct I/O.
    #[error("its file system has no direct I/O")]
    Direct,
    /// The system refused.
    #[error("{0}")]
    System(#[from] io::Error),
}

impl From<Errno> for OpenError {
    fn from(errno: Errno) -> Self {
        Self::System(errno.into())
    }
}

impl FileImage {
    /// Takes a regular file or a block device, opened for reading and (unless `read_only`)
    /// writing, as an image. Its status flags are set as the options say.
    ///
    /// A write-back error that nobody has seen yet is reported to the first flush after this, so
    /// a worker that died between writing and flushing does not hide one as long as somebody (the
    /// supervisor's witness) keeps the inode in memory. One that *was* seen is not, so
    /// poison must outlive the worker: whoever starts workers remembers it, and says so in
    /// [`FileOptions::poisoned`]. The page cache remembers nothing either: it may go on showing
    /// what never reached the disk until it is dropped. Whoever has a poisoned image opened as
    /// sound states that the store is, that its caches were dropped (a remount does), and that the
    /// guest was restarted or its file system checked.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(file: OwnedFd, options: &FileOptions) -> Result<Self, OpenError> {
        if !options.knows_block_size() {
            return Err(OpenError::BlockSize(options.block_size));
        }
        if options.elastic && options.direct {
            return Err(OpenError::Direct);
        }
        let stat = rustix::fs::fstat(&file)?;
        let kind = kind(&file, &stat)?;
        if options.elastic && kind != Kind::File {
            return Err(OpenError::Kind);
        }
        set_flags(&file, options)?;
        let regular = kind == Kind::File;
        let findings = probe::examine(file.as_fd(), regular, options.direct, options.block_size)?;
        let granularity = findings.offset_alignment.max(kind.granularity());
        if granularity > options.block_size {
            return Err(OpenError::Granularity(granularity));
        }
        let geometry = geometry(&file, &stat, kind, options)?;
        Ok(Self {
            descriptor: Rc::new(file),
            kind,
            elastic: options.elastic,
            geometry,
            alignment: findings.alignment(),
            plan: Plan::new(findings, options.asynchronous, options.dirty_budget),
            abilities: Abilities::new(geometry.discard),
            gate: Gate::new(options.poisoned),
            in_flight: InFlight::default(),
        })
    }
}

impl Findings {
    fn alignment(&self) -> super::Alignment {
        super::Alignment {
            memory: self.memory_alignment,
            offset: usize::try_from(self.offset_alignment).unwrap_or(1),
        }
    }
}

fn kind(file: &OwnedFd, stat: &Stat) -> Result<Kind, OpenError> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok(Kind::File),
        FileType::BlockDevice => Ok(Kind::Device {
            logical: rustix::fs::ioctl_blksszget(file)?,
            physical: rustix::fs::ioctl_blkpbszget(file)?,
        }),
        _ => Err(OpenError::Kind),
    }
}

/// Checks the access mode, and sets the flags that would change what a call does: with `O_APPEND`
/// Linux ignores the offset of `pwrite`.
fn set_flags(file: &OwnedFd, options: &FileOptions) -> Result<(), OpenError> {
    let flags = rustix::fs::fcntl_getfl(file)?;
    let mode = flags & OFlags::RWMODE;
    let enough = mode == OFlags::RDWR || (options.read_only && mode == OFlags::RDONLY);
    if !enough || flags.contains(OFlags::PATH) {
        return Err(OpenError::Access);
    }
    let mut wanted = flags - OFlags::APPEND - OFlags::NONBLOCK - OFlags::DIRECT;
    wanted.set(OFlags::DIRECT, options.direct);
    match rustix::fs::fcntl_setfl(file, wanted) {
        Err(Errno::INVAL) if options.direct => Err(OpenError::Direct),
        answer => Ok(answer?),
    }
}

fn geometry(
    file: &OwnedFd,
    stat: &Stat,
    kind: Kind,
    options: &FileOptions,
) -> Result<Geometry, OpenError> {
    let size = size(file, kind)?;
    let block_size = options.block_size;
    let served = whole_blocks(size, block_size);
    if served == 0 && !options.elastic {
        return Err(OpenError::Empty);
    }
    // An elastic file's operations find it out when they need it.
    let discard = !options.read_only
        && !options.elastic
        && match kind {
            Kind::File => probe::punches(file.as_fd(), size, u64::from(block_size)),
            Kind::Device { .. } => probe::device_punches(stat.st_rdev),
        };
    let physical = match kind {
        Kind::File => u32::try_from(stat.st_blksize).unwrap_or(MAX_PHYSICAL),
        Kind::Device { physical, .. } => physical,
    };
    Ok(Geometry {
        size: served,
        block_size,
        physical_block_size: physical_block_size(physical, block_size),
        read_only: options.read_only,
        discard,
    })
}

fn physical_block_size(said: u32, block_size: u32) -> u32 {
    let bounded = said.min(MAX_PHYSICAL);
    if bounded.is_power_of_two() {
        bounded.max(block_size)
    } else {
        block_size
    }
}

/// How long the file is, in bytes.
pub(super) fn size(file: &OwnedFd, kind: Kind) -> Result<u64, Errno> {
    match kind {
        Kind::File => Ok(u64::try_from(rustix::fs::fstat(file)?.st_size).unwrap_or(0)),
        Kind::Device { .. } => rustix::fs::seek(file, SeekFrom::End(0)),
    }
}

/// What of `size` is served.
pub(super) const fn whole_blocks(size: u64, block_size: u32) -> u64 {
    size - size % block_size as u64
}
