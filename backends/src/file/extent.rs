//! Where an image is allocated.

use labelgate_engine::{Extent, ImageError, Outcome};
use rustix::fs::SeekFrom;
use rustix::io::Errno;

use super::error::blame;
use super::{FileImage, Kind, probe};
use crate::Step;

impl FileImage {
    /// Asks `lseek`, inline: there is no asynchronous way. Space that is reserved but was never
    /// written counts as a hole, as it does for `lseek`.
    pub(super) fn extent(&mut self, offset: u64) -> Step {
        let result = self
            .admit_within(offset, 1, false)
            // The kernel lets a revoked descriptor seek.
            .and_then(|()| probe::reachable(&self.descriptor))
            .and_then(|()| self.seek(offset));
        self.done(result.map(Outcome::Extent), None)
    }

    fn seek(&self, offset: u64) -> Result<Extent, ImageError> {
        let (size, block) = (self.geometry.size, u64::from(self.geometry.block_size));
        let rest = Extent {
            length: size - offset,
            mapped: true,
        };
        if self.kind != Kind::File {
            return Ok(rest);
        }
        // A hole ends with the last whole block before the data, and data with the first after it.
        let data = match rustix::fs::seek(&self.descriptor, SeekFrom::Data(offset)) {
            Ok(data) => data.min(size) / block * block,
            Err(Errno::NXIO) => size,
            Err(Errno::INVAL | Errno::OPNOTSUPP) => return Ok(rest),
            Err(errno) => return Err(blame(errno)),
        };
        if data > offset {
            return Ok(Extent {
                length: data - offset,
                mapped: false,
            });
        }
        let hole = match rustix::fs::seek(&self.descriptor, SeekFrom::Hole(offset)) {
            Ok(hole) => hole.min(size).next_multiple_of(block),
            // Cut behind our back.
            Err(Errno::NXIO) => size,
            Err(errno) => return Err(blame(errno)),
        };
        Ok(Extent {
            length: hole.max(offset + 1) - offset,
            mapped: true,
        })
    }
}
