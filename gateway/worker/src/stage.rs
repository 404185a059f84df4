//! How a worker ends.

use std::time::{Duration, Instant};

use labelgate_control::FromWorker;
use labelgate_engine::{Action, Ending};

use crate::desk::Desk;
use crate::service::Service;

/// How long a worker whose supervisor is gone may take to end.
const ORPHANED: Duration = Duration::from_secs(5);

/// How far a worker's life has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Serving,
    /// Clients have been asked to leave by then.
    Draining(Instant),
    /// Connections are being closed; then images are flushed and let go of.
    Leaving {
        /// When to give up.
        limit: Option<Instant>,
        /// Nobody is there to be told.
        orphaned: bool,
    },
    /// Everything is flushed; the supervisor is being told.
    Gone {
        orphaned: bool,
    },
}

impl Stage {
    pub(crate) const fn is_serving(self) -> bool {
        matches!(self, Self::Serving)
    }

    /// When the stage has to be looked at although nothing happens.
    pub(crate) const fn deadline(self) -> Option<Instant> {
        match self {
            Self::Draining(until) => Some(until),
            Self::Leaving { limit, .. } => limit,
            Self::Serving | Self::Gone { .. } => None,
        }
    }
}

impl<S: Service> Desk<S> {
    /// Asks every client to leave by `until`.
    pub(crate) fn drain(&mut self, until: Instant) {
        if self.stage.is_serving() {
            self.engine.drain(until, self.now, &mut self.outbox);
            self.stage = Stage::Draining(until);
        }
    }

    /// The supervisor is gone: nobody vouches for these clients any more.
    pub(crate) fn leave_orphaned(&mut self) {
        self.leave(Some(Instant::now() + ORPHANED), true);
    }

    fn leave(&mut self, limit: Option<Instant>, orphaned: bool) {
        for id in self.connections.all() {
            self.outbox.push(Action::Close(id, Ending::Now));
        }
        self.stage = Stage::Leaving { limit, orphaned };
    }

    /// Goes on to the next stage if this one is over, and with the removal of images.
    pub(crate) fn advance(&mut self) {
        if let Stage::Draining(until) = self.stage {
            let empty = self.connections.is_empty() && self.engine.outstanding() == 0;
            if empty || until <= self.now {
                self.leave(None, false);
            }
        }
        // Also of a stage that has just begun: where there is no connection, nothing else wakes us.
        if let Stage::Leaving { .. } = self.stage
            && self.connections.is_empty()
            && self.additions.is_empty()
        {
            self.images.remove_all();
        }
        for image in self.images.let_go(self.now, &mut self.progress) {
            if self.removals.remove(&image) {
                let image = image.0;
                self.outgoing.push(FromWorker::ImageRemoved { image });
            }
        }
        if let Stage::Leaving { orphaned, .. } = self.stage
            && self.connections.is_empty()
            && self.images.is_empty()
        {
            if !orphaned && self.flush_error.is_none() {
                self.outgoing.push(FromWorker::Drained);
            }
            self.stage = Stage::Gone { orphaned };
        }
    }

    /// Whether a stage's time is up.
    pub(crate) fn overdue(&self) -> bool {
        matches!(self.stage, Stage::Leaving { limit: Some(limit), .. } if limit <= self.now)
    }
}
