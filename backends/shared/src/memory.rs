//! Memory that is read into and written from, and that others may look at meanwhile.

use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;

/// A mapping that operations move bytes into and out of.
///
/// No reference to it is ever made here: the bytes may change at any time, by another process's hand.
#[derive(Clone)]
pub struct Memory {
    base: NonNull<u8>,
    length: usize,
    owner: Arc<dyn Send + Sync>,
}

// SAFETY: what is at the address is used by C alone, whose threads do so whichever thread asked; the
// owner can be sent and shared.
unsafe impl Send for Memory {}
// SAFETY: as above; a `Memory` itself never changes.
unsafe impl Sync for Memory {}

impl Memory {
    /// Takes `length` bytes at `base`, which stay there for as long as `owner` lives.
    ///
    /// Whoever is handed the memory keeps a reference to `owner`: operations under way keep it, whatever
    /// becomes of the image and of this value.
    ///
    /// # Safety
    ///
    /// Until `owner` is dropped, all of it is mapped and can be read and written. Nothing in this
    /// process has a Rust reference to any of it, nor makes one. It belongs to this process alone, or
    /// to others as well: they may read and write it whenever they like.
    pub unsafe fn new(base: NonNull<u8>, length: usize, owner: Arc<dyn Send + Sync>) -> Self {
        Self {
            base,
            length,
            owner,
        }
    }

    /// How many bytes it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// `length` bytes of it, from byte `offset` on; nothing if they are not all within it.
    #[must_use]
    pub fn place(&self, offset: u64, length: u64) -> Option<Place> {
        let offset = usize::try_from(offset).ok()?;
        let length = usize::try_from(length).ok()?;
        if offset.checked_add(length)? > self.length {
            return None;
        }
        Some(Place {
            // SAFETY: it is within the mapping, or at its end.
            start: unsafe { self.base.add(offset) },
            length,
            _owner: Arc::clone(&self.owner),
        })
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of memory", self.length)
    }
}

/// A part of [`Memory`], which stays as long as this value.
pub struct Place {
    start: NonNull<u8>,
    length: usize,
    _owner: Arc<dyn Send + Sync>,
}

// SAFETY: as for `Memory`.
unsafe impl Send for Place {}
// SAFETY: as for `Memory`.
unsafe impl Sync for Place {}

impl Place {
    /// How many bytes it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Where it begins, for C alone: no reference may be made of it.
    #[must_use]
    pub const fn start(&self) -> *mut libc::c_char {
        self.start.as_ptr().cast()
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes at {:p}", self.length, self.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_within_its_memory_and_keeps_it() {
        let owner = Arc::new([0_u8; 16]);
        // SAFETY: nobody looks at these bytes, by reference or otherwise.
        let memory = unsafe { Memory::new(NonNull::dangling(), 16, owner.clone()) };
        assert_eq!(memory.place(4, 12).map(|place| place.len()), Some(12));
        assert!(memory.place(16, 0).is_some_and(|place| place.is_empty()));
        assert!(memory.place(4, 13).is_none());
        assert!(memory.place(17, 0).is_none());
        assert!(memory.place(u64::MAX, 2).is_none());
        let place = memory.place(0, 1);
        drop(memory);
        assert_eq!(Arc::strong_count(&owner), 2, "the place keeps it");
        drop(place);
        assert_eq!(Arc::strong_count(&owner), 1);
    }
}
