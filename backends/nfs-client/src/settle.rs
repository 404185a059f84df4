//! Asking what the file is, step by step, and what comes of it.

use std::time::{Duration, Instant};

use crate::call::Reply;
use crate::link::{ANSWER, CALL, LOOK};
use crate::prepare::{Next, Step};
use crate::session::{Event, Session, Stage, Turn};
use crate::{Error, Kind};

/// The number of the calls of a preparation.
pub(crate) const PREPARATION: u64 = u64::MAX;

/// How soon a server is asked again that was not ready.
const SOON: Duration = Duration::from_millis(250);

impl Session {
    /// Takes the step that is due.
    pub(crate) fn ask(&mut self, now: Instant) {
        let (Stage::Preparing(preparation, turn), Some(context)) =
            (&mut self.stage, &mut self.context)
        else {
            return;
        };
        let Some(call) = preparation.call() else {
            return;
        };
        // A flush takes as long as one.
        let most = match preparation.step {
            Step::Verify => CALL,
            _ => ANSWER,
        };
        *turn = Turn::Answered(now + most);
        let own = self.numbers.next();
        if let Err(error) = context.send((own, PREPARATION), &preparation.handle, call) {
            self.trouble = error;
            self.broken = true;
        }
    }

    pub(crate) fn answered(&mut self, reply: Reply) {
        let now = Instant::now();
        let Stage::Preparing(preparation, _) = &mut self.stage else {
            return;
        };
        let doing = preparation.doing();
        match preparation.answer(reply, &mut self.dirt) {
            _ if self.dirt.is_lost() => {}
            Next::Go if preparation.step == Step::Done => self.prepared(now),
            Next::Go => self.ask(now),
            Next::Later => self.postpone(now),
            Next::Stale => self.went_stale(doing),
            Next::Lost(said) => {
                self.trouble = Error::of(doing, Kind::NotReady).with(&said);
                self.broken = true;
            }
            Next::Fail(error) => self.unprepared(error),
        }
    }

    /// The server asks for patience. On a connection that is new it has as much of it as there is; on one
    /// that is in use, operations go on after a while without what was asked.
    fn postpone(&mut self, now: Instant) {
        let Stage::Preparing(preparation, turn) = &mut self.stage else {
            return;
        };
        let most = match preparation.anew {
            true => self.options.patience,
            false => self.options.patience.min(LOOK),
        };
        if now.saturating_duration_since(self.asks_since) < most {
            *turn = Turn::Taken(now + SOON);
            return;
        }
        let error = Error::of(preparation.doing(), Kind::NotReady);
        if preparation.anew {
            self.trouble = error;
            self.broken = true;
            return;
        }
        self.stage = Stage::Ready;
        self.fail_looks(&error);
        self.send_all(now);
    }

    /// The handle is of nothing. A server may say so that is yet to mount what the file is on.
    pub(crate) fn went_stale(&mut self, doing: &'static str) {
        self.trouble = Error::of(doing, Kind::NotFound).with("its handle is of nothing any more");
        self.stale_handle = true;
        self.root = None;
        self.broken = true;
    }

    /// The file is as it was asked for.
    fn prepared(&mut self, now: Instant) {
        let Stage::Preparing(preparation, _) = std::mem::replace(&mut self.stage, Stage::Ready)
        else {
            return;
        };
        let doing = preparation.doing();
        let file = preparation.file;
        if self.file.is_none() && file.read_only && !self.options.read_only {
            return self.unprepared(Error::of(doing, Kind::ReadOnly));
        }
        self.handle = Some(preparation.handle);
        self.stale_handle = false;
        if self.outage.take().is_some() {
            self.unproved = Some(now);
        }
        match self.file.replace(file.clone()) {
            None => self.events.push(Event::Opened(Ok(file.clone()))),
            Some(before) if before != file => {
                // What is sent again may be of another length than it was.
                self.works.values_mut().for_each(|work| work.called = None);
                self.events.push(Event::Changed(file.clone()));
            }
            Some(_) => {}
        }
        for _ in 0..std::mem::take(&mut self.looks) {
            self.events.push(Event::Looked(Ok(file.clone())));
        }
        self.send_all(now);
    }

    /// It cannot be used, now or for good.
    fn unprepared(&mut self, error: Error) {
        self.trouble = error.clone();
        if self.file.is_none() && error.kind() != Kind::NotReady {
            return self.refuse(error);
        }
        // It may become what it was; and what it is now is found from the beginning.
        self.stale_handle = true;
        self.root = None;
        self.broken = true;
    }

    /// What had ended well may be lost: nothing is believed any more.
    pub(crate) fn poison(&mut self) {
        match self.stage {
            Stage::Poisoned | Stage::Over => return,
            // Whoever leaves has flushed what was dear.
            Stage::Leaving(_) => return self.over(),
            _ => {}
        }
        let error = Error::of("flushing", Kind::Medium);
        let error = error.with("the server may have lost what it had answered: open it anew");
        self.trouble = error.clone();
        self.fail_all(&error);
        self.drop_connection();
        self.stage = Stage::Poisoned;
        self.outage = None;
        self.broken = false;
        self.events.push(Event::Poisoned(error));
    }
}
