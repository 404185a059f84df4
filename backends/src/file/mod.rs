//! Images in files and on block devices.
//!
//! Nothing is ever mapped: a mapping outlives a relabel, a descriptor does not.

mod error;
mod extent;
mod job;
mod open;
mod plan;
mod probe;
mod read;
mod resize;
mod status;
mod sync;
mod write;
mod write_zeroes;

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;

use labelgate_buffers::Buffer;
use labelgate_engine::{Completion, Geometry, ImageError, Operation, Outcome};
use rustix::io::Errno;

pub use open::{FileOptions, OpenError};
pub use plan::{Strategy, Way};
pub use resize::ResizeError;

pub(crate) use error::errno;
pub(crate) use job::Job;
pub(crate) use probe::in_memory;
pub(crate) use write_zeroes::ZEROS;

use crate::gate::Gate;
use crate::{Held, Image, Request, Step, SystemCall};
use job::Transfer;
use plan::Plan;
use write_zeroes::Abilities;

/// How often a call is repeated that the system interrupts without its doing anything.
const MAX_REPEATS: u8 = 100;

/// An image in a file or on a block device.
#[derive(Debug)]
pub struct FileImage {
    descriptor: Rc<OwnedFd>,
    kind: Kind,
    /// Of any length: see [`FileOptions::elastic`].
    elastic: bool,
    geometry: Geometry,
    alignment: Alignment,
    plan: Plan,
    abilities: Abilities,
    gate: Gate,
    in_flight: InFlight,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    /// A block device, with its block sizes in bytes.
    Device {
        logical: u32,
        physical: u32,
    },
}

/// What direct I/O wants, in bytes; 1 and 1 without it.
#[derive(Debug, Clone, Copy)]
struct Alignment {
    memory: usize,
    offset: usize,
}

/// Requests with the driver.
#[derive(Debug, Default)]
struct InFlight {
    all: usize,
    /// Those that change the file, and so may hold its inode's lock for long.
    changes: usize,
}

impl Kind {
    /// The smallest block it can write, in bytes.
    const fn granularity(self) -> u32 {
        match self {
            Self::File => 1,
            Self::Device { logical, .. } => logical,
        }
    }
}

impl Image for FileImage {
    /// A system call.
    type Request = Request;
    /// What the call returned: a count of bytes (zero for calls that count nothing) or its error.
    type Answer = io::Result<usize>;

    fn geometry(&self) -> Geometry {
        self.geometry
    }

    fn start(&mut self, operation: Operation) -> Step {
        match operation {
            Operation::Read {
                offset,
                length,
                buffer,
            } => self.start_read(Transfer::new(offset, 0, length, buffer)),
            Operation::Write {
                offset,
                length,
                buffer,
                from,
                stable,
            } => self.start_write(Transfer::new(offset, from, length, buffer), stable),
            Operation::Flush => self.start_flush(),
            Operation::Discard { offset, length } => self.start_zero(offset, length, true),
            Operation::WriteZeroes {
                offset,
                length,
                unmap,
            } => self.start_zero(offset, length, unmap),
            Operation::Extent { offset } => self.extent(offset),
            Operation::Resize { size } => self.start_resize(size),
            Operation::Status => self.status(),
        }
    }

    fn resume(&mut self, request: Request, result: io::Result<usize>) -> Step {
        self.in_flight.ended(&request.call);
        let result = result.map_err(|error| error::errno(&error));
        let Request { call, job, .. } = request;
        match (job, result) {
            (Job::Sync(buffer), result) => self.resume_sync(buffer, result),
            (job, Err(errno)) if error::transient(errno) && request.repeated < MAX_REPEATS => {
                self.repeat(call, job, request.repeated + 1)
            }
            (Job::Read(transfer), result) => self.resume_read(transfer, result),
            (Job::Write(transfer, stability), result) => {
                self.resume_write(transfer, stability, result)
            }
            (Job::Zero(zeroing), result) => self.resume_zero(zeroing, result),
        }
    }

    fn release(&mut self, held: Held) -> Step {
        self.sync(held.needed, held.buffer)
    }

    fn poisoned(&self) -> bool {
        self.gate.poisoned()
    }
}

impl FileImage {
    /// Looks whether the size has changed on the store; the new shape if so.
    ///
    /// # Errors
    /// The store does not say, or the image may no longer be reached.
    pub fn refresh(&mut self) -> Result<Option<Geometry>, ImageError> {
        self.find_size()
    }

    /// The open file.
    #[must_use]
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    /// How it does its I/O, for logs.
    #[must_use]
    pub const fn strategy(&self) -> Strategy {
        self.plan.strategy
    }

    /// Whether an operation on a range may be tried.
    fn admit(&self, offset: u64, length: u64, changes: bool) -> Result<(), ImageError> {
        if self.gate.poisoned() {
            return Err(ImageError::Poisoned);
        }
        if changes && self.geometry.read_only {
            return Err(ImageError::ReadOnly);
        }
        let end = offset.checked_add(length).ok_or(ImageError::OutOfRange)?;
        if end > self.limit() {
            return Err(ImageError::OutOfRange);
        }
        // Nothing below asks the kernel for an empty range.
        if length == 0 {
            probe::reachable(&self.descriptor)?;
        }
        Ok(())
    }

    /// Where operations must end. The offsets of the kernel have a sign.
    const fn limit(&self) -> u64 {
        if self.elastic {
            i64::MAX.unsigned_abs()
        } else {
            self.geometry.size
        }
    }

    /// As [`Self::admit`], and the bytes are within the buffer.
    fn admit_transfer(&self, transfer: &Transfer, changes: bool) -> Result<(), ImageError> {
        let end = transfer.at.checked_add(transfer.length);
        if end.is_none_or(|end| end > transfer.buffer.len()) {
            return Err(ImageError::OutOfRange);
        }
        self.admit(transfer.offset, transfer.length as u64, changes)
    }

    /// Looks how long an elastic file is before an operation that is for what is there.
    fn measure(&mut self) -> Result<(), ImageError> {
        if self.elastic {
            self.find_size()?;
        }
        Ok(())
    }

    /// As [`Self::admit`], and the range is within the file, elastic or not.
    fn admit_within(&mut self, offset: u64, length: u64, changes: bool) -> Result<(), ImageError> {
        self.measure()?;
        self.admit(offset, length, changes)?;
        if offset.saturating_add(length) > self.geometry.size {
            return Err(ImageError::OutOfRange);
        }
        Ok(())
    }

    /// Hands a call to the driver.
    fn system(&mut self, call: SystemCall, job: Job) -> Step {
        self.repeat(call, job, 0)
    }

    fn repeat(&mut self, call: SystemCall, job: Job, repeated: u8) -> Step {
        self.in_flight.started(&call);
        Step::Request(Request {
            descriptor: Rc::clone(&self.descriptor),
            call,
            job,
            repeated,
        })
    }

    /// Ends an operation. Nothing succeeds once the image is poisoned.
    fn done(&self, result: Result<Outcome, ImageError>, buffer: Option<Buffer>) -> Step {
        let result = match result {
            Ok(_) if self.gate.poisoned() => Err(ImageError::Poisoned),
            result => result,
        };
        Step::Done(Completion { result, buffer })
    }

    /// Ends an operation that may have been done in part.
    fn failed(&mut self, errno: Errno, buffer: Option<Buffer>) -> Step {
        self.gate.wrote();
        self.done(Err(error::blame(errno)), buffer)
    }
}

impl InFlight {
    const fn started(&mut self, call: &SystemCall) {
        self.all += 1;
        self.changes += Self::changes(call);
    }

    const fn ended(&mut self, call: &SystemCall) {
        self.all = self.all.saturating_sub(1);
        self.changes = self.changes.saturating_sub(Self::changes(call));
    }

    const fn changes(call: &SystemCall) -> usize {
        match call {
            SystemCall::Write { .. } | SystemCall::Allocate { .. } => 1,
            SystemCall::Read { .. } | SystemCall::Sync | SystemCall::SyncAll => 0,
        }
    }
}
