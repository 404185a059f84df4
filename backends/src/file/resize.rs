//! Sizes that change.

use std::io;

use labelgate_engine::{Geometry, ImageError, Outcome};

use super::error::{blame, errno};
use super::open::{size, whole_blocks};
use super::{FileImage, Kind, probe};
use crate::Step;

/// Why an image keeps its size.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResizeError {
    /// The size is zero or not a multiple of the block size, given here in bytes.
    #[error("the size is not a positive multiple of {0} bytes")]
    Blocks(u32),
    /// It would lose data: that takes [`FileImage::shrink`].
    #[error("the image is larger than that already")]
    Smaller,
    /// Operations are under way beyond the new end, possibly.
    #[error("operations on the image are under way")]
    Busy,
    /// A block device has the size it has.
    #[error("it is a block device")]
    Device,
    /// The image cannot be changed now.
    #[error("{0}")]
    Image(#[from] ImageError),
    /// The system refused.
    #[error("{0}")]
    System(#[from] io::Error),
}

impl FileImage {
    /// Makes the image `size` bytes long, which is not less than it is; what is new reads as
    /// zeros.
    ///
    /// # Errors
    /// See [`ResizeError`].
    pub fn resize(&mut self, size: u64) -> Result<Geometry, ResizeError> {
        // What counts is the file: it may have grown since it was last looked at.
        self.resizable(size)?;
        self.find_size()?;
        if size < self.geometry.size {
            return Err(ResizeError::Smaller);
        }
        self.truncate(size)
    }

    /// Makes the image `size` bytes long and loses what is beyond.
    ///
    /// # Errors
    /// See [`ResizeError`]; refused while the driver has requests of this image.
    pub fn shrink(&mut self, size: u64) -> Result<Geometry, ResizeError> {
        self.resizable(size)?;
        if self.in_flight.all != 0 {
            return Err(ResizeError::Busy);
        }
        self.truncate(size)
    }

    /// Changes the length inline: what the kernel then gives back or sets up are maps of extents, not data.
    pub(super) fn start_resize(&mut self, size: u64) -> Step {
        let changed = match size < self.geometry.size {
            true => self.shrink(size),
            false => self.resize(size),
        };
        let result = changed.map(Outcome::Resized).map_err(|error| match error {
            ResizeError::Image(error) => error,
            ResizeError::Busy => ImageError::Busy,
            ResizeError::Blocks(_) | ResizeError::Smaller => ImageError::OutOfRange,
            ResizeError::Device => ImageError::ReadOnly,
            ResizeError::System(error) => blame(errno(&error)),
        });
        self.done(result, None)
    }

    /// Makes an elastic file `size` bytes long, whatever it was and whatever is under way.
    ///
    /// # Errors
    /// What the system said; nothing is changed of an image that is poisoned or read-only.
    pub fn set_size(&mut self, size: u64) -> Result<(), ResizeError> {
        if !self.elastic {
            return Err(ResizeError::Blocks(self.geometry.block_size));
        }
        self.admit(0, size, true)?;
        self.truncate(size).map(drop)
    }

    fn resizable(&self, size: u64) -> Result<(), ResizeError> {
        if self.gate.poisoned() {
            return Err(ImageError::Poisoned.into());
        }
        if self.geometry.read_only {
            return Err(ImageError::ReadOnly.into());
        }
        if self.kind != Kind::File {
            return Err(ResizeError::Device);
        }
        if size == 0 || whole_blocks(size, self.geometry.block_size) != size {
            return Err(ResizeError::Blocks(self.geometry.block_size));
        }
        Ok(())
    }

    fn truncate(&mut self, size: u64) -> Result<Geometry, ResizeError> {
        rustix::fs::ftruncate(&self.descriptor, size).map_err(io::Error::from)?;
        self.geometry.size = size;
        Ok(self.geometry)
    }

    /// Looks how long the file is.
    pub(super) fn find_size(&mut self) -> Result<Option<Geometry>, ImageError> {
        if self.gate.poisoned() {
            return Err(ImageError::Poisoned);
        }
        // The kernel lets a revoked descriptor ask.
        probe::reachable(&self.descriptor)?;
        let size = size(&self.descriptor, self.kind).map_err(blame)?;
        let served = whole_blocks(size, self.geometry.block_size);
        if served == self.geometry.size {
            return Ok(None);
        }
        self.geometry.size = served;
        Ok(Some(self.geometry))
    }
}
