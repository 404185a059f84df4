//! Where an image has data.

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
    /// Asks the bricks for the run that is at `offset`.
    pub(crate) fn extent(&self, offset: u64) -> Result<Extent, Error> {
        let size = self.size()?;
        if offset >= size {
            return Err(Error::failed(DOING, libc::ENXIO));
        }
        let Some(data) = self.seek(offset, size, libc::SEEK_DATA)? else {
            return Ok(Extent {
                length: size - offset,
                mapped: true,
            });
        };
        let (until, mapped) = match data > offset {
            true => (data, false),
            false => (
                self.seek(offset, size, libc::SEEK_HOLE)?.unwrap_or(size),
                true,
            ),
        };
        Ok(Extent {
            length: until.clamp(offset + 1, size) - offset,
            mapped,
        })
    }

    /// Where the next data, or the next hole, is; nothing where bricks cannot say.
    fn seek(&self, offset: u64, size: u64, whence: i32) -> Result<Option<u64>, Error> {
        let from = i64::try_from(offset).unwrap_or(i64::MAX);
        // SAFETY: the file is open.
        let found = unsafe { (self.volume.api().glfs_lseek)(self.fd, from, whence) };
        match (found, errno()) {
            (0.., _) => check(DOING, found).map(Some),
            // There is none of it any more.
            (_, libc::ENXIO) => Ok(Some(size)),
            (_, libc::EINVAL | libc::EOPNOTSUPP | libc::ENOSYS) => Ok(None),
            (_, errno) => Err(Error::failed(DOING, errno)),
        }
    }
}
