//! What a keeper wants of a backend.

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::time::Instant;

use labelgate_control::{Anchor, KeptShape, NotServed, Text};
use labelgate_queue_pair::{Failure, Operation, Outcome};

/// Something to be opened.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
    /// What the image is called.
    pub(crate) image: u32,
    /// Where it is, and what opens it.
    pub(crate) anchor: Anchor,
    /// It is only read.
    pub(crate) read_only: bool,
    /// The least size it shall have, in bytes.
    pub(crate) size: Option<u64>,
}

/// What has happened on a backend.
#[derive(Debug)]
pub(crate) enum Event {
    /// There is a connection, which the backend calls so.
    Connected(Text<512>),
    /// An image is open, and nobody else can write to it; or it is not.
    Opened(u32, Result<KeptShape, NotServed>),
    /// An operation has ended.
    Ended {
        /// What it was called.
        tag: u64,
        result: Result<Outcome, Failure>,
    },
    /// The answer to [`Backend::refresh`].
    Refreshed(u32, Result<KeptShape, Text<256>>),
    /// Somebody has resized an image.
    Resized(u32, KeptShape),
    /// An image is closed.
    Closed(u32),
    /// The backend lets this process in no more, as it says: another one is to try.
    Excluded(Text<256>),
}

/// A backend. None of its calls waits for anything; what comes of them are events.
pub(crate) trait Backend {
    /// Can be read while there are events. There may be several.
    fn descriptors(&self) -> Vec<BorrowedFd<'_>>;

    /// When it wants to be asked for events at the latest, if nothing happens before.
    fn due(&self) -> Option<Instant> {
        None
    }

    /// Takes the events that are there.
    fn events(&mut self) -> VecDeque<Event>;

    /// Opens an image, which no image is called yet: [`Event::Opened`].
    fn open(&mut self, opening: Opening);

    /// Whether nothing can be opened by this process any more, and all who asked have been told.
    fn is_over(&self) -> bool {
        false
    }

    /// Begins an operation: [`Event::Ended`], unless it fails at once. Where its bytes are has been
    /// said by the worker: the backend refuses what is not within the memory or the image.
    ///
    /// # Errors
    /// It is not begun.
    fn start(&mut self, tag: u64, image: u32, operation: Operation) -> Result<(), Failure>;

    /// Looks at an image's size again, after growing it if it is smaller than `size`:
    /// [`Event::Refreshed`].
    fn refresh(&mut self, image: u32, size: Option<u64>);

    /// Closes an image that was opened once its operations have ended: [`Event::Closed`].
    fn close(&mut self, image: u32);
}
