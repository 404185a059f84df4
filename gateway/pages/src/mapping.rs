//! The memory itself: a sealed memfd of words, mapped once. All `unsafe` of this crate is here.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::NonNull;
use std::slice;
use std::sync::atomic::AtomicU64;

use rustix::fs::{MemfdFlags, SealFlags};
use rustix::mm::{MapFlags, ProtFlags};

#[cfg(not(target_pointer_width = "64"))]
compile_error!("a load of 64 bits from memory that is mapped for reading only must be one load");

/// With these nobody can shrink the memory under a mapping, which would be SIGBUS for its reader.
const SEALS: SealFlags = SealFlags::SHRINK
    .union(SealFlags::GROW)
    .union(SealFlags::SEAL);

/// Who maps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// The supervisor reads.
    Read,
    /// The worker reads and writes.
    Write,
}

/// A mapped memfd of words.
#[derive(Debug)]
pub(crate) struct Mapping {
    base: NonNull<AtomicU64>,
    words: usize,
}

// SAFETY: it is memory for the whole process, and nothing but atomics is in it.
unsafe impl Send for Mapping {}
// SAFETY: as above; all access goes through atomics.
unsafe impl Sync for Mapping {}

/// Makes a sealed memfd of so many words, all of them zero.
pub(crate) fn make(words: usize) -> io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let memory = rustix::fs::memfd_create("labelgate-counters", flags)?;
    let bytes = words
        .checked_mul(size_of::<u64>())
        .ok_or(io::ErrorKind::OutOfMemory)?;
    rustix::fs::ftruncate(&memory, bytes as u64)?;
    rustix::fs::fcntl_add_seals(&memory, SEALS)?;
    Ok(memory)
}

impl Mapping {
    /// Maps all words of a memfd that [`make`] has made.
    pub(crate) fn new(memory: impl AsFd, access: Access) -> io::Result<Self> {
        // Without the seals its length could change after it was looked at.
        if !rustix::fs::fcntl_get_seals(&memory)?.contains(SEALS) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the memory is not sealed",
            ));
        }
        let bytes = usize::try_from(rustix::fs::fstat(&memory)?.st_size)
            .map_err(|_| io::ErrorKind::InvalidInput)?;
        let words = bytes / size_of::<u64>();
        if words == 0 {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let protection = match access {
            Access::Read => ProtFlags::READ,
            Access::Write => ProtFlags::READ | ProtFlags::WRITE,
        };
        let address = std::ptr::null_mut();
        // SAFETY: a fresh mapping at an address of the kernel's choice aliases nothing.
        let base =
            unsafe { rustix::mm::mmap(address, bytes, protection, MapFlags::SHARED, &memory, 0)? };
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { base, words })
    }

    /// The words. A mapping for reading takes relaxed loads only: of those `std::sync::atomic`
    /// guarantees, for 64 bits on the targets we build for, that they need no write access.
    pub(crate) fn words(&self) -> &[AtomicU64] {
        // SAFETY: `base` is the page-aligned start of a mapping of at least `words` words, which
        // the seals keep from shrinking and which lives as long as `self`. Any bits are a valid
        // `AtomicU64`, and other processes change them by whole words or, if they are hostile, in
        // any way, which for an atomic is a value like any other.
        unsafe { slice::from_raw_parts(self.base.as_ptr(), self.words) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        let bytes = self.words * size_of::<u64>();
        // SAFETY: the mapping is ours alone, and what `words` lent out ended before `self`. A
        // failure would leak address space, which is harmless.
        let _ = unsafe { rustix::mm::munmap(self.base.as_ptr().cast(), bytes) };
    }
}
