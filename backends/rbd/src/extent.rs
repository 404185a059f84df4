//! Where an image has data.

use std::ffi::c_void;
use std::ptr;

use labelgate_rbd_sys::{
    RBD_FEATURE_FAST_DIFF, RBD_FLAG_FAST_DIFF_INVALID, RBD_FLAG_OBJECT_MAP_INVALID,
};
use libc::c_int;

use crate::Error;
use crate::call::written;
use crate::handle::Handle;

/// A run of an image, from the offset that was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// How many bytes it holds for, at least one. It may go on behind them.
    pub length: u64,
    /// Whether there may be data; where there is none, it reads as zeros.
    pub mapped: bool,
}

/// Runs begin and end at multiples of this, in bytes: no client sees a part of a block.
const BLOCK: u64 = 4096;
/// How many objects are asked about one by one, where there is no map of them.
const OBJECTS: u64 = 64;
/// What the callback ends the iteration with.
const ENOUGH: c_int = -libc::ECANCELED;

/// Asks the cluster. To the object with an object map, which is one question for the whole image; to
/// the byte without, which is one for each object, so that not more than a window is looked at.
///
/// Librbd before 1.17 gets offsets wrong that are not an object's, with an object map, unless the
/// image has no parent and no stripes of its own (<https://tracker.ceph.com/issues/53784>). It is asked
/// from an object's beginning on, and without the map for the others.
pub(crate) fn extent(handle: &Handle, offset: u64) -> Result<Extent, Error> {
    let size = handle.opened.size()?;
    if offset >= size {
        return Err(Error::returned("looking for data", (-libc::EINVAL).into()));
    }
    let by_map = !handle.cloned && handle.plain && has_map(handle)?;
    let (from, end) = if by_map {
        (offset - offset % handle.period, size)
    } else {
        let window = handle.period.saturating_mul(OBJECTS);
        (offset, size.min(offset.saturating_add(window)))
    };
    let mut search = Search::new(offset);
    let iterate = handle.opened.rbd().rbd_diff_iterate2;
    // SAFETY: the image is open; the callback is given the search, which is there, by one thread at a
    // time, and not after the end of this call.
    let iterated = unsafe {
        iterate(
            handle.opened.image,
            ptr::null(),
            from,
            end - from,
            1,
            by_map.into(),
            Some(found),
            (&raw mut search).cast(),
        )
    };
    if iterated < 0 && !search.over {
        return Err(Error::returned("looking for data", iterated.into()));
    }
    Ok(search.answer(end))
}

/// Whether there is an object map that can be believed.
fn has_map(handle: &Handle) -> Result<bool, Error> {
    let (rbd, image) = (handle.opened.rbd(), handle.opened.image);
    let features = written("asking for the image's features", |features| {
        // SAFETY: the image is open, and a number is written.
        unsafe { (rbd.rbd_get_features)(image, features) }
    })?;
    if features & RBD_FEATURE_FAST_DIFF == 0 {
        return Ok(false);
    }
    let flags = written("asking for the image's flags", |flags| {
        // SAFETY: as above.
        unsafe { (rbd.rbd_get_flags)(image, flags) }
    })?;
    Ok(flags & (RBD_FLAG_FAST_DIFF_INVALID | RBD_FLAG_OBJECT_MAP_INVALID) == 0)
}

/// Called by librbd for each run that is there, in their order.
unsafe extern "C" fn found(at: u64, length: usize, exists: c_int, search: *mut c_void) -> c_int {
    // SAFETY: it is what was given along, and nobody else uses it meanwhile.
    let search = unsafe { &mut *search.cast::<Search>() };
    search.see(at, length as u64, exists != 0)
}

/// What is known of the run that is looked for.
#[derive(Debug, Clone, Copy)]
struct Search {
    offset: u64,
    /// Where the data ends that the offset is in, as far as it has been seen.
    mapped: Option<u64>,
    /// Where the hole ends that it is in.
    hole: Option<u64>,
    over: bool,
}

impl Search {
    const fn new(offset: u64) -> Self {
        Self {
            offset,
            mapped: None,
            hole: None,
            over: false,
        }
    }

    fn see(&mut self, at: u64, length: u64, exists: bool) -> c_int {
        // It calls for some more after it was told that it is enough.
        if self.over {
            return ENOUGH;
        }
        // No more than what holds the data, in whole blocks.
        let begin = at - at % BLOCK;
        let end = at
            .saturating_add(length)
            .div_ceil(BLOCK)
            .saturating_mul(BLOCK);
        if !exists || end <= self.offset {
            return 0;
        }
        match self.mapped {
            None if begin > self.offset => {
                self.hole = Some(begin);
                self.over = true;
            }
            None => self.mapped = Some(end),
            Some(until) if begin <= until => self.mapped = Some(end.max(until)),
            Some(_) => self.over = true,
        }
        if self.over { ENOUGH } else { 0 }
    }

    fn answer(&self, end: u64) -> Extent {
        let (until, mapped) = match (self.mapped, self.hole) {
            (Some(until), _) => (until, true),
            (None, Some(until)) => (until, false),
            (None, None) => (end, false),
        };
        Extent {
            length: until.min(end).max(self.offset + 1) - self.offset,
            mapped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a search at an offset finds, in an image of 1 MiB that has these runs.
    fn search(offset: u64, runs: &[(u64, u64)]) -> (u64, bool) {
        let mut search = Search::new(offset);
        // Also those that come after it was enough.
        for &(at, length) in runs {
            search.see(at, length, true);
        }
        let extent = search.answer(1 << 20);
        (extent.length, extent.mapped)
    }

    #[test]
    fn a_run_is_found_wherever_one_asks() {
        let runs = [(8192, 4096), (12288, 8192), (65536, 4096)];
        assert_eq!(search(0, &runs), (8192, false));
        assert_eq!(search(8192, &runs), (12288, true));
        assert_eq!(search(12800, &runs), (20480 - 12800, true));
        assert_eq!(search(20480, &runs), (65536 - 20480, false));
        assert_eq!(search(69632, &runs), ((1 << 20) - 69632, false));
        assert_eq!(search(0, &[]), (1 << 20, false));
    }

    #[test]
    fn a_part_of_a_block_counts_as_the_block() {
        let runs = [(5000, 100), (8191, 2)];
        assert_eq!(search(0, &runs), (4096, false));
        assert_eq!(search(4096, &runs), (8192, true));
        assert_eq!(
            search((1 << 20) - 512, &[((1 << 20) - 512, 512)]),
            (512, true)
        );
    }
}
