//! Memory that several pools lie in, or that another process's buffers lie in.

use std::cell::Cell;
use std::io;
use std::os::fd::OwnedFd;
use std::ptr::NonNull;
use std::rc::Rc;

use crate::arena::Arena;
use crate::pool::{pages, part};
use crate::{MAX_BUFFER, PAGE, Pool};

/// A memfd that somebody else has made, mapped once: all of a worker's buffers, which it shares with
/// its keepers.
#[derive(Debug)]
pub struct Memory {
    arena: Rc<Arena>,
    /// How many pages pools have been made of, from the front.
    taken: Cell<u32>,
}

impl Memory {
    /// Maps all of a memfd. It must have a length, and be sealed against shrinking, growing and
    /// further seals.
    ///
    /// # Errors
    /// The system refuses, or it is no such memory.
    pub fn map(memory: OwnedFd) -> io::Result<Self> {
        let arena = Rc::new(Arena::given(memory)?);
        let taken = Cell::new(0);
        Ok(Self { arena, taken })
    }

    /// Its length in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.arena.length() as u64
    }

    /// A pool over a part of the memory that no pool is over yet. See [`Pool::new`].
    ///
    /// # Errors
    /// As [`Pool::new`], and not so much memory is left.
    pub fn pool(&self, bound: usize) -> io::Result<Pool> {
        let (pool, _) = self.pools(bound, 0)?;
        Ok(pool)
    }

    /// Two pools over a part of the memory that no pool is over yet. See [`Pool::with_reserve`].
    ///
    /// # Errors
    /// As [`Pool::with_reserve`], and not so much memory is left.
    pub fn pools(&self, bound: usize, reserve: usize) -> io::Result<(Pool, Pool)> {
        let bound = pages(bound / MAX_BUFFER * MAX_BUFFER)?;
        let reserve = pages(reserve.next_multiple_of(MAX_BUFFER))?;
        if bound == 0 {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let start = self.taken.get();
        let middle = start.checked_add(bound).ok_or(io::ErrorKind::OutOfMemory)?;
        let end = middle
            .checked_add(reserve)
            .filter(|&end| end as usize <= self.arena.length() / PAGE)
            .ok_or(io::ErrorKind::OutOfMemory)?;
        self.taken.set(end);
        let of = |range| part(&self.arena, range);
        Ok((of(start..middle), of(middle..end)))
    }

    /// The memory of a run of bytes, if all of it is within; for a process that another one has
    /// told where its buffers are. That one may be writing there: it is for moving data, not for
    /// looking at it. It stays mapped as long as `self`.
    #[must_use]
    pub fn run(&self, position: u64, length: u64) -> Option<NonNull<[u8]>> {
        let end = position.checked_add(length)?;
        if length == 0 || end > self.length() {
            return None;
        }
        let start = self.arena.at(usize::try_from(position).ok()?);
        let length = usize::try_from(length).ok()?;
        Some(NonNull::slice_from_raw_parts(start, length))
    }
}

#[cfg(test)]
mod tests {
    use rustix::fs::{MemfdFlags, SealFlags};

    use super::*;

    fn memfd(length: u64, seals: SealFlags) -> OwnedFd {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let memory = rustix::fs::memfd_create("test", flags).unwrap();
        rustix::fs::ftruncate(&memory, length).unwrap();
        rustix::fs::fcntl_add_seals(&memory, seals).unwrap();
        memory
    }

    fn sealed(length: u64) -> OwnedFd {
        memfd(
            length,
            SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL,
        )
    }

    #[test]
    fn two_processes_see_the_same_bytes_at_the_same_place() {
        let memory = sealed(8 * MAX_BUFFER as u64);
        let other = Memory::map(memory.try_clone().unwrap()).unwrap();
        let ours = Memory::map(memory).unwrap();
        let (pool, reserve) = ours.pools(MAX_BUFFER, MAX_BUFFER).unwrap();
        let second = ours.pool(2 * MAX_BUFFER).unwrap();
        for (number, pool) in (1..).zip([pool, reserve, second]) {
            let mut buffer = pool.allocate(5000).unwrap();
            buffer[4000..5000].fill(number);
            let there = other.run(buffer.position() + 4000, 1000).unwrap();
            // SAFETY: nobody writes to it meanwhile.
            let there = unsafe { there.as_ref() };
            assert_eq!(there, [number; 1000]);
        }
    }

    #[test]
    fn pools_of_one_memory_never_overlap_and_end_with_it() {
        let memory = Memory::map(sealed(4 * MAX_BUFFER as u64 + 4096)).unwrap();
        let (first, reserve) = memory.pools(MAX_BUFFER, 1).unwrap();
        let second = memory.pool(2 * MAX_BUFFER + 7).unwrap();
        assert!(memory.pool(MAX_BUFFER).is_err(), "a page is left");
        let pools = [first, reserve, second];
        let all: Vec<_> = pools
            .iter()
            .flat_map(|pool| std::iter::from_fn(|| pool.allocate(PAGE)))
            .collect();
        let mut positions: Vec<_> = all.iter().map(crate::Buffer::position).collect();
        positions.sort_unstable();
        positions.dedup();
        assert_eq!(positions.len(), 4 * MAX_BUFFER / PAGE);
    }

    #[test]
    fn memory_that_could_shrink_or_is_none_is_refused() {
        assert!(Memory::map(memfd(1 << 20, SealFlags::SHRINK | SealFlags::GROW)).is_err());
        assert!(Memory::map(memfd(1 << 20, SealFlags::SEAL)).is_err());
        assert!(Memory::map(sealed(0)).is_err());
        let file = std::fs::File::open("/dev/null").unwrap();
        assert!(Memory::map(file.into()).is_err());
    }

    #[test]
    fn a_run_is_within_the_memory_or_there_is_none() {
        let memory = Memory::map(sealed(8192)).unwrap();
        assert!(memory.run(0, 8192).is_some() && memory.run(8191, 1).is_some());
        for (position, length) in [
            (0, 8193),
            (8192, 1),
            (1, 8192),
            (u64::MAX, 1),
            (u64::MAX, u64::MAX),
            (0, u64::MAX),
            (4096, 0),
        ] {
            assert!(
                memory.run(position, length).is_none(),
                "{position} {length}"
            );
        }
    }
}
