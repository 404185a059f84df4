//! What is counted of datagrams, and when that is said.

use std::time::{Duration, Instant};

use labelgate_control::{Datagrams, FromPortmap, PortmapEnd, SendError};

use super::datagram::Verdict;
use crate::Fault;

/// It is said no more often.
const LEAST: Duration = Duration::from_secs(1);

/// What became of datagrams since that was last said.
#[derive(Debug)]
pub(super) struct Count {
    datagrams: Datagrams,
    said: Instant,
}

impl Count {
    pub(super) fn new(now: Instant) -> Self {
        let datagrams = Datagrams::default();
        Self {
            datagrams,
            said: now,
        }
    }

    pub(super) fn add(&mut self, verdict: &Verdict) {
        let Datagrams {
            answered,
            silent,
            limited,
        } = &mut self.datagrams;
        let count = match verdict {
            Verdict::Answer(_) => answered,
            Verdict::Silence => silent,
            Verdict::Limited => limited,
        };
        *count = count.saturating_add(1);
    }

    /// How long until there is something to be said.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        let any = self.datagrams != Datagrams::default();
        any.then(|| (self.said + LEAST).saturating_duration_since(now))
    }

    /// Says it, if it is time to. A supervisor that does not listen hears of it later.
    pub(super) fn say(&mut self, control: &PortmapEnd, now: Instant) -> Result<(), Fault> {
        if self.wait(now) != Some(Duration::ZERO) {
            return Ok(());
        }
        self.said = now;
        match control.send(&FromPortmap::Counted(self.datagrams)) {
            Ok(()) => {
                self.datagrams = Datagrams::default();
                Ok(())
            }
            Err(SendError::WouldBlock) => Ok(()),
            Err(SendError::Closed) => Err(Fault::Abandoned),
            Err(error) => Err(error.into()),
        }
    }
}
