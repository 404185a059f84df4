//! Asking what the unit is, step by step, and what comes of it.

use std::time::{Duration, Instant};

use crate::link::{ANSWER, FIRST_BACKOFF};
use crate::prepare::{Next, Step};
use crate::session::{Event, Session, Stage, Turn};
use crate::task::{Buffer, Status};
use crate::unit::Unit;
use crate::{Error, Kind};

/// The number of the commands of a preparation.
pub(crate) const PREPARATION: u64 = u64::MAX;

/// How soon a target is asked again that was not ready.
const SOON: Duration = Duration::from_millis(250);

impl Session {
    /// Takes the step that is due.
    pub(crate) fn ask(&mut self, now: Instant) {
        let (Stage::Preparing(preparation, turn), Some(context)) =
            (&mut self.stage, &mut self.context)
        else {
            return;
        };
        let unit = self.options.address.unit;
        let asked = match preparation.command() {
            Some((command, buffer)) => context.send(PREPARATION, unit, &command, buffer),
            // While nothing of ours is on its way, since the library forgets it.
            None if preparation.step == Step::Reset && self.flying.is_empty() => {
                context.reset(unit)
            }
            None => {
                *turn = Turn::Taken(now + SOON);
                return;
            }
        };
        *turn = Turn::Answered(now + ANSWER);
        if let Err(error) = asked {
            self.trouble = error;
            self.broken = true;
        }
    }

    /// A target that does not do it has nothing of ours either: RFC 7143 has it end all of a session that
    /// the next one takes the place of.
    pub(crate) fn was_reset(&mut self) {
        let resets = self.resets;
        if let Stage::Preparing(preparation, _) = &mut self.stage {
            let next = preparation.go(resets);
            self.follow(next);
        }
    }

    pub(crate) fn answered(&mut self, status: Status, buffer: &Buffer) {
        let data = match buffer {
            Buffer::Answer(bytes) => &bytes[..],
            _ => &[],
        };
        let resets = self.resets;
        if let Stage::Preparing(preparation, _) = &mut self.stage {
            let next = preparation.answer(status, data, resets);
            self.follow(next);
        }
    }

    fn follow(&mut self, next: Next) {
        let now = Instant::now();
        let Stage::Preparing(preparation, turn) = &mut self.stage else {
            return;
        };
        match next {
            Next::Go if preparation.step == Step::Done => self.prepared(now),
            Next::Go | Next::Again => self.ask(now),
            Next::Later => *turn = Turn::Taken(now + SOON),
            Next::Lost => self.broken = true,
            Next::Fail(error) => self.unprepared(error),
        }
    }

    /// The unit is as it was asked for.
    fn prepared(&mut self, now: Instant) {
        let Stage::Preparing(preparation, _) = std::mem::replace(&mut self.stage, Stage::Ready)
        else {
            return;
        };
        let unit = preparation.unit;
        if let Some(error) = self.is_another(&unit) {
            return self.unprepared(error);
        }
        self.resets = false;
        self.backoff = FIRST_BACKOFF;
        let outage = self.outage.take();
        match self.unit.replace(unit.clone()) {
            None => self.events.push(Event::Opened(Ok(unit.clone()))),
            Some(before) => {
                if outage.is_some() {
                    self.events.push(Event::Back);
                }
                if before != unit {
                    self.events.push(Event::Changed(unit.clone()));
                }
            }
        }
        for _ in 0..std::mem::take(&mut self.looks) {
            self.events.push(Event::Looked(Ok(unit.clone())));
        }
        self.send_all(now);
    }

    /// Whether it is another unit than it was, or none that can take its place.
    fn is_another(&self, unit: &Unit) -> Option<Error> {
        let doing = "asking what the unit is";
        if self.unit.is_none() && unit.read_only && !self.options.read_only {
            return Some(Error::of(doing, Kind::ReadOnly));
        }
        let before = self.unit.as_ref()?;
        let both = !before.identity.is_empty() && !unit.identity.is_empty();
        let differs = (both && before.identity != unit.identity) || before.block != unit.block;
        differs.then_some(Error::of(doing, Kind::Another))
    }

    /// It cannot be used, now or for good.
    fn unprepared(&mut self, error: Error) {
        self.trouble = error.clone();
        if self.unit.is_none() && error.kind() != Kind::NotReady {
            return self.refuse(error);
        }
        if error.kind() == Kind::Held {
            // Somebody has taken it while we were away.
            return self.fenced();
        }
        // It may become what it was.
        self.broken = true;
    }

    /// Somebody else has the unit now.
    pub(crate) fn fenced(&mut self) {
        let error = Error::of("using the unit", Kind::Fenced);
        self.fail_all(&error);
        self.trouble = error;
        self.outage = None;
        self.stage = Stage::Fenced;
        self.broken = true;
    }
}
