//! An idle worker gives memory back.

use std::time::{Duration, Instant};

/// How long nothing must have happened.
const QUIET: Duration = Duration::from_secs(1);

/// When something last happened, and whether memory has been given back since.
#[derive(Debug)]
pub(crate) struct Idle {
    due: Option<Instant>,
}

impl Idle {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            due: Some(now + QUIET),
        }
    }

    /// Something has happened.
    pub(crate) fn active(&mut self, now: Instant) {
        self.due = Some(now + QUIET);
    }

    /// Whether memory is to be given back now; not again before something has happened.
    pub(crate) fn is_due(&mut self, now: Instant) -> bool {
        self.due.take_if(|due| *due <= now).is_some()
    }

    pub(crate) const fn deadline(&self) -> Option<Instant> {
        self.due
    }
}
