//! Saying how far it has come.

use std::time::{Duration, Instant};

use labelgate_control::{FromImporter, ImportPhase, ImportProgress, ImporterEnd};

/// How often it is said, at most.
const EVERY: Duration = Duration::from_millis(250);
/// How far it must have come before the clock is looked at, in bytes.
const STEP: u64 = 1 << 20;

/// Whom to tell how far it has come.
pub trait Report {
    /// So much is done of what is being done, out of so much.
    fn progress(&mut self, phase: ImportPhase, done: u64, total: Option<u64>);
}

/// Nobody.
impl Report for () {
    fn progress(&mut self, _: ImportPhase, _: u64, _: Option<u64>) {}
}

/// Tells the supervisor, now and then.
#[derive(Debug)]
pub struct ToSupervisor<'a> {
    control: &'a ImporterEnd,
    /// What was said last, and when the clock was looked at, how far it had come.
    said: Option<(ImportPhase, Instant)>,
    looked: u64,
}

impl<'a> ToSupervisor<'a> {
    /// Tells it through this socket.
    #[must_use]
    pub const fn new(control: &'a ImporterEnd) -> Self {
        Self {
            control,
            said: None,
            looked: 0,
        }
    }
}

impl Report for ToSupervisor<'_> {
    fn progress(&mut self, phase: ImportPhase, done: u64, total: Option<u64>) {
        if let Some((_, when)) = self.said.filter(|(said, _)| *said == phase) {
            // A disk may have thousands of millions of clusters with nothing in them.
            if done.saturating_sub(self.looked) < STEP {
                return;
            }
            self.looked = done;
            if when.elapsed() < EVERY {
                return;
            }
        }
        self.said = Some((phase, Instant::now()));
        self.looked = done;
        // If the supervisor is behind, the next one tells it more; if it is gone, so are we soon.
        let _ = self.control.send(&FromImporter::Progress(ImportProgress {
            phase,
            done,
            total,
        }));
    }
}
