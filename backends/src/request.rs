//! What an image asks of the worker's driver.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;

use labelgate_buffers::Buffer;
use labelgate_engine::Completion;

use crate::file::{Job, ZEROS};

/// What comes of starting or resuming an operation. `R` is what the image asks for: a system call
/// ([`Request`]), or something of a keeper ([`KeptRequest`](crate::KeptRequest)).
#[derive(Debug)]
pub enum Step<R = Request> {
    /// It has ended.
    Done(Completion),
    /// Somebody else does this, and it goes to [`Image::resume`](crate::Image::resume) with what has
    /// come of it.
    Request(R),
    /// It waits for another operation of the same image that somebody else is working on. It goes to
    /// [`Image::release`](crate::Image::release) after the next resume.
    Held(Held),
}

/// One system call for the driver to run asynchronously.
///
/// It owns its buffer and keeps its descriptor open until it is given back, so it must live until
/// the kernel has let go of both. The memory of its buffer does not move when the value does.
#[derive(Debug)]
pub struct Request {
    pub(crate) descriptor: Rc<OwnedFd>,
    pub(crate) call: SystemCall,
    pub(crate) job: Job,
    /// How often the call has been repeated without progress.
    pub(crate) repeated: u8,
}

/// The call. Offsets are in bytes from the start of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemCall {
    /// `preadv2` into the buffer.
    Read {
        /// Where in the file.
        offset: u64,
        /// Where in the buffer.
        at: usize,
        /// How much, in bytes; `at + length` is within the buffer.
        length: usize,
    },
    /// `pwritev2` from the buffer, or from zeros if the request has none: see [`Request::source`].
    Write {
        /// Where in the file.
        offset: u64,
        /// Where in the buffer.
        from: usize,
        /// How much, in bytes; `from + length` is within the source.
        length: usize,
        /// With `RWF_DSYNC`. A driver must know it, but files do not ask for it: its errors do not
        /// say whether only this write failed, or what was acknowledged before.
        stable: bool,
    },
    /// `fdatasync`.
    Sync,
    /// `fsync`: the times of the file, too.
    SyncAll,
    /// `fallocate`.
    Allocate {
        /// `FALLOC_FL_*`.
        mode: u32,
        /// Where in the file.
        offset: u64,
        /// How much, in bytes.
        length: u64,
    },
}

impl Request {
    /// The open file the call is for.
    #[must_use]
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    /// The call.
    #[must_use]
    pub const fn call(&self) -> &SystemCall {
        &self.call
    }

    /// The buffer of the pool the call works on. A write of zeros has none.
    pub const fn buffer_mut(&mut self) -> Option<&mut Buffer> {
        self.job.buffer_mut()
    }

    /// The buffer, back from a request that is not resumed.
    pub(crate) fn into_buffer(self) -> Option<Buffer> {
        self.job.into_buffer()
    }

    /// The bytes a [`SystemCall::Write`] takes; empty for another call. They stay where they are
    /// as long as the request lives.
    #[must_use]
    pub fn source(&self) -> &[u8] {
        let SystemCall::Write { from, length, .. } = self.call else {
            return &[];
        };
        let whole = self.job.buffer().map_or(&ZEROS.0[..], |buffer| &**buffer);
        whole.get(from..from + length).unwrap_or_default()
    }

    /// The bytes a [`SystemCall::Read`] fills; empty for another call. They stay where they are
    /// as long as the request lives.
    pub fn destination(&mut self) -> &mut [u8] {
        let SystemCall::Read { at, length, .. } = self.call else {
            return &mut [];
        };
        self.job
            .buffer_mut()
            .and_then(|buffer| buffer.get_mut(at..at + length))
            .unwrap_or_default()
    }
}

/// An operation that waits for the next flush of its image.
#[derive(Debug)]
pub struct Held {
    pub(crate) buffer: Option<Buffer>,
    /// Which flush it needs.
    pub(crate) needed: u64,
}
