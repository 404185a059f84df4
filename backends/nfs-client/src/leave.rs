//! How a session ends.

use std::time::Instant;

use crate::call::Call;
use crate::link::LEAVE;
use crate::session::{Event, Session, Stage};
use crate::settle::PREPARATION;

impl Session {
    /// Begins to leave.
    pub(crate) fn leave(&mut self, now: Instant) {
        let connected = matches!(self.stage, Stage::Ready);
        match connected {
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
        self.broken |= context.send(PREPARATION, handle, Call::Commit).is_err();
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
