//! The image that is being made.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;

use crate::Fault;

/// Zeros of this length, at a multiple of it, become a hole.
pub const GRAIN: usize = 64 << 10;

/// The image that is being made: a new file, all of it a hole, of which each byte is written once
/// at most.
#[derive(Debug)]
pub struct Target {
    file: File,
    limits: Limits,
    written: u64,
}

/// How large an image may become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The size of the disk, in bytes.
    pub size: u64,
    /// How many bytes of it may be written, holes not counted.
    pub data: u64,
    /// The file's size is made a multiple of this, in bytes; at least one.
    pub block_size: u32,
}

impl Target {
    /// An empty file, to be filled.
    #[must_use]
    pub const fn new(file: File, limits: Limits) -> Self {
        Self {
            file,
            limits,
            written: 0,
        }
    }

    /// How many bytes have been written.
    #[must_use]
    pub const fn written(&self) -> u64 {
        self.written
    }

    /// Whether a disk of this size may be.
    ///
    /// # Errors
    /// [`Fault::TooLarge`] and [`Fault::Empty`].
    pub const fn check_size(&self, size: u64) -> Result<(), Fault> {
        let most = self.limits.size;
        if size > most {
            return Err(Fault::TooLarge { size, most });
        }
        if size == 0 {
            return Err(Fault::Empty);
        }
        Ok(())
    }

    /// Writes bytes of the disk, but for grains of zeros.
    ///
    /// # Errors
    /// [`Fault::TooLarge`], [`Fault::TooMuchData`], or what the kernel says.
    pub fn write(&mut self, mut at: u64, mut bytes: &[u8]) -> Result<(), Fault> {
        while !bytes.is_empty() {
            let within = usize::try_from(at % GRAIN as u64).unwrap_or(0);
            let length = bytes.len().min(GRAIN - within);
            let (grain, rest) = bytes.split_at(length);
            if !is_zero(grain) {
                self.write_grain(at, grain)?;
            }
            at = at.saturating_add(length as u64);
            bytes = rest;
        }
        Ok(())
    }

    fn write_grain(&mut self, at: u64, grain: &[u8]) -> Result<(), Fault> {
        let end = at.saturating_add(grain.len() as u64);
        if end > self.limits.size {
            let most = self.limits.size;
            return Err(Fault::TooLarge { size: end, most });
        }
        self.count(grain.len() as u64)?;
        let written = self.file.write_all_at(grain, at);
        written.map_err(Fault::file("writing the image"))
    }

    /// Counts bytes that are about to be written.
    ///
    /// # Errors
    /// [`Fault::TooMuchData`].
    pub(crate) fn count(&mut self, bytes: u64) -> Result<(), Fault> {
        let written = self.written.saturating_add(bytes);
        if written > self.limits.data {
            let most = self.limits.data;
            return Err(Fault::TooMuchData { most });
        }
        self.written = written;
        Ok(())
    }

    /// Takes back bytes that were counted and not written.
    pub(crate) const fn uncount(&mut self, bytes: u64) {
        self.written = self.written.saturating_sub(bytes);
    }

    /// Gives the file the size of a disk of `size` bytes, but at least `least`, in whole blocks.
    ///
    /// # Errors
    /// [`Fault::TooLarge`], [`Fault::Empty`], or what the kernel says.
    pub fn finish(&self, size: u64, least: u64) -> Result<(), Fault> {
        self.check_size(size)?;
        let size = size.max(least);
        let block = u64::from(self.limits.block_size.max(1));
        let Some(whole) = size.checked_next_multiple_of(block) else {
            let most = self.limits.size;
            return Err(Fault::TooLarge { size, most });
        };
        let grown = self.file.set_len(whole);
        grown.map_err(Fault::file("growing the image"))
    }

    /// Waits until everything is on stable storage.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn flush(&self) -> Result<(), Fault> {
        let flushed = self.file.sync_all();
        flushed.map_err(Fault::file("flushing the image"))
    }
}

impl AsFd for Target {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// Sixteen bytes at once, which the compiler makes wider still.
fn is_zero(bytes: &[u8]) -> bool {
    let (chunks, rest) = bytes.as_chunks::<16>();
    chunks.iter().all(|chunk| u128::from_ne_bytes(*chunk) == 0) && rest.iter().all(|&b| b == 0)
}
