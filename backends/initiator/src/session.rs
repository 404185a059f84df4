//! A session with one logical unit.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use labelgate_shared::Poll;

use crate::carry::{Dirt, Flying};
use crate::context::{Context, Happened};
use crate::leave::Parting;
use crate::order::{Order, Outcome, Work};
use crate::prepare::Preparation;
use crate::unit::Unit;
use crate::{Address, Credentials, Error, Kind};

/// How a logical unit is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Where it is.
    pub address: Address,
    /// Who logs in.
    pub credentials: Credentials,
    /// It is only read.
    pub read_only: bool,
    /// Every change is on stable storage when it has ended: by FUA, or by a flush after it where that is
    /// not to be had. Otherwise what has not been flushed is lost if the target loses its power, and no
    /// later flush tells.
    pub write_through: bool,
    /// It is reserved by this key: nobody else shall write to it. The upper 32 bits say who has it; the
    /// lower 32 count, from one session to the next that takes its place: it takes the unit over from
    /// those before it, and is shut out by those after it.
    pub key: Option<u64>,
    /// How long it may take until the unit is open.
    pub connect: Duration,
    /// How long operations wait for a target that is gone. Afterwards they fail until it is there again.
    pub patience: Duration,
}

/// Something that has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The unit is open, and as it says; or it is not, and the session is over.
    Opened(Result<Unit, Error>),
    /// An operation has ended.
    Done {
        /// What its caller called it.
        tag: u64,
        /// What became of it.
        result: Result<Outcome, Error>,
    },
    /// The unit has changed: its size or another of its properties.
    Changed(Unit),
    /// The answer to [`Session::look`].
    Looked(Result<Unit, Error>),
    /// The target is gone, and is looked for.
    Lost(Error),
    /// It is there again, and so is the unit.
    Back,
    /// The session is over.
    Closed,
}

/// How far a session has come.
#[derive(Debug)]
pub(crate) enum Stage {
    /// There is no connection; when the next is tried.
    Down(Instant),
    /// Until when there must be one.
    Connecting(Instant),
    LoggingIn(Instant),
    /// The step must be answered until then, or is taken then.
    Preparing(Box<Preparation>, Turn),
    Ready,
    /// Somebody else has the unit.
    Fenced,
    /// It is left; until when, at most.
    Leaving(Instant),
    Over,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Turn {
    Answered(Instant),
    Taken(Instant),
}

/// A session with one logical unit, which connects again by itself.
///
/// All of it is done by its caller's thread, in [`Session::drive`], and none of its calls waits: its
/// descriptor becomes readable when it is to be driven, which is also to be done once after anything
/// was asked of it. Each operation is named by a tag of the caller's choice, and ends as one
/// [`Event::Done`] with that tag, unless beginning it failed at once. Operations on what overlaps are
/// carried out in any order.
///
/// When the connection is lost, what was not answered is asked for again once there is another one.
/// That is safe: the target ends the old session when the new one logs in, since both are one nexus,
/// and is made to end what is left of it (LOGICAL UNIT RESET) before anything else is written.
pub struct Session {
    pub(crate) options: Options,
    pub(crate) poll: Poll,
    pub(crate) context: Option<Context>,
    pub(crate) stage: Stage,
    /// What the unit is, once it is open.
    pub(crate) unit: Option<Unit>,
    pub(crate) works: HashMap<u64, Work>,
    pub(crate) next: u64,
    /// What is to be sent.
    pub(crate) waiting: VecDeque<u64>,
    /// What is to be sent again at a time.
    pub(crate) later: Vec<(Instant, u64)>,
    pub(crate) flying: HashMap<u64, Flying>,
    pub(crate) dirt: Dirt,
    /// Something that changes the unit was on its way when a connection was lost.
    pub(crate) resets: bool,
    /// The unit has news.
    pub(crate) stale: bool,
    /// Somebody wants to know what it is.
    pub(crate) looks: u32,
    /// The session in the library is of no use.
    pub(crate) broken: bool,
    pub(crate) parting: Parting,
    pub(crate) opened_by: Instant,
    /// Since when there has been no connection.
    pub(crate) outage: Option<Instant>,
    pub(crate) backoff: Duration,
    /// Since when the target, which has let it in before, does not let it in.
    pub(crate) refused: Option<Instant>,
    /// When the target was last heard, and when it was asked whether it is there.
    pub(crate) heard: Instant,
    pub(crate) pinged: Option<Instant>,
    pub(crate) trouble: Error,
    pub(crate) events: Vec<Event>,
}

impl Session {
    /// Begins to open a unit: [`Event::Opened`].
    ///
    /// # Errors
    ///
    /// What it is opened with makes no sense, the library is missing, or the system has no descriptor.
    pub fn open(options: Options) -> Result<Self, Error> {
        options.credentials.check()?;
        options.address.check()?;
        crate::load()?;
        let poll = Poll::new().map_err(|error| Error::system("starting a session", &error))?;
        let now = Instant::now();
        let mut session = Self {
            opened_by: now + options.connect,
            options,
            poll,
            context: None,
            stage: Stage::Down(now),
            unit: None,
            works: HashMap::new(),
            next: 0,
            waiting: VecDeque::new(),
            later: Vec::new(),
            flying: HashMap::new(),
            dirt: Dirt::default(),
            resets: false,
            stale: false,
            looks: 0,
            broken: false,
            parting: Parting::No,
            outage: Some(now),
            backoff: crate::link::FIRST_BACKOFF,
            refused: None,
            heard: now,
            pinged: None,
            trouble: Error::of("connecting", Kind::NotReady),
            events: Vec::new(),
        };
        session.poll.wake(now, now);
        Ok(session)
    }

    /// What the unit is, once it is open.
    #[must_use]
    pub const fn unit(&self) -> Option<&Unit> {
        self.unit.as_ref()
    }

    /// For how long the target has not let it in, if it has let it in before: it has other secrets by now,
    /// or is not whole yet.
    #[must_use]
    pub fn refused_for(&self) -> Option<Duration> {
        self.refused.map(|since| since.elapsed())
    }

    /// Gives the unit up, as if another session had taken it: all operations end as fenced.
    pub fn give_up(&mut self) {
        self.fenced();
    }

    /// Begins an operation: [`Event::Done`]. It is sent by the next [`Session::drive`].
    ///
    /// # Errors
    ///
    /// It is not begun: it makes no sense for the unit, or the unit has not been there for too long.
    pub fn start(&mut self, tag: u64, order: Order) -> Result<(), Error> {
        let doing = order.doing();
        let unit = self.unit.as_ref().ok_or(Error::of(doing, Kind::NotReady))?;
        order.check(unit, self.options.read_only)?;
        match self.stage {
            Stage::Fenced => return Err(Error::of(doing, Kind::Fenced)),
            Stage::Leaving(_) | Stage::Over => return Err(Error::of(doing, Kind::NotReady)),
            _ if self.has_given_up(Instant::now()) => return Err(self.trouble.clone()),
            _ => {}
        }
        let number = self.next;
        self.next += 1;
        self.works.insert(number, Work::new(tag, order));
        self.waiting.push_back(number);
        Ok(())
    }

    /// Asks again what the unit is: [`Event::Looked`].
    pub fn look(&mut self) {
        match self.stage {
            Stage::Fenced | Stage::Leaving(_) | Stage::Over => {
                let error = Error::of("asking what the unit is", Kind::NotReady);
                self.events.push(Event::Looked(Err(error)));
            }
            _ => {
                self.looks += 1;
                self.stale = true;
            }
        }
    }

    /// Ends the session: [`Event::Closed`], once what has been begun has ended. Nothing else is to be
    /// begun.
    pub fn close(&mut self) {
        if !matches!(self.stage, Stage::Leaving(_) | Stage::Over) {
            self.leave(Instant::now());
        }
    }

    /// Does what there is to do, and tells what has happened.
    pub fn drive(&mut self) -> Vec<Event> {
        let happened = self.poll.take();
        if happened != 0 {
            self.serve(happened);
        }
        let now = Instant::now();
        self.advance(now);
        self.send_all(now);
        let alive = self.context.as_mut().is_none_or(Context::flush);
        self.broken |= !alive;
        self.take();
        if self.broken {
            self.lost(now);
        }
        self.watch();
        let at = self.deadline(now);
        self.poll.wake(at, now);
        std::mem::take(&mut self.events)
    }

    fn serve(&mut self, happened: i32) {
        if happened & i32::from(libc::POLLIN) != 0 {
            (self.heard, self.pinged) = (Instant::now(), None);
        }
        let Some(context) = &mut self.context else {
            return;
        };
        let alive = context.serve(happened);
        self.broken |= !alive || context.is_clogged();
        self.take();
        if self.broken {
            self.lost(Instant::now());
        }
    }

    /// Takes what the library has called back.
    fn take(&mut self) {
        let Some(context) = &mut self.context else {
            return;
        };
        for happened in context.take() {
            match happened {
                Happened::Connected(true) => self.connected(),
                Happened::LoggedIn(well) => self.logged_in(well),
                Happened::Task(number, status, buffer) => self.landed(number, status, buffer),
                Happened::Reset => self.was_reset(),
                Happened::LoggedOut => self.over(),
                Happened::Connected(false) => self.broken = true,
                Happened::Ping | Happened::Targets(_) => {}
            }
        }
    }

    fn watch(&mut self) {
        let Some((socket, events)) = self.context.as_ref().and_then(Context::waits) else {
            return;
        };
        if let Err(error) = self.poll.watch(socket, events) {
            self.trouble = Error::system("waiting for the target", &error);
            self.lost(Instant::now());
        }
    }
}

impl AsFd for Session {
    /// The descriptor to poll: it is readable when the session is to be driven.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.poll.as_fd()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("address", &self.options.address)
            .field("stage", &self.stage)
            .field("works", &self.works.len())
            .finish_non_exhaustive()
    }
}
