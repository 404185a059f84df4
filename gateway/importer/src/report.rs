//! Saying how far it has come.

use std::time::{Duration, Instant};

use labelgate_control::{FromImporter, ImportPhase, ImportProgress, ImporterEnd, SendError};

use crate::Fault;

/// How often it is said, at most.
const EVERY: Duration = Duration::from_millis(250);
/// How far it must have come before the clock is looked at, in bytes.
const STEP: u64 = 1 << 20;

/// Whom to tell how far it has come.
pub trait Report {
    /// So much is done of what is being done, out of so much.
    ///
    /// # Errors
    /// [`Fault::Abandoned`]: nobody waits for it any more.
    fn progress(&mut self, phase: ImportPhase, done: u64, total: Option<u64>) -> Result<(), Fault>;
}

/// Nobody.
impl Report for () {
    fn progress(&mut self, _: ImportPhase, _: u64, _: Option<u64>) -> Result<(), Fault> {
        Ok(())
    }
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
    fn progress(&mut self, phase: ImportPhase, done: u64, total: Option<u64>) -> Result<(), Fault> {
        if let Some((_, when)) = self.said.filter(|(said, _)| *said == phase) {
            // A disk may have thousands of millions of clusters with nothing in them.
            if done.saturating_sub(self.looked) < STEP {
                return Ok(());
            }
            self.looked = done;
            if when.elapsed() < EVERY {
                return Ok(());
            }
        }
        self.said = Some((phase, Instant::now()));
        self.looked = done;
        let progress = ImportProgress { phase, done, total };
        match self.control.send(&FromImporter::Progress(progress)) {
            // If the supervisor is behind, the next one tells it more.
            Ok(()) | Err(SendError::WouldBlock) => Ok(()),
            Err(_) => Err(Fault::Abandoned),
        }
    }
}
