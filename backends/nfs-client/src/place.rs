//! Memory that is read into and written from, and that others may look at meanwhile.

use std::fmt;
use std::ptr::NonNull;
use std::rc::Rc;

use labelgate_buffers::Memory;

/// A run of memory that stays mapped as long as this value.
///
/// No reference to its bytes is ever made here: they may change at any time, by another process's
/// hand.
#[derive(Clone)]
pub struct Place {
    bytes: NonNull<[u8]>,
    _memory: Rc<Memory>,
}

impl Place {
    /// `length` bytes from byte `position` on; nothing if they are not all within the memory, or
    /// there are none.
    #[must_use]
    pub fn new(memory: &Rc<Memory>, position: u64, length: u64) -> Option<Self> {
        Some(Self {
            bytes: memory.run(position, length)?,
            _memory: Rc::clone(memory),
        })
    }

    /// How many bytes it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The address of `length` bytes of it, if they are all within.
    pub(crate) fn at(&self, from: usize, length: usize) -> Option<NonNull<u8>> {
        let within = from
            .checked_add(length)
            .is_some_and(|end| end <= self.len());
        // SAFETY: it is within the run, or at its end.
        within.then(|| unsafe { self.bytes.cast::<u8>().add(from) })
    }

    /// Copies what is at `from` out.
    pub(crate) fn copy_out(&self, from: usize, into: &mut [u8]) -> bool {
        let Some(at) = self.at(from, into.len()) else {
            return false;
        };
        // SAFETY: so many bytes are there, and they are nobody's reference; what is in them while
        // another process writes there is whatever it is.
        unsafe { std::ptr::copy_nonoverlapping(at.as_ptr(), into.as_mut_ptr(), into.len()) };
        true
    }

    /// Copies into what is at `from`.
    pub(crate) fn copy_in(&self, from: usize, bytes: &[u8]) -> bool {
        let Some(at) = self.at(from, bytes.len()) else {
            return false;
        };
        // SAFETY: as above.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), at.as_ptr(), bytes.len()) };
        true
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes at {:p}", self.len(), self.bytes)
    }
}
