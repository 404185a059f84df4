//! A SCSI command on its way through the library.

use std::ffi::c_void;
use std::fmt;
use std::ptr::NonNull;

use labelgate_libiscsi_sys as c;
use labelgate_libiscsi_sys::{Libiscsi, scsi_iovec, scsi_task};

use crate::Place;
use crate::command::Command;
use crate::mailbox::Ticket;
use crate::sense::Sense;

/// Zeros to be written.
static ZEROS: [u8; 256 << 10] = [0; 256 << 10];

/// How many zeros can be written at a time, in bytes.
pub(crate) const MAX_ZEROS: u32 = 256 << 10;

/// Where a command's data is.
#[derive(Debug)]
pub(crate) enum Buffer {
    None,
    /// It is read into a part of somebody else's memory: from where in it, how much.
    In(Place, usize, u32),
    /// It is written from a part of somebody else's memory.
    Out(Place, usize, u32),
    /// It is read into memory of our own.
    Answer(Box<[u8]>),
    /// It is written from memory of our own.
    Parameters(Box<[u8]>),
    /// So many zeros are written.
    Zeros(u32),
}

impl Buffer {
    /// Room for an answer.
    pub(crate) fn room(length: u16) -> Self {
        Self::Answer(vec![0; usize::from(length)].into())
    }

    /// Which way it goes, where it is, how long it is; nothing if it is not as it should be.
    fn run(&mut self) -> Option<(i32, scsi_iovec)> {
        let (way, start, length) = match self {
            Self::None => (c::SCSI_XFER_NONE, NonNull::dangling(), 0),
            Self::In(place, from, length) => {
                let length = usize::try_from(*length).ok()?;
                (c::SCSI_XFER_READ, place.at(*from, length)?, length)
            }
            Self::Out(place, from, length) => {
                let length = usize::try_from(*length).ok()?;
                (c::SCSI_XFER_WRITE, place.at(*from, length)?, length)
            }
            Self::Answer(bytes) => (
                c::SCSI_XFER_READ,
                NonNull::from(&mut **bytes).cast(),
                bytes.len(),
            ),
            Self::Parameters(bytes) => (
                c::SCSI_XFER_WRITE,
                NonNull::from(&mut **bytes).cast(),
                bytes.len(),
            ),
            Self::Zeros(length) => {
                let length = usize::try_from(*length).ok()?;
                let zeros = ZEROS.get(..length)?;
                // The library only reads it.
                (c::SCSI_XFER_WRITE, NonNull::from(zeros).cast(), length)
            }
        };
        let iov_base = start.as_ptr().cast::<c_void>();
        Some((
            way,
            scsi_iovec {
                iov_base,
                iov_len: length,
            },
        ))
    }
}

/// What the target has made of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// It is done; so many bytes were not moved that should have been.
    Good {
        short: u64,
    },
    Check(Sense),
    /// It has too much to do.
    Busy,
    /// A reservation forbids it.
    Conflict,
    /// Somebody else has ended it.
    Aborted,
    /// What became of it is not known: the session is gone, or what was said makes no sense.
    Unknown,
}

/// A command with its data, from its making until nothing in the library points to it any more.
pub(crate) struct Task {
    api: &'static Libiscsi,
    raw: NonNull<scsi_task>,
    run: NonNull<scsi_iovec>,
    pub(crate) buffer: Buffer,
    pub(crate) ticket: Box<Ticket>,
}

impl Task {
    /// Nothing, if the buffer is not as it should be or there is no memory.
    pub(crate) fn new(
        library: &'static Libiscsi,
        command: &Command,
        mut buffer: Buffer,
        ticket: Ticket,
    ) -> Option<Self> {
        let (way, run) = buffer.run()?;
        let length = i32::try_from(run.iov_len).ok()?;
        let mut bytes = [0; c::SCSI_CDB_MAX_SIZE];
        let command = command.bytes();
        bytes.get_mut(..command.len())?.copy_from_slice(command);
        let size = i32::try_from(command.len()).ok()?;
        // SAFETY: it copies so many bytes of the command, of which there are not more than it has room
        // for.
        let raw = unsafe { (library.scsi_create_task)(size, bytes.as_mut_ptr(), way, length) };
        let raw = NonNull::new(raw)?;
        let run = NonNull::from(Box::leak(Box::new(run)));
        let set = match way {
            c::SCSI_XFER_READ => Some(library.scsi_task_set_iov_in),
            c::SCSI_XFER_WRITE => Some(library.scsi_task_set_iov_out),
            _ => None,
        };
        if let Some(set) = set {
            // SAFETY: the task is new; the run is there until the task is freed.
            unsafe { set(raw.as_ptr(), run.as_ptr(), 1) };
        }
        Some(Self {
            api: library,
            raw,
            run,
            buffer,
            ticket: Box::new(ticket),
        })
    }

    pub(crate) const fn raw(&self) -> *mut scsi_task {
        self.raw.as_ptr()
    }

    /// Gives back what was read, of one that has ended. What was written stays, since the library may not
    /// have sent all of it.
    pub(crate) fn release(&mut self) -> Buffer {
        match &self.buffer {
            Buffer::Answer(_) | Buffer::In(..) => std::mem::replace(&mut self.buffer, Buffer::None),
            _ => Buffer::None,
        }
    }

    /// What has become of it, once it has ended with this status.
    pub(crate) fn status(&self, status: i32) -> Status {
        match status {
            c::SCSI_STATUS_GOOD | c::SCSI_STATUS_CONDITION_MET => Status::Good {
                short: self.short(),
            },
            c::SCSI_STATUS_CHECK_CONDITION => Status::Check(self.sense()),
            c::SCSI_STATUS_BUSY | c::SCSI_STATUS_TASK_SET_FULL => Status::Busy,
            c::SCSI_STATUS_RESERVATION_CONFLICT => Status::Conflict,
            c::SCSI_STATUS_TASK_ABORTED => Status::Aborted,
            _ => Status::Unknown,
        }
    }

    fn short(&self) -> u64 {
        // SAFETY: the task is there, and the library does not touch one that has ended.
        let task = unsafe { self.raw.as_ref() };
        match i32::try_from(task.residual_status) {
            Ok(c::SCSI_RESIDUAL_UNDERFLOW) => task.residual as u64,
            _ => 0,
        }
    }

    fn sense(&self) -> Sense {
        // SAFETY: as above.
        let task = unsafe { self.raw.as_ref() };
        let length = usize::try_from(task.datain.size).unwrap_or(0);
        if task.datain.data.is_null() || length == 0 {
            return Sense::default();
        }
        // SAFETY: so many bytes are there until the task is freed.
        Sense::parse(unsafe { std::slice::from_raw_parts(task.datain.data, length) })
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        // SAFETY: it has ended, or never began, or its context is gone: nothing else has it.
        unsafe { (self.api.scsi_free_scsi_task)(self.raw()) };
        // SAFETY: it was leaked when the task was made, and the task is gone.
        drop(unsafe { Box::from_raw(self.run.as_ptr()) });
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("buffer", &self.buffer)
            .finish_non_exhaustive()
    }
}
