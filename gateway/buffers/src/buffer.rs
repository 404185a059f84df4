//! One buffer.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::rc::Rc;

use crate::PAGE;
use crate::buddy::Block;
use crate::pool::Shared;

/// A page-aligned run of the pool's memory, owned by whoever holds this value.
///
/// It derefs to its bytes. Dropping it returns it to the pool, so whoever lends its memory to the
/// kernel must hold the value until the kernel has let go.
pub struct Buffer {
    pool: Rc<Shared>,
    block: Block,
    start: NonNull<u8>,
}

impl Buffer {
    pub(crate) fn new(pool: Rc<Shared>, block: Block) -> Self {
        let start = pool.arena.at(block.page as usize * PAGE);
        Self { pool, block, start }
    }

    /// Capacity in bytes, which may exceed what was asked for.
    #[must_use]
    pub const fn len(&self) -> usize {
        PAGE << self.block.order
    }

    /// Never: a buffer has at least one page.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        false
    }

    /// Where the buffer starts in the pool's memfd, in bytes: its name to a keeper.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.block.page as u64 * PAGE as u64
    }

    /// The address of the first byte, for a system call that writes the buffer.
    #[must_use]
    pub const fn as_mut_ptr(&mut self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// The address of the first byte, for a system call that reads the buffer.
    #[must_use]
    pub const fn as_ptr(&self) -> *const u8 {
        self.start.as_ptr()
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the block is within the arena, which `pool` keeps mapped; the pool hands a block
        // to one owner at a time, and shared memory of a memfd is always initialised.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len()) }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as for `deref`; `&mut self` of the one owner makes the access exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len()) }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.pool.give(self.block);
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The bytes are a guest's data: they do not belong in a log.
        f.debug_struct("Buffer")
            .field("position", &self.position())
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
