//! Where operations end: on the thread that has the queue, or on one of a library's.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use labelgate_queue_pair::{
    Broken, Completion, DEPTH, Failure, KeeperAnswering, Operation, Outcome, PushError,
};

/// What the worker has asked for and has not been answered, and the way back to it. Cloning it makes
/// another handle of the same.
///
/// A transfer that a library's thread has seen go well is answered by that thread: nobody else has
/// to be woken. Everything else goes through the first thread.
#[derive(Debug, Clone)]
pub(crate) struct Ends(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    open: Mutex<Open>,
    /// The worker's bell: an eventfd in non-blocking mode.
    bell: OwnedFd,
}

#[derive(Debug)]
struct Open {
    queue: KeeperAnswering,
    /// By the backend's tag.
    under_way: HashMap<u64, UnderWay>,
    /// Since when nothing has ended of what is under way.
    since: Instant,
}

impl Open {
    fn take(&mut self, own: u64) -> Option<UnderWay> {
        self.since = Instant::now();
        self.under_way.remove(&own)
    }
}

/// An operation that the backend works on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UnderWay {
    /// What the worker calls it. A hostile one may use a name twice: that is its own affair.
    tag: u64,
    pub(crate) image: u32,
    begun: Instant,
    /// How many bytes it has moved for the worker if it goes well, if it is a transfer.
    moves: Option<u64>,
}

impl UnderWay {
    pub(crate) fn new(tag: u64, image: u32, operation: &Operation) -> Self {
        let moves = match operation {
            Operation::Read { run, .. } => Some(run.length),
            Operation::Write { .. } => Some(0),
            _ => None,
        };
        Self {
            tag,
            image,
            begun: Instant::now(),
            moves,
        }
    }

    fn end(&self, result: Result<Outcome, Failure>) -> Completion {
        Completion {
            tag: self.tag,
            result,
            took: self.begun.elapsed(),
        }
    }
}

impl Ends {
    pub(crate) fn new(queue: KeeperAnswering, bell: OwnedFd) -> Self {
        let open = Mutex::new(Open {
            queue,
            under_way: HashMap::new(),
            since: Instant::now(),
        });
        Self(Arc::new(Inner { open, bell }))
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The backend is about to be given an operation, which it calls `own`.
    ///
    /// # Errors
    /// The worker has asked for more than it may.
    pub(crate) fn begin(&self, own: u64, under_way: UnderWay) -> Result<(), Broken> {
        let mut open = self.open();
        // One that has ended is taken out before the worker can know.
        if open.under_way.len() >= DEPTH as usize {
            return Err(Broken);
        }
        if open.under_way.is_empty() {
            open.since = under_way.begun;
        }
        open.under_way.insert(own, under_way);
        Ok(())
    }

    /// Takes an operation out that has ended, or was not begun.
    pub(crate) fn take(&self, own: u64) -> Option<UnderWay> {
        self.open().take(own)
    }

    /// Since when nothing has ended of what is under way; `None` if nothing is.
    pub(crate) fn still_since(&self) -> Option<Instant> {
        let open = self.open();
        (!open.under_way.is_empty()).then_some(open.since)
    }

    /// Answers an operation that was taken out. Whoever does rings the bell after some of them.
    ///
    /// # Errors
    /// As of [`Self::answer`].
    pub(crate) fn end(
        &self,
        under_way: &UnderWay,
        result: Result<Outcome, Failure>,
    ) -> Result<(), PushError> {
        self.open().queue.complete(&under_way.end(result))
    }

    /// Answers what was not begun.
    ///
    /// # Errors
    /// [`PushError`]. Full, too: then the worker has asked for more than it may.
    pub(crate) fn answer(&self, tag: u64, failure: Failure) -> Result<(), PushError> {
        let completion = Completion {
            tag,
            result: Err(failure),
            took: Duration::ZERO,
        };
        self.open().queue.complete(&completion)
    }

    /// Answers a transfer that has gone well, and rings. Whether that was all: otherwise the first
    /// thread has to see to it.
    pub(crate) fn transferred(&self, own: u64) -> bool {
        let mut open = self.open();
        let Some(under_way) = open.under_way.get(&own).copied() else {
            return false;
        };
        let Some(moved) = under_way.moves else {
            return false;
        };
        let _ = open.take(own);
        let completion = under_way.end(Ok(Outcome::Done(moved)));
        if open.queue.complete(&completion).is_err() {
            // The first thread meets the same error, and says so.
            open.under_way.insert(own, under_way);
            return false;
        }
        let wakes = open.queue.wakes();
        drop(open);
        if wakes {
            self.ring_bell();
        }
        true
    }

    /// Rings the worker's bell if it sleeps.
    pub(crate) fn ring(&self) {
        let wakes = self.open().queue.wakes();
        if wakes {
            self.ring_bell();
        }
    }

    fn ring_bell(&self) {
        // A bell that takes no more has been rung often enough.
        let _ = rustix::io::write(&self.0.bell, &1_u64.to_ne_bytes());
    }
}
