//! The connection: how it is made, how its loss is noticed, and what becomes of what was under way.

use std::time::{Duration, Instant};

use crate::context::Context;
use crate::prepare::{Preparation, Why};
use crate::session::{Event, Session, Stage, Turn};
use crate::{Error, Kind};

/// How soon a connection that is gone is tried again, at first and at most.
pub(crate) const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LAST_BACKOFF: Duration = Duration::from_secs(3);
/// How long a connection may take, a login, an answer while a unit is prepared.
const CONNECT: Duration = Duration::from_secs(5);
const LOGIN: Duration = Duration::from_secs(10);
pub(crate) const ANSWER: Duration = Duration::from_secs(10);
/// How long a target may be silent that owes something, and that does not, before it is asked whether
/// it is there; and how long it has to answer that.
const SILENCE: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(15);
const PING: Duration = Duration::from_secs(5);
/// How long a command may take. Then the target has forgotten it.
const COMMAND: Duration = Duration::from_secs(60);
/// How often one looks at all that.
const TICK: Duration = Duration::from_secs(1);
/// How long leaving may take.
pub(crate) const LEAVE: Duration = Duration::from_secs(3);

impl Session {
    pub(crate) fn has_given_up(&self, now: Instant) -> bool {
        let over = |since: Instant| now.saturating_duration_since(since) >= self.options.patience;
        self.outage.is_some_and(over)
    }

    /// Does what is due.
    pub(crate) fn advance(&mut self, now: Instant) {
        match &self.stage {
            Stage::Down(at) if *at <= now => self.connect(now),
            Stage::Connecting(until) | Stage::LoggingIn(until) if *until <= now => {
                self.trouble = Error::of("connecting", Kind::NotReady);
                self.broken = true;
            }
            Stage::Preparing(_, Turn::Taken(at)) if *at <= now => self.ask(now),
            Stage::Preparing(preparation, Turn::Answered(until)) if *until <= now => {
                self.trouble = Error::of(preparation.doing(), Kind::NotReady);
                self.broken = true;
            }
            Stage::Ready => self.tend(now),
            Stage::Leaving(until) if *until <= now => self.over(),
            Stage::Leaving(_) => self.part(),
            _ => {}
        }
        if self.has_given_up(now) && self.unit.is_some() {
            self.fail_all(&self.trouble.clone());
        }
        if self.unit.is_none() && self.opened_by <= now && !matches!(self.stage, Stage::Over) {
            let error = self.trouble.clone();
            self.refuse(error);
        }
    }

    /// When there is something to do at the latest.
    pub(crate) fn deadline(&self, now: Instant) -> Instant {
        let idle = self.works.is_empty() && matches!(self.stage, Stage::Ready | Stage::Over);
        let tick = now + if idle { IDLE } else { TICK };
        let stage = match &self.stage {
            Stage::Down(at) | Stage::Connecting(at) | Stage::LoggingIn(at) | Stage::Leaving(at) => {
                Some(*at)
            }
            Stage::Preparing(_, Turn::Taken(at) | Turn::Answered(at)) => Some(*at),
            _ => None,
        };
        let opening = self.unit.is_none().then_some(self.opened_by);
        let sends = matches!(self.stage, Stage::Ready | Stage::Leaving(_));
        let later = self.later.iter().map(|(at, _)| *at).min();
        let later = later.filter(|_| sends);
        let given_up = self.outage.map(|since| since + self.options.patience);
        let given_up = given_up.filter(|at| *at > now);
        let opening = opening.filter(|at| *at > now);
        let all = [stage, opening, later, given_up].into_iter().flatten();
        all.fold(tick, Instant::min)
    }

    fn connect(&mut self, now: Instant) {
        let made = Context::new(&self.options.credentials, Some(&self.options.address));
        let mut context = match made {
            Ok(context) => context,
            Err(error) => return self.fell(error, now),
        };
        let begun = context.connect(&self.options.address.portal.to_string());
        self.context = Some(context);
        match begun {
            Ok(()) => self.stage = Stage::Connecting(now + CONNECT),
            Err(error) => self.fell(error, now),
        }
    }

    fn fell(&mut self, error: Error, now: Instant) {
        self.trouble = error;
        self.refused = None;
        self.lost(now);
    }

    pub(crate) fn connected(&mut self) {
        let Some(context) = &mut self.context else {
            return;
        };
        match context.login() {
            Ok(()) => self.stage = Stage::LoggingIn(Instant::now() + LOGIN),
            Err(error) => {
                self.trouble = error;
                self.broken = true;
            }
        }
    }

    pub(crate) fn logged_in(&mut self, well: bool) {
        let Some(context) = &self.context else {
            return;
        };
        let error = match (well, context.is_proven()) {
            (true, true) => {
                let now = Instant::now();
                self.refused = None;
                (self.heard, self.pinged) = (now, None);
                return self.prepare(now);
            }
            (true, false) => Error::of("logging in", Kind::Impostor),
            (false, _) => refusal(&context.said()),
        };
        // It may be starting, and know nobody yet; but whoever opens it wants to know.
        let final_one = matches!(
            error.kind(),
            Kind::Permission | Kind::NotFound | Kind::Impostor
        );
        self.trouble = error;
        self.broken = true;
        if self.unit.is_none() && final_one {
            self.refuse(self.trouble.clone());
        } else if final_one {
            self.refused.get_or_insert_with(Instant::now);
        } else {
            self.refused = None;
        }
    }

    /// Begins to ask what the unit is.
    pub(crate) fn prepare(&mut self, now: Instant) {
        let key = self.options.key.filter(|_| !self.options.read_only);
        let why = match (&self.unit, self.outage) {
            (None, _) => Why::First,
            (Some(_), Some(_)) => Why::Reconnected,
            (Some(_), None) => Why::News,
        };
        let preparation = Box::new(Preparation::new(key, why));
        self.stale = false;
        self.stage = Stage::Preparing(preparation, Turn::Taken(now));
        self.ask(now);
    }

    /// Looks after a connection that is there.
    fn tend(&mut self, now: Instant) {
        if self.stale {
            self.prepare(now);
        }
        let forgotten = |since: Instant| now.saturating_duration_since(since) >= COMMAND;
        if self.flying.values().any(|flying| forgotten(flying.sent)) {
            self.trouble = Error::of("waiting for an answer", Kind::NotReady);
            self.broken = true;
            return;
        }
        let silent = now.saturating_duration_since(self.heard);
        let owes = !self.flying.is_empty();
        match self.pinged {
            Some(since) if now.saturating_duration_since(since) >= PING => {
                self.trouble = Error::of("waiting for a sign of life", Kind::NotReady);
                self.broken = true;
            }
            None if silent >= if owes { SILENCE } else { IDLE } => {
                self.pinged = Some(now);
                let asked = self.context.as_mut().map(Context::ping);
                self.broken |= !matches!(asked, Some(Ok(())));
            }
            _ => {}
        }
    }

    /// The connection is gone. What was under way is to be sent again.
    pub(crate) fn lost(&mut self, now: Instant) {
        self.broken = false;
        self.poll.forget();
        if let Some(context) = self.context.take() {
            self.take_back(&context);
        }
        match self.stage {
            Stage::Over | Stage::Fenced => return,
            Stage::Leaving(_) => return self.over(),
            _ => {}
        }
        if self.outage.is_none() {
            self.outage = Some(now);
            self.events.push(Event::Lost(self.trouble.clone()));
        }
        self.stage = Stage::Down(now + self.backoff);
        self.backoff = (self.backoff * 2).min(LAST_BACKOFF);
    }

    /// It cannot be opened.
    pub(crate) fn refuse(&mut self, error: Error) {
        self.stage = Stage::Over;
        self.broken = true;
        self.events.push(Event::Opened(Err(error)));
    }

    /// Fails everything that has not ended.
    pub(crate) fn fail_all(&mut self, error: &Error) {
        if self.works.is_empty() && self.looks == 0 {
            return;
        }
        // What is on its way may still arrive: nothing else is written before that has been ended.
        let mut works: Vec<_> = self.works.drain().collect();
        works.sort_unstable_by_key(|(number, _)| *number);
        for (_, work) in works {
            let (tag, result) = (work.tag, Err(error.clone()));
            self.events.push(Event::Done { tag, result });
        }
        for _ in 0..std::mem::take(&mut self.looks) {
            self.events.push(Event::Looked(Err(error.clone())));
        }
        self.resets |= self.flying.values().any(|flying| flying.changes.is_some());
        self.waiting.clear();
        self.later.clear();
        self.flying.clear();
    }
}

/// Why a target does not let an initiator in: the library says so in words, with the number of
/// RFC 7143 11.13.5 behind them.
pub(crate) fn refusal(said: &str) -> Error {
    let number = said
        .rsplit_once('(')
        .and_then(|(_, rest)| rest.split_once(')'));
    let kind = match number.and_then(|(number, _)| number.parse::<u16>().ok()) {
        Some(0x0201 | 0x0202) => Kind::Permission,
        Some(0x0203 | 0x0204) => Kind::NotFound,
        _ if said.contains("CHAP_R") || said.contains("CHAP_N") || said.contains("CHAP target") => {
            Kind::Impostor
        }
        _ => Kind::NotReady,
    };
    Error::of("logging in", kind).with(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_by_its_number() {
        let kind = |said: &str| refusal(said).kind();
        let said = "Failed to log in to target. Status: Authorization failure(514)";
        assert_eq!(kind(said), Kind::Permission);
        let said = "Failed to log in to target. Status: Target not found(515)";
        assert_eq!(kind(said), Kind::NotFound);
        let said = "Failed to log in to target. Status: Service unavailable(769)";
        assert_eq!(kind(said), Kind::NotReady);
        let said = "Authentication failed. Invalid CHAP_R response from the target";
        assert_eq!(kind(said), Kind::Impostor);
        assert_eq!(kind("("), Kind::NotReady);
    }
}
