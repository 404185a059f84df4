//! How a session ends.

use std::time::Instant;

use crate::call::Call;
use crate::link::LEAVE;
use crate::session::{Event, Session, Stage};

/// The number of the last flush.
pub(crate) const PARTING: u64 = u64::MAX - 1;

impl Session {
    /// Begins to leave.
    pub(crate) fn leave(&mut self, now: Instant) {
        // What the file is need not be known any more: the answer, if one comes, is nobody's.
        let connected = match &self.stage {
            Stage::Ready => true,
            Stage::Preparing(preparation, _) => !preparation.anew,
            _ => false,
        };
        match connected && !self.broken {
            true => {
                self.stage = Stage::Leaving(now + LEAVE);
                self.part(now);
            }
            // Nothing of it would be answered.
            false => self.over(),
        }
    }

    /// Once everything has ended, flushes what is left: with the session goes the knowledge of it.
    pub(crate) fn part(&mut self, now: Instant) {
        self.send_all(now);
        if !self.works.is_empty() || self.parting {
            return;
        }
        let (true, Some(handle), Some(context)) =
            (self.dirt.is_ours(), &self.handle, &mut self.context)
        else {
            return self.over();
        };
        self.parting = true;
        let numbers = (self.numbers.next(), PARTING);
        self.broken |= context.send(numbers, handle, Call::Commit).is_err();
    }

    /// The session is over.
    pub(crate) fn over(&mut self) {
        if matches!(self.stage, Stage::Over) {
            return;
        }
        let error = self.trouble.clone();
        self.fail_all(&error);
        self.drop_connection();
        self.stage = Stage::Over;
        self.broken = false;
        self.events.push(Event::Closed);
    }
}
