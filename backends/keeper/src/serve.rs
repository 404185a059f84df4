//! The loop.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use labelgate_control::{
    FromKeeper, Incoming, KeepImage, KeeperEnd, KeeperLimits, NotServed, SendError, Text, ToKeeper,
};
use labelgate_queue_pair::{KeeperSide, KeeperTaking};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::backend::{Backend, Event, Opening};
use crate::ends::Ends;
use crate::images::{Entered, Images, Leave};
use crate::outgoing::Outgoing;
use crate::{Fault, anchor};

/// How many messages are taken in one turn, so that the worker does not wait for the supervisor.
const BURST: usize = 16;

/// How long a keeper serves on whose supervisor is gone: its worker then flushes its images, for
/// five seconds at most.
const ORPHANED: Duration = Duration::from_secs(6);

/// How long closing all images may take after that.
const CLOSING: Duration = Duration::from_secs(6);

/// How long a worker that asks without a pause is served before the supervisor is heard again.
const UNSEEN: Duration = Duration::from_millis(1);

/// How soon a full control socket is tried again.
const AGAIN: Duration = Duration::from_millis(10);

/// A keeper at work.
pub(crate) struct Keeper<B> {
    pub(crate) control: KeeperEnd,
    pub(crate) queue: KeeperTaking,
    pub(crate) ends: Ends,
    /// The next operation's, for the backend.
    pub(crate) next_tag: u64,
    /// This thread has answered something since the worker's bell was last thought of.
    pub(crate) answered: bool,
    pub(crate) backend: B,
    pub(crate) images: Images,
    pub(crate) outgoing: Outgoing,
    limits: KeeperLimits,
    /// An eventfd in non-blocking mode.
    bell: OwnedFd,
    stage: Stage,
}

/// A keeper's end of what it shares with its worker.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) queue: KeeperTaking,
    pub(crate) ends: Ends,
    /// The keeper's own.
    pub(crate) bell: OwnedFd,
}

impl Line {
    /// Of two bells, that of the worker and the keeper's own.
    pub(crate) fn new(side: KeeperSide, worker: OwnedFd, own: OwnedFd) -> Self {
        let (queue, answering) = side.split();
        Self {
            queue,
            ends: Ends::new(answering, worker),
            bell: own,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Serving,
    /// The supervisor is gone; until then the worker is still served.
    Orphaned(Instant),
    /// Images are being closed; until then, at most.
    Leaving(Option<Instant>),
}

impl<B: Backend> Keeper<B> {
    pub(crate) fn new(
        (control, limits): (KeeperEnd, KeeperLimits),
        line: Line,
        backend: B,
    ) -> Self {
        Self {
            control,
            queue: line.queue,
            ends: line.ends,
            next_tag: 0,
            answered: false,
            backend,
            images: Images::default(),
            outgoing: Outgoing::default(),
            limits,
            bell: line.bell,
            stage: Stage::Serving,
        }
    }

    /// Serves until the supervisor wants the keeper to leave, or is gone.
    pub(crate) fn serve(mut self) -> Result<(), Fault> {
        let mut looked = Instant::now();
        loop {
            let mut busy = self.take_operations()?;
            busy |= self.take_events()?;
            self.ring();
            self.speak()?;
            self.advance();
            if self.has_left() || self.is_over() {
                return Ok(());
            }
            // The last thing before the wait: what comes from here on rings the bell.
            let sleeps = !busy && self.queue.arm();
            if !sleeps && looked.elapsed() < UNSEEN {
                continue;
            }
            let control = self.wait(sleeps)?;
            looked = Instant::now();
            self.queue.disarm();
            if control {
                self.take_commands()?;
            }
        }
    }

    /// Waits until something has happened, if it may; whether that is something on the control
    /// socket.
    fn wait(&self, sleeps: bool) -> Result<bool, Fault> {
        let listens = matches!(self.stage, Stage::Serving | Stage::Leaving(None));
        let backend = self.backend.descriptors();
        let mut polled = vec![PollFd::new(&self.bell, PollFlags::IN)];
        if listens {
            // Not otherwise: its end would be told for ever.
            polled.push(PollFd::new(&self.control, PollFlags::IN));
        }
        polled.extend(backend.iter().map(|fd| PollFd::new(fd, PollFlags::IN)));
        let time = match sleeps {
            true => self
                .deadline()
                .map(|due| due.saturating_duration_since(Instant::now())),
            false => Some(Duration::ZERO),
        };
        let time = time.map(|time| Timespec::try_from(time).unwrap_or_default());
        match poll(&mut polled, time.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(false),
            Err(error) => return Err(Fault::Wait(io::Error::from(error))),
        }
        let ready = |at: usize| polled.get(at).is_some_and(|fd| !fd.revents().is_empty());
        if ready(0) {
            // Before anybody looks what it was rung for. That nobody has rung is no error.
            let _ = rustix::io::read(&self.bell, &mut [0; 8]);
        }
        Ok(listens && ready(1))
    }

    fn deadline(&self) -> Option<Instant> {
        let stage = match self.stage {
            Stage::Serving => None,
            Stage::Orphaned(until) => Some(until),
            Stage::Leaving(until) => until,
        };
        let again = (!self.outgoing.is_empty()).then(|| Instant::now() + AGAIN);
        let backend = self.backend.due();
        stage.into_iter().chain(again).chain(backend).min()
    }

    /// Rings the worker's bell if this thread has answered it, and it sleeps.
    fn ring(&mut self) {
        if std::mem::take(&mut self.answered) {
            self.ends.ring();
        }
    }

    fn speak(&mut self) -> Result<(), Fault> {
        match self.outgoing.send(&self.control) {
            Err(SendError::Closed) => {
                self.outgoing = Outgoing::default();
                self.orphaned();
                Ok(())
            }
            sent => Ok(sent?),
        }
    }

    fn take_commands(&mut self) -> Result<(), Fault> {
        for _ in 0..BURST {
            match self.control.receive()? {
                Incoming::Message(message) => self.command(message),
                Incoming::Withheld(ToKeeper::AddImage(image, _)) => {
                    self.refuse(image.image, NotServed::Withheld);
                }
                Incoming::Withheld(_) => {}
                Incoming::Nothing => return Ok(()),
                Incoming::Closed => {
                    self.orphaned();
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn command(&mut self, message: ToKeeper) {
        match message {
            // They come first and once; what they settle cannot be changed.
            ToKeeper::Configure(_)
            | ToKeeper::Memory(_)
            | ToKeeper::Queues(_)
            | ToKeeper::Bell(_)
            | ToKeeper::OwnBell(_)
            | ToKeeper::Anchors(_) => {}
            ToKeeper::AddImage(image, descriptor) => self.add(image, descriptor),
            ToKeeper::RefreshImage { image, size } => self.refresh(image, size),
            ToKeeper::RemoveImage { image } => self.remove(image),
            ToKeeper::Leave => self.leave(None),
        }
    }

    fn add(&mut self, keep: KeepImage, descriptor: OwnedFd) {
        let image = keep.image;
        if self.stage != Stage::Serving || self.images.len() >= self.limits.images as usize {
            return self.refuse(image, unfit("there are as many images as there may be"));
        }
        let anchor = match anchor::read(keep.handed, descriptor) {
            Ok(anchor) => anchor,
            Err(fault) => return self.refuse(image, fault.into()),
        };
        if !self.images.add(image) {
            return self.refuse(image, unfit("an image of this number is there already"));
        }
        self.backend.open(Opening {
            image,
            anchor,
            read_only: keep.read_only,
            size: keep.size.filter(|_| !keep.read_only),
        });
    }

    fn refuse(&mut self, image: u32, why: NotServed) {
        let result = Err(why);
        self.outgoing
            .push(FromKeeper::ImageOpened { image, result });
    }

    fn refresh(&mut self, image: u32, size: Option<u64>) {
        if self.images.is_open(image) {
            return self.backend.refresh(image, size);
        }
        // One that is being opened has the size that it is opened with; a larger one it gets then.
        if self.images.want(image, size) {
            return;
        }
        let result = Err(Text::clean("the image is not open"));
        self.outgoing
            .push(FromKeeper::ImageRefreshed { image, result });
    }

    fn remove(&mut self, image: u32) {
        match self.images.leave(image) {
            Leave::Gone => self.outgoing.push(FromKeeper::ImageRemoved { image }),
            Leave::Close => self.backend.close(image),
            Leave::Wait => {}
        }
    }

    fn take_events(&mut self) -> Result<bool, Fault> {
        let events = self.backend.events();
        let any = !events.is_empty();
        for event in events {
            match event {
                Event::Connected(instance) => {
                    self.outgoing.push(FromKeeper::Connected { instance });
                }
                Event::Opened(image, result) => {
                    let entered = self.images.opened(image, result.is_ok());
                    self.outgoing
                        .push(FromKeeper::ImageOpened { image, result });
                    match entered {
                        Entered::Say => {
                            if let Some(size) = self.images.wanted(image) {
                                self.backend.refresh(image, Some(size));
                            }
                        }
                        Entered::Close => self.backend.close(image),
                        Entered::Left => self.outgoing.push(FromKeeper::ImageRemoved { image }),
                    }
                }
                Event::Ended { tag, result } => self.ended(tag, result)?,
                Event::Excluded(why) => return Err(Fault::Excluded(why)),
                Event::Refreshed(image, result) => {
                    self.outgoing
                        .push(FromKeeper::ImageRefreshed { image, result });
                }
                Event::Resized(image, shape) => {
                    if self.images.is_open(image) {
                        self.outgoing
                            .push(FromKeeper::ImageResized { image, shape });
                    }
                }
                Event::Closed(image) => {
                    if self.images.closed(image) {
                        self.outgoing.push(FromKeeper::ImageRemoved { image });
                    }
                }
            }
        }
        Ok(any)
    }

    fn orphaned(&mut self) {
        if matches!(self.stage, Stage::Serving | Stage::Leaving(None)) {
            self.stage = Stage::Orphaned(Instant::now() + ORPHANED);
        }
    }

    fn leave(&mut self, until: Option<Instant>) {
        for image in self.images.leave_all() {
            self.backend.close(image);
        }
        self.stage = Stage::Leaving(until);
    }

    fn advance(&mut self) {
        if let Stage::Orphaned(until) = self.stage
            && until <= Instant::now()
        {
            self.leave(Some(Instant::now() + CLOSING));
        }
    }

    /// Whether another keeper is to try what this one cannot do.
    fn is_over(&self) -> bool {
        self.backend.is_over() && self.images.len() == 0 && self.outgoing.is_empty()
    }

    fn has_left(&self) -> bool {
        match self.stage {
            Stage::Serving | Stage::Orphaned(_) => false,
            Stage::Leaving(until) => {
                let overdue = until.is_some_and(|until| until <= Instant::now());
                overdue || (self.images.len() == 0 && self.outgoing.is_empty())
            }
        }
    }
}

fn unfit(words: &str) -> NotServed {
    NotServed::Unfit(Text::clean(words))
}
