//! The memory itself: one sealed memfd, mapped once.

use std::ffi::c_void;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;

use rustix::fs::{FallocateFlags, MemfdFlags, SealFlags};
use rustix::mm::{MapFlags, ProtFlags};

/// With these nobody it is shared with can shrink it under our mapping (SIGBUS).
const SEALS: SealFlags = SealFlags::SHRINK
    .union(SealFlags::GROW)
    .union(SealFlags::SEAL);

/// A mapped memfd of fixed length.
#[derive(Debug)]
pub(crate) struct Arena {
    memory: OwnedFd,
    base: NonNull<u8>,
    length: usize,
}

impl Arena {
    /// Makes and maps `length` bytes, none of which exist until they are touched.
    pub(crate) fn new(length: usize) -> io::Result<Self> {
        let memory = rustix::fs::memfd_create(
            "labelgate-buffers",
            MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING,
        )?;
        rustix::fs::ftruncate(&memory, length as u64)?;
        rustix::fs::fcntl_add_seals(&memory, SEALS)?;
        Self::map(memory, length)
    }

    /// Maps all of a memfd that somebody else has made and sealed.
    pub(crate) fn given(memory: OwnedFd) -> io::Result<Self> {
        // Without the seals its length could change after it was looked at.
        if !rustix::fs::fcntl_get_seals(&memory)?.contains(SEALS) {
            let what = "the memory is not sealed";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        }
        let length = rustix::fs::fstat(&memory)?.st_size;
        match usize::try_from(length) {
            Ok(length) if length != 0 => Self::map(memory, length),
            _ => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    /// Maps memory that keeps its length.
    fn map(memory: OwnedFd, length: usize) -> io::Result<Self> {
        // SAFETY: a fresh mapping at an address of the kernel's choice aliases nothing.
        let base = unsafe {
            rustix::mm::mmap(
                std::ptr::null_mut(),
                length,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::SHARED,
                &memory,
                0,
            )
        }?;
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self {
            memory,
            base,
            length,
        })
    }

    /// In bytes.
    pub(crate) const fn length(&self) -> usize {
        self.length
    }

    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.memory.as_fd()
    }

    /// The address of byte `offset`. The caller keeps within the arena.
    pub(crate) fn at(&self, offset: usize) -> NonNull<u8> {
        assert!(offset < self.length, "a block lies within its arena");
        // SAFETY: offset is below the length of the one mapping `base` points at.
        unsafe { self.base.add(offset) }
    }

    /// Frees the pages of a range; they read as zeros when next touched.
    pub(crate) fn discard(&self, offset: usize, length: usize) -> io::Result<()> {
        let mode = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        Ok(rustix::fs::fallocate(
            &self.memory,
            mode,
            offset as u64,
            length as u64,
        )?)
    }

    /// Bytes of the arena that have pages behind them now.
    pub(crate) fn resident(&self) -> io::Result<u64> {
        Ok(u64::try_from(rustix::fs::fstat(&self.memory)?.st_blocks).unwrap_or(0) * 512)
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours alone, and every `Buffer` into it holds this arena alive,
        // so none is left. A failure would leak address space, which is harmless.
        let _ = unsafe { rustix::mm::munmap(self.base.as_ptr().cast::<c_void>(), self.length) };
    }
}
