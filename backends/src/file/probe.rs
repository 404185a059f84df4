//! What a file and its file system can do, found out by asking them.

use std::io::IoSliceMut;
use std::os::fd::{AsFd, BorrowedFd};

use labelgate_engine::ImageError;
use rustix::fs::FallocateFlags;
use rustix::io::{Errno, ReadWriteFlags};

use super::error::blame;

/// What was found out.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Findings {
    /// The file is memory: no call waits for a disk (swap apart), and nothing is ever stable.
    pub(crate) memory: bool,
    /// `RWF_NOWAIT` is known for reads.
    pub(crate) nowait: bool,
    /// The file is open with `O_DIRECT`.
    pub(crate) direct: bool,
    /// How direct I/O wants memory aligned, in bytes; 1 without it.
    pub(crate) memory_alignment: usize,
    /// How direct I/O wants offsets and lengths aligned, in bytes; 1 without it.
    pub(crate) offset_alignment: u32,
}

/// `f_type` of the file systems that are memory. They cannot be told by what they support.
const IN_MEMORY: [u64; 2] = [
    0x0102_1994, // TMPFS_MAGIC
    0x8584_58F6, // RAMFS_MAGIC
];

/// Asks for everything but discard.
pub(crate) fn examine(
    file: BorrowedFd<'_>,
    regular: bool,
    direct: bool,
    block_size: u32,
) -> Result<Findings, Errno> {
    // Whoever opened the file has made sure that its file system does direct I/O in such blocks:
    // `statx`, which would say so, names paths, and a confined worker may not name any.
    let (memory_alignment, offset_alignment) = if direct {
        (labelgate_buffers::PAGE, block_size)
    } else {
        (1, 1)
    };
    Ok(Findings {
        // A device's file system is that of its node: a tmpfs in /dev.
        memory: regular && in_memory(file)?,
        nowait: nowait(file)?,
        direct,
        memory_alignment,
        offset_alignment,
    })
}

pub(crate) fn in_memory(file: impl AsFd) -> Result<bool, Errno> {
    let kind = rustix::fs::fstatfs(file)?.f_type;
    Ok(u64::try_from(kind).is_ok_and(|kind| IN_MEMORY.contains(&kind)))
}

/// Reads one byte if it can be had at once, which changes nothing. Writes cannot be asked without
/// writing: they are asked with the first one.
fn nowait(file: BorrowedFd<'_>) -> Result<bool, Errno> {
    // With O_DIRECT this byte is not aligned, and nobody wants to know.
    match rustix::io::preadv2(
        file,
        &mut [IoSliceMut::new(&mut [0])],
        0,
        ReadWriteFlags::NOWAIT,
    ) {
        Ok(_) | Err(Errno::AGAIN) => Ok(true),
        Err(Errno::OPNOTSUPP | Errno::INVAL) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// Whether space can be given back, asked by punching a hole where there is nothing: far beyond
/// the end of the file.
pub(crate) fn punches(file: BorrowedFd<'_>, size: u64, block: u64) -> bool {
    let mode = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    let beyond = size.next_multiple_of(block).saturating_add(block << 8);
    rustix::fs::fallocate(file, mode, beyond, block).is_ok()
}

/// Whether a block device can give space back that then reads as zeros, which only sysfs tells
/// without doing it. Where sysfs may not be read the answer is no.
pub(crate) fn device_punches(device: u64) -> bool {
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let can = |queue: &str, limit: &str| {
        std::fs::read_to_string(format!("/sys/dev/block/{major}:{minor}/{queue}/{limit}"))
            .is_ok_and(|bytes| bytes.trim().parse().is_ok_and(|bytes: u64| bytes != 0))
    };
    // `fallocate` punches by WRITE ZEROES, and a device that knows no discard keeps the space. A
    // partition has its queue with its disk.
    ["queue", "../queue"]
        .iter()
        .any(|queue| can(queue, "write_zeroes_max_bytes") && can(queue, "discard_max_bytes"))
}

/// Whether this process may still reach the file. SELinux checks reads of nothing too, but not
/// `fdatasync`, `lseek`, `fstat`, nor a vectored read of nothing.
pub(crate) fn reachable(file: impl AsFd) -> Result<(), ImageError> {
    match rustix::io::pread(file, &mut [0_u8; 0][..], 0) {
        Ok(_) => Ok(()),
        Err(errno) => Err(blame(errno)),
    }
}
