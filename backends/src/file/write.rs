//! Writes.

use std::io::{IoSlice, IoSliceMut};
use std::time::Instant;

use labelgate_buffers::PAGE;
use labelgate_engine::Outcome;
use rustix::io::{Errno, ReadWriteFlags};

use super::error::transient;
use super::job::{Job, Stability, Transfer};
use super::{FileImage, Way};
use crate::{Step, SystemCall};

impl FileImage {
    pub(super) fn start_write(&mut self, mut transfer: Transfer, stable: bool) -> Step {
        if let Err(error) = self.admit_transfer(&transfer, true) {
            return self.done(Err(error), Some(transfer.into_buffer()));
        }
        transfer.align(self.alignment.memory);
        let stability = if stable && !self.plan.strategy.memory {
            Stability::Stable
        } else {
            Stability::Volatile
        };
        self.write(transfer, stability)
    }

    pub(super) fn resume_write(
        &mut self,
        mut transfer: Transfer,
        stability: Stability,
        result: Result<usize, Errno>,
    ) -> Step {
        match result {
            // Nothing is no progress, and would be nothing again.
            Ok(0) => self.failed(Errno::IO, Some(transfer.into_buffer())),
            Ok(count) => {
                transfer.advance(count);
                self.write(transfer, stability)
            }
            Err(errno) => self.failed(errno, Some(transfer.into_buffer())),
        }
    }

    fn write(&mut self, mut transfer: Transfer, stability: Stability) -> Step {
        while transfer.left() != 0 {
            let Some(way) = self.way_to_write(&transfer) else {
                return self.write_later(transfer, stability);
            };
            match self.write_now(&transfer, way) {
                Ok(0) => return self.failed(Errno::IO, Some(transfer.into_buffer())),
                Ok(count) => transfer.advance(count),
                Err(Errno::OPNOTSUPP) if way == Way::Nowait => self.plan.no_nowait_writes(),
                Err(errno) if transient(errno) => return self.write_later(transfer, stability),
                Err(errno) => return self.failed(errno, Some(transfer.into_buffer())),
            }
        }
        self.written(transfer, stability)
    }

    /// All bytes are with the kernel.
    fn written(&mut self, transfer: Transfer, stability: Stability) -> Step {
        self.gate.wrote();
        let buffer = Some(transfer.into_buffer());
        match stability {
            Stability::Volatile => self.done(Ok(Outcome::Done), buffer),
            Stability::Stable => self.sync(self.gate.needed(), buffer),
        }
    }

    /// How the next call is made inline, if it may be.
    fn way_to_write(&self, transfer: &Transfer) -> Option<Way> {
        let way = self.plan.strategy.writes;
        if self.in_flight.changes != 0 || way == Way::Asynchronous {
            return None;
        }
        let unfit = way == Way::Budgeted
            && !(self.plan.affords(transfer.left()) && self.edges_cached(transfer));
        (!unfit).then_some(way)
    }

    fn write_now(&mut self, transfer: &Transfer, way: Way) -> Result<usize, Errno> {
        let flags = match way {
            Way::Nowait => ReadWriteFlags::NOWAIT,
            _ => ReadWriteFlags::empty(),
        };
        let start = (way == Way::Budgeted).then(Instant::now);
        let from = [IoSlice::new(transfer.source())];
        let result = rustix::io::pwritev2(&self.descriptor, &from, transfer.position(), flags);
        if let (Some(start), Ok(count)) = (start, result) {
            self.plan.spend(count, start);
        }
        result
    }

    fn write_later(&mut self, transfer: Transfer, stability: Stability) -> Step {
        let call = SystemCall::Write {
            offset: transfer.position(),
            from: transfer.cursor(),
            length: transfer.left(),
            stable: false,
        };
        self.system(call, Job::Write(transfer, stability))
    }

    /// Whether the pages that are overwritten only in part are in memory; the kernel would read
    /// them first.
    fn edges_cached(&self, transfer: &Transfer) -> bool {
        let page = PAGE as u64;
        let (start, end) = (
            transfer.position(),
            transfer.position() + transfer.left() as u64,
        );
        (start.is_multiple_of(page) || self.cached(start))
            && (end.is_multiple_of(page) || self.cached(end - 1))
    }

    fn cached(&self, offset: u64) -> bool {
        let mut byte = [0];
        let mut into = [IoSliceMut::new(&mut byte)];
        rustix::io::preadv2(&self.descriptor, &mut into, offset, ReadWriteFlags::NOWAIT).is_ok()
    }
}
