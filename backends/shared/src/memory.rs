//! Memory that is read into and written from, and that others may look at meanwhile.

use std::fmt;
use std::io;
use std::ptr::{self, NonNull};
use std::sync::Arc;

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

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

    /// So many bytes of this process's own, zeros at first, unmapped when nobody has a part of it any more.
    ///
    /// # Errors
    ///
    /// The system has none.
    pub fn anonymous(length: usize) -> io::Result<Self> {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a fresh mapping at an address of the kernel's choice aliases nothing.
        let base =
            unsafe { mmap_anonymous(ptr::null_mut(), length, protection, MapFlags::PRIVATE) }?;
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        let owner = Arc::new(Mapping { base, length });
        // SAFETY: it is mapped for reading and writing until its owner is dropped, and nobody else knows of it.
        Ok(unsafe { Self::new(base, length, owner) })
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

/// Anonymous memory, unmapped on drop.
struct Mapping {
    base: NonNull<u8>,
    length: usize,
}

// SAFETY: it is an address, and how much there is.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is its own, and whoever used it had a share in this value. It cannot fail.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), self.length) };
    }
}

/// A part of [`Memory`], which stays as long as this value. Cloning it makes another handle of the same bytes.
#[derive(Clone)]
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

    /// The address of `length` bytes of it, if they are all within.
    #[must_use]
    pub fn at(&self, from: usize, length: usize) -> Option<NonNull<u8>> {
        let end = from.checked_add(length)?;
        // SAFETY: it is within the place, or at its end.
        (end <= self.length).then(|| unsafe { self.start.add(from) })
    }

    /// Copies out what is at `from`; whether all of that is within.
    #[must_use]
    pub fn copy_out(&self, from: usize, into: &mut [u8]) -> bool {
        let Some(at) = self.at(from, into.len()) else {
            return false;
        };
        // SAFETY: so many bytes are there, and they are nobody's reference; what is in them while
        // another process writes there is whatever it is.
        unsafe { ptr::copy_nonoverlapping(at.as_ptr(), into.as_mut_ptr(), into.len()) };
        true
    }

    /// Copies to what is at `from`; whether all of that is within.
    #[must_use]
    pub fn copy_in(&self, from: usize, bytes: &[u8]) -> bool {
        let Some(at) = self.at(from, bytes.len()) else {
            return false;
        };
        // SAFETY: as above.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), at.as_ptr(), bytes.len()) };
        true
    }

    /// Makes what is from `from` on zeros.
    pub fn clear_from(&self, from: usize) {
        let length = self.length.saturating_sub(from);
        if let Some(at) = self.at(from, length) {
            // SAFETY: as above.
            unsafe { ptr::write_bytes(at.as_ptr(), 0, length) };
        }
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

    #[test]
    fn what_is_copied_in_is_copied_out_and_never_beyond_its_place() {
        let memory = Memory::anonymous(16).unwrap();
        let place = memory.place(4, 8).unwrap();
        drop(memory);
        let mut out = [9; 4];
        assert!(place.copy_out(0, &mut out));
        assert_eq!(out, [0; 4], "it is empty at first");
        assert!(place.copy_in(4, &[1, 2, 3, 4]) && place.clone().copy_out(4, &mut out));
        assert_eq!(out, [1, 2, 3, 4]);
        assert!(!place.copy_in(5, &[1, 2, 3, 4]) && !place.copy_out(5, &mut out));
        assert!(place.at(8, 0).is_some() && place.at(9, 0).is_none());
        assert!(place.at(usize::MAX, 2).is_none());
    }
}
