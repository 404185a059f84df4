//! Discards and zeroes: one chain, from the best the file system can do to writing zeros.

use std::io::IoSlice;

use labelgate_engine::Outcome;
use rustix::fs::FallocateFlags;
use rustix::io::{Errno, ReadWriteFlags};

use super::error::{transient, unsupported};
use super::{FileImage, Job};
use crate::{Step, SystemCall};

/// Zeros to write, shared by all images and never changed.
#[repr(align(4096))]
#[derive(Debug)]
pub(crate) struct Zeros(pub(crate) [u8; 256 * 1024]);

pub(crate) static ZEROS: Zeros = Zeros([0; 256 * 1024]);

/// How much one `fallocate` covers, in bytes: it holds the inode's lock meanwhile.
const MAX_CALL: u64 = 1 << 30;

/// How much of a file in memory is worked on inline, in bytes.
const MAX_INLINE: u64 = 4 << 20;

/// How a range becomes zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    /// Its space is given back.
    Punch,
    /// It becomes zeros in place.
    ZeroRange,
    /// Its space is given back first, ...
    PunchFirst,
    /// ... and then reserved again.
    Reserve,
    /// Zeros are written.
    Write,
}

/// What the file system has not refused so far.
#[derive(Debug)]
pub(crate) struct Abilities {
    punch: bool,
    zero_range: bool,
    reserve: bool,
}

/// A range that is becoming zeros.
#[derive(Debug)]
pub(crate) struct Zeroing {
    offset: u64,
    length: u64,
    done: u64,
    unmap: bool,
    method: Method,
    /// What the call under way covers, in bytes.
    step: u64,
}

impl Abilities {
    pub(crate) const fn new(punch: bool) -> Self {
        Self {
            punch,
            zero_range: true,
            reserve: true,
        }
    }

    /// The best that is left.
    const fn method(&self, unmap: bool) -> Method {
        if unmap && self.punch {
            Method::Punch
        } else if self.zero_range {
            Method::ZeroRange
        } else if self.punch && self.reserve {
            Method::PunchFirst
        } else {
            Method::Write
        }
    }

    const fn lack(&mut self, method: Method) {
        match method {
            Method::Punch | Method::PunchFirst => self.punch = false,
            Method::ZeroRange => self.zero_range = false,
            Method::Reserve => self.reserve = false,
            Method::Write => {}
        }
    }
}

impl Zeroing {
    /// The next call.
    fn call(&mut self) -> SystemCall {
        let offset = self.offset + self.done;
        let keep = FallocateFlags::KEEP_SIZE;
        let mode = match self.method {
            Method::Punch | Method::PunchFirst => keep | FallocateFlags::PUNCH_HOLE,
            Method::ZeroRange => keep | FallocateFlags::ZERO_RANGE,
            Method::Reserve => keep,
            Method::Write => {
                let length = usize::try_from(self.length - self.done)
                    .map_or(ZEROS.0.len(), |left| left.min(ZEROS.0.len()));
                self.step = length as u64;
                return SystemCall::Write {
                    offset,
                    from: 0,
                    length,
                    stable: false,
                };
            }
        };
        self.step = (self.length - self.done).min(MAX_CALL);
        SystemCall::Allocate {
            mode: mode.bits(),
            offset,
            length: self.step,
        }
    }
}

impl FileImage {
    pub(super) fn start_zero(&mut self, offset: u64, length: u64, unmap: bool) -> Step {
        if let Err(error) = self.admit_within(offset, length, true) {
            return self.done(Err(error), None);
        }
        self.zero(Zeroing {
            offset,
            length,
            done: 0,
            unmap,
            method: self.abilities.method(unmap),
            step: 0,
        })
    }

    pub(super) fn resume_zero(
        &mut self,
        mut zeroing: Zeroing,
        result: Result<usize, Errno>,
    ) -> Step {
        match self.zeroed(&mut zeroing, result) {
            Ok(()) => self.zero(zeroing),
            Err(errno) => self.failed(errno, None),
        }
    }

    fn zero(&mut self, mut zeroing: Zeroing) -> Step {
        while zeroing.done != zeroing.length {
            let call = zeroing.call();
            if !self.zeroes_inline(&zeroing) {
                return self.system(call, Job::Zero(zeroing));
            }
            let result = self.run_inline(&call);
            if result.is_err_and(transient) {
                return self.system(call, Job::Zero(zeroing));
            }
            if let Err(errno) = self.zeroed(&mut zeroing, result) {
                return self.failed(errno, None);
            }
        }
        self.gate.wrote();
        self.done(Ok(Outcome::Done), None)
    }

    fn zeroes_inline(&self, zeroing: &Zeroing) -> bool {
        self.plan.strategy.writes == super::Way::Inline
            && self.in_flight.changes == 0
            && zeroing.length <= MAX_INLINE
    }

    fn run_inline(&self, call: &SystemCall) -> Result<usize, Errno> {
        match *call {
            SystemCall::Allocate {
                mode,
                offset,
                length,
            } => {
                let mode = FallocateFlags::from_bits_retain(mode);
                rustix::fs::fallocate(&self.descriptor, mode, offset, length).map(|()| 0)
            }
            SystemCall::Write { offset, length, .. } => {
                let zeros = [IoSlice::new(ZEROS.0.get(..length).unwrap_or_default())];
                let flags = ReadWriteFlags::empty();
                rustix::io::pwritev2(&self.descriptor, &zeros, offset, flags)
            }
            SystemCall::Read { .. } | SystemCall::Sync | SystemCall::SyncAll => Err(Errno::INVAL),
        }
    }

    /// Counts what a call has done, and chooses the method of the next.
    fn zeroed(&mut self, zeroing: &mut Zeroing, result: Result<usize, Errno>) -> Result<(), Errno> {
        match (zeroing.method, result) {
            (Method::Write, Ok(0)) => return Err(Errno::IO),
            (Method::Write, Ok(count)) => zeroing.done += zeroing.step.min(count as u64),
            (Method::Write, Err(errno)) => return Err(errno),
            (Method::PunchFirst, Ok(_)) => {
                zeroing.method = Method::Reserve;
                return Ok(());
            }
            (_, Ok(_)) => zeroing.done += zeroing.step,
            (method, Err(errno)) if unsupported(errno) => self.abilities.lack(method),
            (_, Err(errno)) => return Err(errno),
        }
        zeroing.method = self.abilities.method(zeroing.unmap);
        Ok(())
    }
}
