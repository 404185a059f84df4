//! Where operations end: a queue that librbd's threads fill, and a descriptor that says so.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use labelgate_shared::Mailbox;

use crate::{Error, Extent};

/// Something that has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An operation has ended.
    Done {
        /// What its caller called it.
        tag: u64,
        /// What became of it.
        result: Result<Outcome, Error>,
    },
    /// An image has another size than before, by whoever's hand.
    Resized {
        /// What [`crate::OpenOptions::image`] called it.
        image: u64,
        /// Its size in bytes.
        size: u64,
    },
}

/// What an operation that went well answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// How far an image is as it is.
    Extent(Extent),
    /// An image's new size in bytes.
    Resized(u64),
}

/// A queue of events, for one or more images. Cloning it makes another handle of the same queue.
///
/// Nothing that was begun is left out: an operation that was taken ends here, once, also when its
/// image is closed or dropped before.
#[derive(Debug, Clone)]
pub struct Completions(Mailbox<Event>);

impl Completions {
    /// An empty queue.
    ///
    /// # Errors
    ///
    /// The system has no descriptor for it.
    pub fn new() -> io::Result<Self> {
        Mailbox::new().map(Self)
    }

    /// An empty queue whose events are shown to `first` before, on the thread of librbd's that they
    /// come from. What it keeps is not in the queue, and its operation has ended.
    ///
    /// # Errors
    ///
    /// As of [`Completions::new`].
    pub fn with(
        first: impl Fn(Event) -> Option<Event> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Mailbox::with(first).map(Self)
    }

    /// Takes all events that are there, and makes the descriptor unreadable until there are others.
    #[must_use]
    pub fn take(&self) -> VecDeque<Event> {
        self.0.take()
    }

    pub(crate) fn push(&self, event: Event) {
        self.0.put(event);
    }

    pub(crate) fn done(&self, tag: u64, result: Result<Outcome, Error>) {
        self.push(Event::Done { tag, result });
    }
}

impl AsFd for Completions {
    /// The descriptor to poll: it is readable while there are events. Only [`Completions::take`]
    /// reads it.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
