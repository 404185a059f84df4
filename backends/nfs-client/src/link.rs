//! The connection: how it is made, how its loss is noticed, and what becomes of what was under way.

use std::time::{Duration, Instant};

use crate::ask::Ask;
use crate::context::Context;
use crate::prepare::Preparation;
use crate::question::{Program, Question, Told};
use crate::session::{Event, Session, Stage, Turn};
use crate::{Address, Error, Kind, socket};

/// How soon a connection that is gone is tried again, at first and at most.
pub(crate) const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LAST_BACKOFF: Duration = Duration::from_secs(3);
/// How long a connection may take, an answer to what is asked before, an answer while a file is
/// prepared.
const CONNECT: Duration = Duration::from_secs(5);
const ASK: Duration = Duration::from_secs(10);
pub(crate) const ANSWER: Duration = Duration::from_secs(10);
/// How long a call may take on a connection that is there. Then the server has forgotten it: RFC 1813
/// lets it.
pub(crate) const CALL: Duration = Duration::from_secs(30);
/// How long a server may ask for patience that is only asked what the file is: nothing else is meanwhile.
pub(crate) const LOOK: Duration = Duration::from_secs(10);
/// How long after a look the next one is, if nobody asks for it.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
/// How often one looks at all that, and how often if there is nothing to be looked at.
const TICK: Duration = Duration::from_secs(1);
const IDLE: Duration = Duration::from_secs(15);
/// How long a connection must stand that nothing is asked on, until it is believed to be one.
const PROOF: Duration = Duration::from_secs(5);
/// How long leaving may take.
pub(crate) const LEAVE: Duration = Duration::from_secs(3);

/// Where a server's programs are, as far as that is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    nfs: Option<u16>,
    mount: Option<u16>,
}

impl Ports {
    /// Those that need not be asked for.
    pub(crate) fn of(address: &Address) -> Self {
        let given = |port: u16| (port != 0).then_some(port);
        Self {
            nfs: given(address.nfs_port),
            mount: given(address.mount_port),
        }
    }
}

impl Session {
    pub(crate) fn has_given_up(&self, now: Instant) -> bool {
        let over = |since: Instant| now.saturating_duration_since(since) >= self.options.patience;
        self.outage.is_some_and(over)
    }

    /// Does what is due.
    pub(crate) fn advance(&mut self, now: Instant) {
        match &self.stage {
            Stage::Down(at) if *at <= now => self.approach(now),
            Stage::Asking(ask, until) if *until <= now => {
                let error = Error::of(ask.doing(), Kind::NotReady);
                self.fell(error, now);
            }
            Stage::Connecting(_, until) if *until <= now => {
                self.fell(Error::of("connecting", Kind::NotReady), now);
            }
            Stage::Preparing(_, Turn::Taken(at)) if *at <= now => self.ask(now),
            Stage::Preparing(preparation, Turn::Answered(until)) if *until <= now => {
                self.trouble = Error::of(preparation.doing(), Kind::NotReady);
                self.broken = true;
            }
            Stage::Ready => self.tend(now),
            Stage::Leaving(until) if *until <= now => self.over(),
            Stage::Leaving(_) => self.part(now),
            _ => {}
        }
        if matches!(self.stage, Stage::Ready | Stage::Preparing(..)) {
            self.remember(now);
        }
        if self.has_given_up(now) && self.file.is_some() {
            self.fail_all(&self.trouble.clone());
        }
        self.expire(now);
        if self.file.is_none() && self.opened_by <= now && !matches!(self.stage, Stage::Over) {
            let error = self.trouble.clone();
            self.refuse(error);
        }
    }

    /// When there is something to do at the latest.
    pub(crate) fn deadline(&self, now: Instant) -> Instant {
        let idle = self.works.is_empty()
            && matches!(self.stage, Stage::Ready | Stage::Poisoned | Stage::Over);
        let tick = now + if idle { IDLE } else { TICK };
        let stage = match &self.stage {
            Stage::Down(at)
            | Stage::Asking(_, at)
            | Stage::Connecting(_, at)
            | Stage::Preparing(_, Turn::Taken(at) | Turn::Answered(at))
            | Stage::Leaving(at) => Some(*at),
            _ => None,
        };
        let opening = self.file.is_none().then_some(self.opened_by);
        let sends = matches!(self.stage, Stage::Ready | Stage::Leaving(_));
        let later = self.later.iter().map(|(at, _)| *at).min();
        let later = later.filter(|_| sends);
        let given_up = self.outage.map(|since| since + self.options.patience);
        let given_up = given_up.filter(|at| *at > now);
        let opening = opening.filter(|at| *at > now);
        let proved = self.unproved.map(|since| since + PROOF);
        let proved = proved.filter(|at| *at > now);
        let looks = self.stale && matches!(self.stage, Stage::Ready);
        let look = looks.then(|| self.next_look());
        let all = [stage, opening, later, given_up, proved, look]
            .into_iter()
            .flatten();
        all.fold(tick, Instant::min)
    }

    /// Takes the next step towards a connection.
    fn approach(&mut self, now: Instant) {
        let address = &self.options.address;
        let mapper = address.port_mapper();
        let (to, question) = match (&self.root, self.ports) {
            (None, Ports { mount: None, .. }) => (mapper, Question::Port(Program::Mount)),
            (
                None,
                Ports {
                    mount: Some(port), ..
                },
            ) => (address.at(port), Question::Mount(address.export.clone())),
            (Some(_), Ports { nfs: None, .. }) => (mapper, Question::Port(Program::Nfs)),
            (
                Some(_),
                Ports {
                    nfs: Some(port), ..
                },
            ) => {
                return match socket::begin(address.at(port)) {
                    Ok(socket) => self.stage = Stage::Connecting(socket, now + CONNECT),
                    Err(error) => self.fell(unreachable(&error), now),
                };
            }
        };
        match Ask::begin(to, question, self.options.owner) {
            Ok(ask) => self.stage = Stage::Asking(Box::new(ask), now + ASK),
            Err(error) => self.fell(error, now),
        }
    }

    /// What was asked has been answered, or not yet.
    pub(crate) fn told(&mut self, told: Result<Option<Told>, Error>) {
        let now = Instant::now();
        match told {
            Ok(None) => return,
            Ok(Some(Told::Port(Program::Nfs, port))) => self.ports.nfs = Some(port),
            Ok(Some(Told::Port(Program::Mount, port))) => self.ports.mount = Some(port),
            Ok(Some(Told::Root(handle))) => self.root = Some(handle),
            Err(error) => {
                // It may be starting, and know nobody yet; but whoever opens it wants to know.
                let final_one = error.kind() != Kind::NotReady;
                if self.file.is_none() && final_one {
                    self.refuse(error);
                    return;
                }
                return self.fell(error, now);
            }
        }
        self.poll.forget();
        self.approach(now);
    }

    /// There is a connection, or there will be none.
    pub(crate) fn connected(&mut self) {
        let now = Instant::now();
        self.poll.forget();
        let Stage::Connecting(socket, _) = std::mem::replace(&mut self.stage, Stage::Down(now))
        else {
            return;
        };
        if let Err(error) = socket::outcome(&socket) {
            return self.fell(unreachable(&error), now);
        }
        self.context = Some(Context::new(socket, self.options.owner));
        self.prepare(now);
    }

    fn fell(&mut self, error: Error, now: Instant) {
        self.trouble = error;
        self.lost(now);
    }

    /// Begins to ask what the file is.
    pub(crate) fn prepare(&mut self, now: Instant) {
        let anew = self.outage.is_some();
        let preparation = match (&self.handle, &self.root, self.options.address.names()) {
            (Some(handle), _, _) if !self.stale_handle => Preparation::again(handle.clone(), anew),
            (_, Some(root), Ok(names)) => {
                Preparation::find(root.clone(), names, self.handle.clone())
            }
            _ => return,
        };
        self.stale = false;
        self.asks_since = now;
        self.stage = Stage::Preparing(Box::new(preparation), Turn::Taken(now));
        self.ask(now);
    }

    /// Looks after a connection that is there.
    fn tend(&mut self, now: Instant) {
        let stood = |since: Instant| now.saturating_duration_since(since) >= PROOF;
        if self.unproved.is_some_and(stood) {
            self.proved();
        }
        // Whoever asks is answered at once. A server that hints at news with each answer is not run after.
        if self.stale && (self.looks > 0 || self.next_look() <= now) {
            self.prepare(now);
        }
    }

    /// When the file is looked at at the earliest that nobody has asked for.
    fn next_look(&self) -> Instant {
        self.asks_since + BETWEEN_LOOKS
    }

    /// The connection is one: the next is made at once if it goes. If each went after the file was looked
    /// at, they would follow each other without a pause.
    pub(crate) fn proved(&mut self) {
        if self.unproved.take().is_none() {
            return;
        }
        self.backoff = FIRST_BACKOFF;
        if std::mem::take(&mut self.told) {
            self.events.push(Event::Back);
        }
    }

    /// Gives a connection up on which a call was forgotten.
    fn remember(&mut self, now: Instant) {
        let forgotten = |since: Instant| now.saturating_duration_since(since) >= CALL;
        if self.flying.values().any(|flying| forgotten(flying.sent)) {
            self.trouble = Error::of("waiting for an answer", Kind::NotReady);
            self.broken = true;
        }
    }

    /// The connection is gone. What was under way is to be sent again.
    pub(crate) fn lost(&mut self, now: Instant) {
        self.broken = false;
        self.drop_connection();
        self.take_back();
        match self.stage {
            Stage::Over | Stage::Poisoned => return,
            Stage::Leaving(_) => return self.over(),
            _ => {}
        }
        self.outage.get_or_insert(now);
        self.unproved = None;
        if self.file.is_some() && !std::mem::replace(&mut self.told, true) {
            self.events.push(Event::Lost(self.trouble.clone()));
        }
        // They may have moved.
        self.ports = Ports::of(&self.options.address);
        self.stage = Stage::Down(now + self.backoff);
        self.backoff = (self.backoff * 2).min(LAST_BACKOFF);
    }

    /// Closes what there is of a connection: nothing lands in a place any more.
    pub(crate) fn drop_connection(&mut self) {
        self.poll.forget();
        self.context = None;
        if matches!(self.stage, Stage::Asking(..) | Stage::Connecting(..)) {
            self.stage = Stage::Down(Instant::now());
        }
    }

    /// It cannot be opened.
    pub(crate) fn refuse(&mut self, error: Error) {
        self.drop_connection();
        self.stage = Stage::Over;
        self.broken = false;
        self.events.push(Event::Opened(Err(error)));
    }

    /// Fails everything that has not ended. Nothing of it may land any more: the connection goes.
    pub(crate) fn fail_all(&mut self, error: &Error) {
        if self.works.is_empty() && self.looks == 0 {
            return;
        }
        self.broken |= self.context.is_some();
        self.drop_connection();
        let mut works: Vec<_> = self.works.drain().collect();
        works.sort_unstable_by_key(|(number, _)| *number);
        for (_, work) in works {
            let (tag, result) = (work.tag, Err(error.clone()));
            self.events.push(Event::Done { tag, result });
        }
        self.fail_looks(error);
        self.waiting.clear();
        self.later.clear();
        self.flying.clear();
    }

    pub(crate) fn fail_looks(&mut self, error: &Error) {
        for _ in 0..std::mem::take(&mut self.looks) {
            self.events.push(Event::Looked(Err(error.clone())));
        }
    }
}

fn unreachable(error: &std::io::Error) -> Error {
    Error::of("connecting", Kind::NotReady).with(&error.to_string())
}
