//! Taking what a keeper holds as an image.

use labelgate_engine::Geometry;

use super::{KeptImage, now};
use crate::gate::Gate;

/// The largest physical block size reported.
const MAX_PHYSICAL: u32 = 4096;

/// How something that a keeper holds becomes an image.
#[derive(Debug, Clone, Copy)]
pub struct KeptOptions {
    /// What the keeper calls it.
    pub number: u32,
    /// The slot of the keepers that hold it.
    pub keeper: u32,
    /// Logical block size in bytes: 512 or 4096.
    pub block_size: u32,
    /// Writes are refused.
    pub read_only: bool,
    /// A flush has failed before, under another worker.
    pub poisoned: bool,
}

/// What the keeper says it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Its size in bytes.
    pub size: u64,
    /// What its backend likes writes to be aligned to, in bytes.
    pub physical_block: u32,
    /// Whether its backend takes space back.
    pub discard: bool,
    /// Whether stable writes are stable without a flush.
    pub stable_writes: bool,
}

/// Why something that a keeper holds is no image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotKept {
    /// The configuration asks for a block size that is neither 512 nor 4096.
    #[error("a block size of {0} bytes is not served, only 512 and 4096")]
    BlockSize(u32),
    /// It is shorter than one block.
    #[error("it is shorter than one block")]
    Empty,
}

impl KeptImage {
    /// Takes what a keeper holds as an image.
    ///
    /// # Errors
    /// See [`NotKept`].
    pub fn new(options: &KeptOptions, shape: Shape) -> Result<Self, NotKept> {
        if !matches!(options.block_size, 512 | 4096) {
            return Err(NotKept::BlockSize(options.block_size));
        }
        let block_size = options.block_size;
        let geometry = Geometry {
            size: whole_blocks(shape.size, block_size),
            block_size,
            physical_block_size: physical(shape.physical_block, block_size),
            read_only: options.read_only,
            discard: shape.discard && !options.read_only,
        };
        if geometry.size == 0 {
            return Err(NotKept::Empty);
        }
        let opened = now();
        Ok(Self {
            number: options.number,
            keeper: options.keeper,
            geometry,
            stable_writes: shape.stable_writes,
            gate: Gate::new(options.poisoned),
            in_flight: 0,
            opened,
            modified: opened,
        })
    }

    /// It looks so from now on; its shape, if that is another one.
    pub fn reshape(&mut self, shape: Shape) -> Option<Geometry> {
        let before = self.geometry;
        let block_size = before.block_size;
        self.stable_writes = shape.stable_writes;
        self.geometry = Geometry {
            size: whole_blocks(shape.size, block_size),
            physical_block_size: physical(shape.physical_block, block_size),
            discard: shape.discard && !before.read_only,
            ..before
        };
        (self.geometry != before).then_some(self.geometry)
    }
}

fn physical(said: u32, block_size: u32) -> u32 {
    let bounded = said.min(MAX_PHYSICAL);
    if bounded.is_power_of_two() {
        bounded.max(block_size)
    } else {
        block_size
    }
}

/// What of `size` is served.
pub(super) const fn whole_blocks(size: u64, block_size: u32) -> u64 {
    size - size % block_size as u64
}
