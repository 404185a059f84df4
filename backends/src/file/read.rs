//! Reads.

use std::io::IoSliceMut;

use labelgate_engine::Outcome;
use rustix::io::{Errno, ReadWriteFlags};

use super::error::transient;
use super::job::{Job, Transfer};
use super::{FileImage, Way};
use crate::{Step, SystemCall};

impl FileImage {
    pub(super) fn start_read(&mut self, transfer: Transfer) -> Step {
        match self.admit_transfer(&transfer, false) {
            Ok(()) => self.read(transfer),
            Err(error) => self.done(Err(error), Some(transfer.into_buffer())),
        }
    }

    pub(super) fn resume_read(
        &mut self,
        mut transfer: Transfer,
        result: Result<usize, Errno>,
    ) -> Step {
        match result {
            Ok(0) if self.elastic => self.have_read(transfer),
            Ok(count) => {
                self.take(&mut transfer, count);
                self.read(transfer)
            }
            Err(errno) => self.failed(errno, Some(transfer.into_buffer())),
        }
    }

    fn read(&mut self, mut transfer: Transfer) -> Step {
        while transfer.left() != 0 {
            let flags = match self.plan.strategy.reads {
                Way::Inline => ReadWriteFlags::empty(),
                Way::Nowait => ReadWriteFlags::NOWAIT,
                Way::Budgeted | Way::Asynchronous => return self.read_later(transfer),
            };
            match self.read_now(&mut transfer, flags) {
                Ok(0) if self.elastic => break,
                Ok(count) => self.take(&mut transfer, count),
                Err(Errno::OPNOTSUPP) if flags == ReadWriteFlags::NOWAIT => {
                    self.plan.no_nowait_reads();
                }
                Err(errno) if transient(errno) => return self.read_later(transfer),
                Err(errno) => return self.failed(errno, Some(transfer.into_buffer())),
            }
        }
        self.have_read(transfer)
    }

    /// All there is has been read.
    fn have_read(&self, transfer: Transfer) -> Step {
        let outcome = if self.elastic {
            Outcome::Read {
                length: transfer.done,
            }
        } else {
            Outcome::Done
        };
        self.done(Ok(outcome), Some(transfer.into_buffer()))
    }

    fn read_now(&self, transfer: &mut Transfer, flags: ReadWriteFlags) -> Result<usize, Errno> {
        let offset = transfer.position();
        let mut into = [IoSliceMut::new(transfer.destination())];
        rustix::io::preadv2(&self.descriptor, &mut into, offset, flags)
    }

    fn read_later(&mut self, transfer: Transfer) -> Step {
        let call = SystemCall::Read {
            offset: transfer.position(),
            at: transfer.cursor(),
            length: transfer.left(),
        };
        self.system(call, Job::Read(transfer))
    }

    /// Counts what a call has read. At the end of a file that was cut behind our back the rest
    /// reads as zeros; the buffer's old bytes are never shown.
    fn take(&self, transfer: &mut Transfer, count: usize) {
        let whole = count - count % self.alignment.offset;
        if whole != 0 {
            transfer.advance(whole);
            return;
        }
        // Nothing, or with O_DIRECT less than a block: the end of the file.
        if let Some(rest) = transfer.destination().get_mut(count..) {
            rest.fill(0);
        }
        transfer.advance(transfer.left());
    }
}
