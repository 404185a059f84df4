//! A session with one file.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use labelgate_shared::Poll;

use crate::address::Handle;
use crate::ask::Ask;
use crate::attributes::Attributes;
use crate::carry::Flying;
use crate::context::Context;
use crate::dirt::Dirt;
use crate::leave::PARTING;
use crate::link::Ports;
use crate::numbers::Numbers;
use crate::order::{Order, Outcome, Work};
use crate::patience::Moved;
use crate::prepare::Preparation;
use crate::settle::PREPARATION;
use crate::{Address, Error, Kind, Owner};

/// How a file is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Where it is.
    pub address: Address,
    /// Whose calls they are.
    pub owner: Owner,
    /// It is only read.
    pub read_only: bool,
    /// Every change is on stable storage when it has ended (`FILE_SYNC`), and a flush has nothing to do:
    /// a server may be restarted, or lose its power, at any time. Otherwise it may be in the server's
    /// memory until it is flushed, which is faster where flushes are few; and a server that is restarted
    /// meanwhile has lost what its clients do not know to be lost, so the file fails until it is opened
    /// anew ([`Event::Poisoned`]). A predecessor that was killed over what it had not flushed, with a
    /// server that was restarted before its successor was there, is lost without a word. So this is
    /// to be set, unless whoever reads the file can live with that.
    pub write_through: bool,
    /// How long it may take until the file is open.
    pub connect: Duration,
    /// How long an operation waits for a server that does nothing of it, be it gone or there. When it is
    /// gone, those that come later fail at once until it is there again.
    pub patience: Duration,
}

/// Something that has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The file is open; or it is not, and the session is over.
    Opened(Result<Attributes, Error>),
    /// An operation has ended.
    Done {
        /// What its caller called it.
        tag: u64,
        /// What became of it.
        result: Result<Outcome, Error>,
    },
    /// The file has changed: its size or another of its attributes.
    Changed(Attributes),
    /// The answer to [`Session::look`].
    Looked(Result<Attributes, Error>),
    /// The server is gone, and is looked for.
    Lost(Error),
    /// It is there again, and so is the file: something was answered, or the connection has stood for a
    /// while. One that goes at once is no news.
    Back,
    /// What had ended well may be lost: the server was restarted before it was flushed, or could not
    /// flush it. Everything fails from now on; the session is to be closed, and the file checked and
    /// opened anew by whoever knows what was in it.
    Poisoned(Error),
    /// The session is over.
    Closed,
}

/// How far a session has come.
#[derive(Debug)]
pub(crate) enum Stage {
    /// There is no connection; when the next is tried.
    Down(Instant),
    /// Something is asked before; until when.
    Asking(Box<Ask>, Instant),
    /// Until when there must be a connection.
    Connecting(OwnedFd, Instant),
    /// The step must be answered until then, or is taken then.
    Preparing(Box<Preparation>, Turn),
    Ready,
    /// What was written may be lost.
    Poisoned,
    /// It is left; until when, at most.
    Leaving(Instant),
    Over,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Turn {
    Answered(Instant),
    Taken(Instant),
}

/// A session with one file, which connects again by itself.
///
/// All of it is done by its caller's thread, in [`Session::drive`], and none of its calls waits: its
/// descriptor becomes readable when it is to be driven, which is also to be done once after anything
/// was asked of it. Each operation is named by a tag of the caller's choice, and ends as one
/// [`Event::Done`] with that tag, unless beginning it failed at once. Operations on what overlaps are
/// carried out in any order.
///
/// When the connection is lost, what was not answered is asked for again once there is another one. A
/// write is the same when it is carried out twice; it would not be if a server carried the first one out
/// after a later write to the same place. Version 3 of NFS has no means to forbid it that. A connection is
/// closed by a reset: what has not been sent never is, and the server hears of it at once, though it may
/// carry out what it has received. One that stands is given up only when a call has not been answered for
/// 30 seconds, or a read waits on it whose patience is over. A write keeps its number when it is sent again,
/// so that a server that knows it by that and the client's address alone need not carry it out twice; the
/// port is another one on each connection, since whoever uses this may not be let choose one.
pub struct Session {
    pub(crate) options: Options,
    pub(crate) poll: Poll,
    pub(crate) context: Option<Context>,
    pub(crate) stage: Stage,
    pub(crate) ports: Ports,
    /// The exported directory; none if it is to be asked for.
    pub(crate) root: Option<Handle>,
    /// The file, once it has been found.
    pub(crate) handle: Option<Handle>,
    /// What it is, once it is open.
    pub(crate) file: Option<Attributes>,
    pub(crate) works: HashMap<u64, Work>,
    pub(crate) next: u64,
    pub(crate) numbers: Numbers,
    /// What is to be sent.
    pub(crate) waiting: VecDeque<u64>,
    /// What is to be sent again at a time.
    pub(crate) later: Vec<(Instant, u64)>,
    pub(crate) flying: HashMap<u64, Flying>,
    pub(crate) moved: Moved,
    pub(crate) dirt: Dirt,
    /// The handle is of nothing any more, or seems so: the file is to be found anew.
    pub(crate) stale_handle: bool,
    /// The file has news.
    pub(crate) stale: bool,
    /// Somebody wants to know what it is.
    pub(crate) looks: u32,
    /// Since when it is being asked what the file is, if it is.
    pub(crate) asks_since: Instant,
    /// The connection is of no use.
    pub(crate) broken: bool,
    /// The last flush is under way.
    pub(crate) parting: bool,
    pub(crate) opened_by: Instant,
    /// Since when there has been no connection.
    pub(crate) outage: Option<Instant>,
    pub(crate) backoff: Duration,
    /// Since when there has been a connection that has not proved good for anything yet.
    pub(crate) unproved: Option<Instant>,
    /// Whoever drives the session has been told that the server is gone, and not that it is back.
    pub(crate) told: bool,
    pub(crate) trouble: Error,
    pub(crate) events: Vec<Event>,
}

impl Session {
    /// Begins to open a file: [`Event::Opened`].
    ///
    /// # Errors
    ///
    /// Its path makes no sense, or the system has no descriptor.
    pub fn open(options: Options) -> Result<Self, Error> {
        options.address.check()?;
        let poll = Poll::new().map_err(|error| Error::system("starting a session", &error))?;
        let now = Instant::now();
        let mut session = Self {
            opened_by: now + options.connect,
            ports: Ports::of(&options.address),
            options,
            poll,
            context: None,
            stage: Stage::Down(now),
            root: None,
            handle: None,
            file: None,
            works: HashMap::new(),
            next: 0,
            numbers: Numbers::new(),
            waiting: VecDeque::new(),
            later: Vec::new(),
            flying: HashMap::new(),
            moved: Moved::at(now),
            dirt: Dirt::default(),
            stale_handle: false,
            stale: false,
            looks: 0,
            asks_since: now,
            broken: false,
            parting: false,
            outage: Some(now),
            backoff: crate::link::FIRST_BACKOFF,
            unproved: None,
            told: false,
            trouble: Error::of("connecting", Kind::NotReady),
            events: Vec::new(),
        };
        session.poll.wake(now, now);
        Ok(session)
    }

    /// What the file is, once it is open.
    #[must_use]
    pub const fn file(&self) -> Option<&Attributes> {
        self.file.as_ref()
    }

    /// Begins an operation: [`Event::Done`]. It is sent by the next [`Session::drive`].
    ///
    /// # Errors
    ///
    /// It is not begun: it makes no sense for the file, the server has not been there for too long, or
    /// has lost what was written.
    pub fn start(&mut self, tag: u64, order: Order) -> Result<(), Error> {
        let doing = order.doing();
        let file = self.file.as_ref().ok_or(Error::of(doing, Kind::NotReady))?;
        match self.stage {
            Stage::Poisoned => return Err(self.trouble.clone()),
            Stage::Leaving(_) | Stage::Over => return Err(Error::of(doing, Kind::NotReady)),
            _ => order.check(file, self.options.read_only)?,
        }
        let now = Instant::now();
        if self.has_given_up(now) {
            return Err(self.trouble.clone());
        }
        let number = self.next;
        self.next += 1;
        self.works.insert(number, Work::new(tag, order, now));
        self.waiting.push_back(number);
        Ok(())
    }

    /// Asks again what the file is: [`Event::Looked`].
    pub fn look(&mut self) {
        match self.stage {
            Stage::Poisoned | Stage::Leaving(_) | Stage::Over => {
                let error = Error::of("asking what the file is", Kind::NotReady);
                self.events.push(Event::Looked(Err(error)));
            }
            _ => {
                self.looks += 1;
                self.stale = true;
            }
        }
    }

    /// Ends the session: [`Event::Closed`], once what has been begun has ended, and a flush after it if
    /// there is anything to be flushed. Nothing else is to be begun.
    pub fn close(&mut self) {
        if !matches!(self.stage, Stage::Leaving(_) | Stage::Over) {
            self.leave(Instant::now());
        }
    }

    /// Does what there is to do, and tells what has happened.
    pub fn drive(&mut self) -> Vec<Event> {
        let happened = self.poll.take();
        if happened != 0 {
            self.serve();
        }
        let now = Instant::now();
        self.advance(now);
        self.send_all(now);
        if let Some(context) = &mut self.context
            && !context.flush()
        {
            self.trouble = Error::of("sending a call", Kind::NotReady).with(&context.said());
            self.broken = true;
        }
        self.take();
        if self.broken {
            self.lost(now);
        }
        self.watch();
        let at = self.deadline(now);
        self.poll.wake(at, now);
        std::mem::take(&mut self.events)
    }

    fn serve(&mut self) {
        match &mut self.stage {
            Stage::Asking(ask, _) => {
                let told = ask.serve();
                return self.told(told);
            }
            Stage::Connecting(..) => return self.connected(),
            _ => {}
        }
        if let Some(context) = &mut self.context
            && !context.serve()
        {
            self.trouble = Error::of("waiting for an answer", Kind::NotReady).with(&context.said());
            self.broken = true;
        }
        self.take();
        if self.broken {
            self.lost(Instant::now());
        }
    }

    /// Takes what was answered.
    fn take(&mut self) {
        let Some(context) = &mut self.context else {
            return;
        };
        for (number, reply) in context.take() {
            match number {
                PREPARATION => self.answered(reply),
                PARTING => self.over(),
                number => self.landed(number, reply),
            }
        }
        if self.dirt.is_lost() {
            self.poison();
        }
    }

    fn watch(&mut self) {
        let (socket, events) = match (&self.stage, &self.context) {
            (Stage::Asking(ask, _), _) => ask.waits(),
            (Stage::Connecting(socket, _), _) => (socket.as_fd(), libc::POLLOUT.into()),
            (_, Some(context)) => context.waits(),
            _ => return,
        };
        if let Err(error) = self.poll.watch(socket, events) {
            self.trouble = Error::system("waiting for the server", &error);
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
