//! Complaining in the log, but not for every record.

use std::time::{Duration, Instant};

/// Between two complaints.
const PERIOD: Duration = Duration::from_secs(30);

/// Something that is wrong until it is mended.
#[derive(Debug, Default)]
pub struct Complaint {
    last: Option<Instant>,
    reason: String,
}

impl Complaint {
    /// Logs it, if that was not done just now.
    pub fn make(&mut self, what: &str, reason: &str) {
        let again = self.last.is_none_or(|last| last.elapsed() >= PERIOD);
        if again || self.reason != reason {
            tracing::error!("{what}: {reason}");
            self.last = Some(Instant::now());
            reason.clone_into(&mut self.reason);
        }
    }

    /// It is mended.
    pub fn end(&mut self, what: &str) {
        if self.last.take().is_some() {
            tracing::warn!("{what}");
        }
    }
}
