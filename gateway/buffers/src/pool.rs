//! Handing out buffers.

use std::cell::RefCell;
use std::io;
use std::ops::Range;
use std::os::fd::BorrowedFd;
use std::rc::Rc;

use crate::Buffer;
use crate::arena::Arena;
use crate::buddy::{Block, Buddy, MAX_ORDER};

/// The unit of allocation and the alignment of every buffer, in bytes.
pub const PAGE: usize = 4096;

/// The largest buffer, in bytes: the largest I/O one command may ask for.
pub const MAX_BUFFER: usize = PAGE << MAX_ORDER;

/// What stays resident when the pool is idle, in bytes.
const IDLE: usize = 256 * 1024;

/// A bounded pool of page-aligned buffers. Cheap to clone: clones share the pool.
#[derive(Debug, Clone)]
pub struct Pool {
    shared: Rc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) arena: Rc<Arena>,
    free: RefCell<Buddy>,
    pages: u32,
}

impl Pool {
    /// A pool that never holds more than `bound` bytes (rounded down to whole [`MAX_BUFFER`]s).
    ///
    /// # Errors
    /// The system refuses the memfd or its mapping, or `bound` is below one [`MAX_BUFFER`] or
    /// above what page numbers can name.
    pub fn new(bound: usize) -> io::Result<Self> {
        let (pool, _) = Self::with_reserve(bound, 0)?;
        Ok(pool)
    }

    /// Two pools over one memfd: the general one, and a reserve of `reserve` bytes that only its
    /// holder draws on. Whoever holds at most `n` buffers of at most `s` bytes each at a time
    /// (`s` a power of two) always gets the next one from a reserve of `n * s` bytes: a buffer
    /// never touches more than one aligned run of `s` bytes, so fragments cannot add up.
    ///
    /// # Errors
    /// As [`Pool::new`], for the sum.
    pub fn with_reserve(bound: usize, reserve: usize) -> io::Result<(Self, Self)> {
        let bound = pages(bound / MAX_BUFFER * MAX_BUFFER)?;
        let end = pages(reserve.next_multiple_of(MAX_BUFFER))?
            .checked_add(bound)
            .ok_or(io::ErrorKind::InvalidInput)?;
        if bound == 0 {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let arena = Rc::new(Arena::new(end as usize * PAGE)?);
        Ok((part(&arena, 0..bound), part(&arena, bound..end)))
    }

    /// A buffer of at least `length` bytes, or `None` when the pool (or its largest free run)
    /// cannot give it now. A zero length is one page.
    #[must_use]
    pub fn allocate(&self, length: usize) -> Option<Buffer> {
        let pages = length.max(1).div_ceil(PAGE).checked_next_power_of_two()?;
        let order = u8::try_from(pages.trailing_zeros())
            .ok()
            .filter(|&o| o <= MAX_ORDER)?;
        let block = self.shared.free.borrow_mut().take(order)?;
        Some(Buffer::new(Rc::clone(&self.shared), block))
    }

    /// Bytes that can be handed out at most.
    #[must_use]
    pub fn bound(&self) -> usize {
        self.shared.pages as usize * PAGE
    }

    /// Bytes not handed out.
    #[must_use]
    pub fn free(&self) -> usize {
        self.shared.free.borrow().free_pages() as usize * PAGE
    }

    /// Whether no buffer is in use.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.free() == self.bound()
    }

    /// Bytes that have memory behind them now, in the whole memfd.
    ///
    /// # Errors
    /// As `fstat`.
    pub fn resident(&self) -> io::Result<u64> {
        self.shared.arena.resident()
    }

    /// Gives the memory behind free buffers back to the system, all but the first 256 KiB.
    ///
    /// # Errors
    /// As `fallocate`.
    pub fn trim(&self) -> io::Result<()> {
        for block in self.shared.free.borrow().blocks() {
            let start = (block.page as usize * PAGE).max(IDLE);
            let end = (block.page as usize + (1 << block.order)) * PAGE;
            if start < end {
                self.shared.arena.discard(start, end - start)?;
            }
        }
        Ok(())
    }

    /// The memfd, to share with a keeper or to register with a ring.
    #[must_use]
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.shared.arena.descriptor()
    }
}

/// A pool over some pages of an arena; both ends are multiples of the largest buffer.
pub(crate) fn part(arena: &Rc<Arena>, range: Range<u32>) -> Pool {
    Pool {
        shared: Rc::new(Shared {
            arena: Rc::clone(arena),
            pages: range.end - range.start,
            free: RefCell::new(Buddy::new(range)),
        }),
    }
}

pub(crate) fn pages(bytes: usize) -> io::Result<u32> {
    u32::try_from(bytes / PAGE).map_err(|_| io::ErrorKind::InvalidInput.into())
}

impl Shared {
    pub(crate) fn give(&self, block: Block) {
        self.free.borrow_mut().give(block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_page_aligned_and_hold_what_was_asked_for() {
        let pool = Pool::new(4 * MAX_BUFFER).unwrap();

        for length in [0, 1, PAGE, PAGE + 1, 100_000, MAX_BUFFER] {
            let buffer = pool.allocate(length).unwrap();
            assert!(buffer.len() >= length);
            assert_eq!(buffer.as_ptr().addr() % PAGE, 0);
        }
        assert!(pool.is_idle());
    }

    #[test]
    fn the_bound_holds_and_dropping_makes_room() {
        let pool = Pool::new(2 * MAX_BUFFER).unwrap();

        let first = pool.allocate(MAX_BUFFER).unwrap();
        let second = pool.allocate(MAX_BUFFER).unwrap();

        assert!(pool.allocate(1).is_none());
        assert!(pool.allocate(MAX_BUFFER + 1).is_none());
        drop((first, second));
        assert!(pool.allocate(MAX_BUFFER).is_some());
    }

    #[test]
    fn an_idle_pool_keeps_at_most_256_kib() {
        let pool = Pool::new(8 * MAX_BUFFER).unwrap();
        let mut buffers: Vec<_> = (0..8).map(|_| pool.allocate(MAX_BUFFER).unwrap()).collect();
        buffers.iter_mut().for_each(|buffer| buffer.fill(1));
        assert_eq!(pool.resident().unwrap(), 8 * MAX_BUFFER as u64);

        buffers.clear();
        pool.trim().unwrap();

        assert!(pool.resident().unwrap() <= 256 * 1024);
    }

    #[test]
    fn a_reserve_keeps_its_promise_whatever_the_mix_of_sizes() {
        const SLOT: usize = 256 * 1024;
        let (_general, reserve) = Pool::with_reserve(MAX_BUFFER, 16 * SLOT).unwrap();
        // Small buffers strewn over the reserve, every other one given back.
        let mut held: Vec<_> = (0..1024).map(|_| reserve.allocate(PAGE).unwrap()).collect();
        let mut nth = 0;
        held.retain(|_| {
            nth += 1;
            nth % 64 == 0
        });
        held.pop();

        assert_eq!(held.len(), 15);
        assert!(reserve.allocate(SLOT).is_some());
    }

    #[test]
    fn a_buffer_outlives_the_handle_of_its_pool() {
        let pool = Pool::new(MAX_BUFFER).unwrap();
        let mut buffer = pool.allocate(10).unwrap();
        drop(pool);

        buffer.fill(7);

        assert_eq!(&buffer[..3], [7, 7, 7]);
    }
}
