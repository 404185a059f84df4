//! The memory itself: a sealed memfd of words, mapped once. All `unsafe` of this crate is here.
#![allow(unsafe_code, reason = "memory that another process writes to")]

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::NonNull;
use std::slice;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use rustix::fs::{MemfdFlags, SealFlags};
use rustix::mm::{MapFlags, ProtFlags};

use crate::layout::{VERSION, WORDS};
use crate::words::Words;

/// With these nobody can shrink the memory under a mapping, which would be SIGBUS.
const SEALS: SealFlags = SealFlags::SHRINK
    .union(SealFlags::GROW)
    .union(SealFlags::SEAL);

/// Why memory is no queue pair.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    /// It is not sealed, so that its length could change.
    #[error("the memory of the queues is not sealed")]
    Unsealed,
    /// Whoever made it has another layout.
    #[error("the memory of the queues has another layout")]
    Layout,
    /// The system refused.
    #[error("the memory of the queues: {0}")]
    System(#[from] io::Error),
}

/// A mapped queue pair.
#[derive(Debug)]
pub(crate) struct Mapping {
    base: NonNull<AtomicU64>,
}

// SAFETY: it is memory for the whole process, and nothing but atomics is in it.
unsafe impl Send for Mapping {}
// SAFETY: as above; all access goes through atomics.
unsafe impl Sync for Mapping {}

/// Makes the memory of a queue pair, with nothing in it.
///
/// # Errors
/// The system refuses it.
pub fn create() -> io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let memory = rustix::fs::memfd_create("labelgate-queues", flags)?;
    rustix::fs::ftruncate(&memory, (WORDS * size_of::<u64>()) as u64)?;
    rustix::io::pwrite(&memory, &VERSION.to_ne_bytes(), 0)?;
    rustix::fs::fcntl_add_seals(&memory, SEALS)?;
    Ok(memory)
}

impl Mapping {
    pub(crate) fn new(memory: impl AsFd) -> Result<Self, MapError> {
        let seals = rustix::fs::fcntl_get_seals(&memory).map_err(io::Error::from)?;
        if !seals.contains(SEALS) {
            return Err(MapError::Unsealed);
        }
        let bytes = WORDS * size_of::<u64>();
        let length = rustix::fs::fstat(&memory).map_err(io::Error::from)?.st_size;
        if usize::try_from(length) != Ok(bytes) {
            return Err(MapError::Layout);
        }
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        let address = std::ptr::null_mut();
        // SAFETY: a fresh mapping at an address of the kernel's choice aliases nothing.
        let base =
            unsafe { rustix::mm::mmap(address, bytes, protection, MapFlags::SHARED, &memory, 0) };
        let base = base.map_err(io::Error::from)?;
        let base = NonNull::new(base.cast()).ok_or(io::Error::from(io::ErrorKind::OutOfMemory))?;
        let mapping = Self { base };
        match mapping.load(0, Ordering::Relaxed) {
            VERSION => Ok(mapping),
            _ => Err(MapError::Layout),
        }
    }

    fn word(&self, at: usize) -> &AtomicU64 {
        // SAFETY: `base` is the page-aligned start of a mapping of that many words, which the seals
        // keep from shrinking and which lives as long as `self`. Any bits are a valid `AtomicU64`,
        // and other processes change them by whole words or, if they are hostile, in any way,
        // which for an atomic is a value like any other.
        let words = unsafe { slice::from_raw_parts(self.base.as_ptr(), WORDS) };
        words
            .get(at)
            .expect("a word of the layout is in the memory")
    }

    /// Makes it as it was when it was made.
    pub(crate) fn clear(&self) {
        for at in 1..WORDS {
            self.store(at, 0, Ordering::Relaxed);
        }
    }
}

impl Words for Mapping {
    fn load(&self, at: usize, order: Ordering) -> u64 {
        self.word(at).load(order)
    }

    fn store(&self, at: usize, value: u64, order: Ordering) {
        self.word(at).store(value, order);
    }

    fn fence(&self) {
        fence(Ordering::SeqCst);
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        let bytes = WORDS * size_of::<u64>();
        // SAFETY: the mapping is ours alone, and what `word` lent out ended before `self`. A failure
        // would leak address space, which is harmless.
        let _ = unsafe { rustix::mm::munmap(self.base.as_ptr().cast(), bytes) };
    }
}
