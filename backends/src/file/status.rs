//! What the file system knows about an image.

use labelgate_engine::{ImageError, Outcome, Status, Timestamp};

use super::FileImage;
use super::error::blame;
use crate::Step;

/// What `st_blocks` counts in, in bytes, whatever the file system's own blocks are.
const UNIT: u64 = 512;

impl FileImage {
    /// Asks `fstat`, inline.
    pub(super) fn status(&self) -> Step {
        // The kernel lets a revoked descriptor ask.
        let result = self.admit(0, 0, false).and_then(|()| self.look());
        self.done(result.map(Outcome::Status), None)
    }

    fn look(&self) -> Result<Status, ImageError> {
        let stat = rustix::fs::fstat(&self.descriptor).map_err(blame)?;
        Ok(Status {
            size: self.geometry.size,
            allocated: u64::try_from(stat.st_blocks)
                .unwrap_or(0)
                .saturating_mul(UNIT),
            accessed: timestamp(stat.st_atime, stat.st_atime_nsec),
            modified: timestamp(stat.st_mtime, stat.st_mtime_nsec),
            changed: timestamp(stat.st_ctime, stat.st_ctime_nsec),
        })
    }
}

fn timestamp(seconds: i64, nanoseconds: impl TryInto<u32>) -> Timestamp {
    Timestamp {
        seconds,
        nanoseconds: nanoseconds.try_into().unwrap_or(0),
    }
}
