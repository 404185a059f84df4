//! Where an image has data.

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::{MutexGuard, PoisonError};

use labelgate_gfapi_sys::{glfs_fd_t, stat_t};

use crate::Error;
use crate::call::{check, errno};
use crate::image::File;

/// A run of an image, from the offset that was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// How many bytes it holds for, at least one. It may go on behind them.
    pub length: u64,
    /// Whether there may be data; where there is none, it reads as zeros.
    pub mapped: bool,
}

const DOING: &str = "looking for data";

impl File {
    fn seeker(&self) -> MutexGuard<'_, *mut glfs_fd_t> {
        self.seeker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens it once more, at the path that it was opened at. Without that, or if another file is there
    /// by now, all of it may be data.
    pub(crate) fn open_seeker(&self, path: &CStr) {
        let Ok(fd) = self.volume.open_there(path, true) else {
            return;
        };
        let mut stat = MaybeUninit::<stat_t>::zeroed();
        // SAFETY: the file is open, and as much is written as there is room for.
        let looked = unsafe { (self.volume.api().glfs_fstat)(fd, stat.as_mut_ptr()) };
        // SAFETY: it is zeros, or what was written over them.
        let there = unsafe { stat.assume_init() }.st_ino;
        *self.seeker() = fd;
        if looked != 0 || self.stat().map_or(true, |stat| stat.st_ino != there) {
            self.close_seeker();
        }
    }

    pub(crate) fn close_seeker(&self) {
        let fd = std::mem::replace(&mut *self.seeker(), ptr::null_mut());
        if !fd.is_null() {
            // SAFETY: it is open, and nobody has it any more. What it says changes nothing.
            let _ = unsafe { (self.volume.api().glfs_close)(fd) };
        }
    }

    /// Asks the bricks for the run that is at `offset`.
    pub(crate) fn extent(&self, offset: u64) -> Result<Extent, Error> {
        let size = self.size()?;
        if offset >= size {
            return Err(Error::failed(DOING, libc::ENXIO));
        }
        let seeker = self.seeker();
        let seek = |whence| self.seek(*seeker, (offset, size), whence);
        let Some(data) = seek(libc::SEEK_DATA)? else {
            return Ok(Extent {
                length: size - offset,
                mapped: true,
            });
        };
        let (until, mapped) = match data > offset {
            true => (data, false),
            false => (seek(libc::SEEK_HOLE)?.unwrap_or(size), true),
        };
        Ok(Extent {
            length: until.clamp(offset + 1, size) - offset,
            mapped,
        })
    }

    /// Where the next data, or the next hole, is; nothing where bricks cannot say.
    fn seek(
        &self,
        seeker: *mut glfs_fd_t,
        (offset, size): (u64, u64),
        whence: i32,
    ) -> Result<Option<u64>, Error> {
        if seeker.is_null() {
            return Ok(None);
        }
        let from = i64::try_from(offset).unwrap_or(i64::MAX);
        // SAFETY: the file is open, and whoever calls this has it for itself.
        let found = unsafe { (self.volume.api().glfs_lseek)(seeker, from, whence) };
        match (found, errno()) {
            (0.., _) => check(DOING, found).map(Some),
            // There is none of it any more.
            (_, libc::ENXIO) => Ok(Some(size)),
            (_, libc::EINVAL | libc::EOPNOTSUPP | libc::ENOSYS) => Ok(None),
            (_, errno) => Err(Error::failed(DOING, errno)),
        }
    }
}
