//! What other threads of this process tell the first one.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::event::{EventfdFlags, eventfd};

/// A queue of letters with a descriptor that can be polled. Cloning it makes another handle of the
/// same one.
#[derive(Debug)]
pub(crate) struct Mailbox<T>(Arc<Inner<T>>);

#[derive(Debug)]
struct Inner<T> {
    letters: Mutex<VecDeque<T>>,
    bell: OwnedFd,
}

impl<T> Mailbox<T> {
    pub(crate) fn new() -> io::Result<Self> {
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self(Arc::new(Inner {
            letters: Mutex::new(VecDeque::new()),
            bell,
        })))
    }

    fn letters(&self) -> MutexGuard<'_, VecDeque<T>> {
        // Nothing in here can be half done when a panic passes.
        self.0
            .letters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn put(&self, letter: T) {
        self.letters().push_back(letter);
        // It can only fail when the count would overflow, and then it can be read.
        let _ = rustix::io::write(&self.0.bell, &1_u64.to_ne_bytes());
    }

    /// All that is there; the descriptor cannot be read until there is more.
    pub(crate) fn take(&self) -> VecDeque<T> {
        // First: whoever comes afterwards rings again. That nobody has rung is no error.
        let _ = rustix::io::read(&self.0.bell, &mut [0; 8]);
        std::mem::take(&mut *self.letters())
    }
}

impl<T> Clone for Mailbox<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> AsFd for Mailbox<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.bell.as_fd()
    }
}
