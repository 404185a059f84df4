//! Flushes.

use labelgate_buffers::Buffer;
use labelgate_engine::{ImageError, Outcome};
use rustix::io::Errno;

use super::job::Job;
use super::{FileImage, probe};
use crate::{Held, Step, SystemCall};

impl FileImage {
    pub(super) fn start_flush(&mut self) -> Step {
        if self.gate.poisoned() {
            return self.done(Err(ImageError::Poisoned), None);
        }
        // The kernel lets a revoked descriptor sync.
        if let Err(error) = probe::reachable(&self.descriptor) {
            return self.done(Err(error), None);
        }
        if self.plan.strategy.memory {
            return self.done(Ok(Outcome::Done), None);
        }
        self.sync(self.gate.needed(), None)
    }

    /// Ends an operation, whose buffer this is, once the `fdatasync` with this number or a later
    /// one has ended well.
    pub(super) fn sync(&mut self, needed: u64, buffer: Option<Buffer>) -> Step {
        if self.gate.poisoned() {
            return self.done(Err(ImageError::Poisoned), buffer);
        }
        if self.gate.synced(needed) {
            return self.done(Ok(Outcome::Done), buffer);
        }
        if !self.gate.begin() {
            return Step::Held(Held { buffer, needed });
        }
        self.plan.flushing();
        self.system(self.sync_call(), Job::Sync(buffer))
    }

    /// Of a file, its times are stable with its data; of an image, nobody asks for them.
    ///
    /// > If stable is FILE_SYNC, the server must commit the data written plus all file system
    /// > metadata to stable storage before returning results. (RFC 1813 3.3.7)
    const fn sync_call(&self) -> SystemCall {
        if self.elastic {
            SystemCall::SyncAll
        } else {
            SystemCall::Sync
        }
    }

    /// Whether operations are with the driver, or something that was written may not be stable.
    #[must_use]
    pub const fn settled(&self) -> bool {
        self.in_flight.all == 0 && (self.plan.strategy.memory || !self.gate.dirty())
    }

    /// Makes all that is complete stable, data and attributes, and waits for it.
    ///
    /// # Errors
    /// [`ImageError::Medium`], and the image is poisoned; [`ImageError::Poisoned`] if it was.
    pub fn sync_all(&mut self) -> Result<(), ImageError> {
        if self.gate.poisoned() {
            return Err(ImageError::Poisoned);
        }
        if self.plan.strategy.memory {
            return Ok(());
        }
        // One that the driver runs may take the report of an error with it; it then poisons, too.
        let alone = self.gate.begin();
        let result = rustix::fs::fsync(&self.descriptor);
        if alone {
            self.gate.end(result.is_ok());
        } else if result.is_err() {
            self.gate.poison();
        }
        result.map_err(|_| ImageError::Medium)
    }

    /// Even an interrupted `fdatasync` may have taken the one report of an error with it: any
    /// failure is final. It is the medium's, not a lack of space: room made later brings nothing
    /// back, and a guest must not be told to try again.
    pub(super) fn resume_sync(
        &mut self,
        buffer: Option<Buffer>,
        result: Result<usize, Errno>,
    ) -> Step {
        self.gate.end(result.is_ok());
        if result.is_err() {
            return self.done(Err(ImageError::Medium), buffer);
        }
        self.plan.flushed();
        self.done(Ok(Outcome::Done), buffer)
    }
}
