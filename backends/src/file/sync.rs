//! Flushes.

use labelgate_buffers::Buffer;
use labelgate_engine::{ImageError, Outcome};
use rustix::io::Errno;

use super::job::Job;
use super::stable::Wait;
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
        self.sync(self.gate.now(), None)
    }

    /// Ends an operation, whose buffer this is, once what was complete at `number` is stable.
    pub(super) fn sync(&mut self, number: u64, buffer: Option<Buffer>) -> Step {
        if self.gate.poisoned() {
            return self.done(Err(ImageError::Poisoned), buffer);
        }
        if self.gate.synced(number) {
            return self.settle(self.gate.now(), buffer);
        }
        match self.gate.begin_sync() {
            Some(number) => {
                self.plan.flushing();
                self.system(SystemCall::Sync, Job::Sync { number, buffer })
            }
            None => Step::Held(Held {
                buffer,
                wait: Wait::Sync(number),
            }),
        }
    }

    pub(super) fn resume_sync(
        &mut self,
        number: u64,
        buffer: Option<Buffer>,
        result: Result<usize, Errno>,
    ) -> Step {
        self.gate.end(number, result.is_ok());
        match result {
            Ok(_) => {
                self.plan.flushed();
                self.settle(self.gate.now(), buffer)
            }
            Err(errno) => self.failed(errno, buffer),
        }
    }

    /// Ends an operation that went well once every stable call before `number` has ended.
    pub(super) fn settle(&self, number: u64, buffer: Option<Buffer>) -> Step {
        if self.gate.poisoned() || self.gate.settled(number) {
            return self.done(Ok(Outcome::Done), buffer);
        }
        Step::Held(Held {
            buffer,
            wait: Wait::Settled(number),
        })
    }
}
