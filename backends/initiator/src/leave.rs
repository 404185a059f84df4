//! How a session ends.

use std::time::Instant;

use crate::context::Context;
use crate::link::LEAVE;
use crate::reserve;
use crate::session::{Event, Session, Stage};
use crate::settle::PREPARATION;

/// How far a session has come with leaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parting {
    No,
    /// It gives the unit back.
    GivingBack,
    LoggingOut,
}

impl Session {
    /// Begins to leave.
    pub(crate) fn leave(&mut self, now: Instant) {
        let connected = matches!(self.stage, Stage::Ready);
        self.stage = Stage::Leaving(now + LEAVE);
        match connected {
            true => self.part(),
            // Nothing of it would be answered.
            false => {
                self.fail_all(&self.trouble.clone());
                self.over();
            }
        }
    }

    /// Gives the unit back, once everything has ended, and logs out.
    pub(crate) fn part(&mut self) {
        self.send_all(Instant::now());
        if !self.works.is_empty() || self.parting != Parting::No {
            return;
        }
        let exclusive = self.unit.as_ref().is_some_and(|unit| unit.exclusive);
        let (Some(key), true) = (self.options.key, exclusive) else {
            return self.log_out();
        };
        self.parting = Parting::GivingBack;
        let (command, buffer) = reserve::unregister(key);
        let unit = self.options.address.unit;
        let sent = |context: &mut Context| context.send(PREPARATION, unit, &command, buffer);
        self.broken |= !matches!(self.context.as_mut().map(sent), Some(Ok(())));
    }

    /// The unit is given back; or it is not, which is its next user's affair.
    pub(crate) fn log_out(&mut self) {
        self.parting = Parting::LoggingOut;
        let begun = self.context.as_mut().map(Context::logout);
        self.broken |= !matches!(begun, Some(Ok(())));
    }

    /// The session is over.
    pub(crate) fn over(&mut self) {
        if matches!(self.stage, Stage::Over) {
            return;
        }
        let error = self.trouble.clone();
        self.fail_all(&error);
        self.stage = Stage::Over;
        self.drop_context();
        self.events.push(Event::Closed);
    }

    fn drop_context(&mut self) {
        self.poll.forget();
        self.context = None::<Context>;
    }
}
