//! Files of upstream NFS servers.
//!
//! Each image is a session of its own, driven by the keeper's first thread: nothing waits, and there is
//! no other thread.

mod errand;
#[cfg(test)]
mod grown;
mod lines;
mod meaning;

use std::collections::{HashMap, VecDeque};
use std::io::Write as _;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use labelgate_control::{Anchor, KeptShape, NfsAnchor, NotServed, Text};
use labelgate_nfs_client::{
    Address, Attributes, Event as Happened, Memory, Options, Order, Outcome as Told, Owner, Place,
    Session,
};
use labelgate_queue_pair::{Failure, Operation, Outcome, Run};

use crate::backend::{Backend, Event, Opening};
use errand::{Errand, OWN};
use lines::{Lines, Server};
use meaning::{failure, not_served, shape};

/// How long operations wait for a server that is gone.
const PATIENCE: Duration = Duration::from_secs(60);

/// The most that is made zeros at a time, in bytes.
const MAX_RANGE: u64 = 1 << 30;

/// Upstream servers as a backend.
pub(crate) struct Nfs {
    memory: Memory,
    connect: Duration,
    images: HashMap<u32, Kept>,
    /// What is under way that is the keeper's own.
    errands: HashMap<u64, Errand>,
    next_errand: u64,
    /// Of which images the sessions are to be driven once more.
    again: Vec<u32>,
    /// What operations under way have done when they are: how long reads are, how large a file becomes.
    counts: HashMap<u64, u64>,
    /// What there is to tell besides what sessions say.
    news: VecDeque<Event>,
}

struct Kept {
    session: Session,
    anchor: NfsAnchor,
    opening: Opening,
    lines: Lines,
}

impl Kept {
    fn shape(&self) -> Option<KeptShape> {
        let file = self.session.file()?;
        Some(shape(file, self.anchor.write_through))
    }
}

impl Nfs {
    pub(crate) fn new(memory: Memory, connect: Duration) -> Self {
        Self {
            memory,
            connect,
            images: HashMap::new(),
            errands: HashMap::new(),
            next_errand: OWN,
            again: Vec::new(),
            counts: HashMap::new(),
            news: VecDeque::new(),
        }
    }

    fn place(&self, run: Run) -> Result<Place, Failure> {
        crate::memory::place(&self.memory, run)
    }

    fn order(&self, operation: Operation) -> Result<Order, Failure> {
        Ok(match operation {
            Operation::Read { offset, run } => Order::Read {
                offset,
                place: self.place(run)?,
            },
            Operation::Write {
                offset,
                run,
                stable,
            } => Order::Write {
                offset,
                place: self.place(run)?,
                stable,
            },
            Operation::Flush => Order::Flush,
            Operation::Discard { length, .. } | Operation::WriteZeroes { length, .. }
                if length == 0 || length > MAX_RANGE =>
            {
                return Err(Failure::Refused);
            }
            // A discard reads as zeros afterwards. Nothing else is known that makes them.
            Operation::Discard { offset, length }
            | Operation::WriteZeroes { offset, length, .. } => Order::Zero { offset, length },
            Operation::Extent { offset, .. } => Order::Extent { offset },
            Operation::Resize { size } => Order::Resize { size },
        })
    }

    fn happened(&mut self, image: u32, happened: Happened) {
        let event = match happened {
            Happened::Opened(result) => {
                return self.opened(image, result.map_err(|e| not_served(&e)));
            }
            Happened::Done { tag, result } if tag & OWN != 0 => {
                return self.ran(tag, result.map(drop));
            }
            Happened::Done { tag, result } => {
                let count = self.counts.remove(&tag).unwrap_or(0);
                let result = match result {
                    Ok(Told::Done) => Ok(Outcome::Done(count)),
                    Ok(Told::Extent { length, mapped }) => Ok(Outcome::Extent { length, mapped }),
                    Err(error) => Err(failure(&error)),
                };
                Event::Ended { tag, result }
            }
            Happened::Changed(_) => match self.images.get(&image).and_then(Kept::shape) {
                Some(shape) => Event::Resized(image, shape),
                None => return,
            },
            Happened::Looked(result) => {
                let shape = self.images.get(&image).and_then(Kept::shape);
                let looked = result.map_err(|error| Text::clean(&error.to_string()));
                let result = looked.and_then(|_| shape.ok_or(Text::clean("it is not open")));
                Event::Refreshed(image, result)
            }
            Happened::Lost(error) => return self.server(image, Server::Gone(error.to_string())),
            Happened::Back => return self.server(image, Server::There),
            Happened::Poisoned(error) => return say(image, &error.to_string()),
            Happened::Closed => {
                self.images.remove(&image);
                Event::Closed(image)
            }
        };
        self.news.push_back(event);
    }

    fn drive(&mut self, image: u32) {
        let Some(kept) = self.images.get_mut(&image) else {
            return;
        };
        for event in kept.session.drive() {
            self.happened(image, event);
        }
    }

    fn server(&mut self, image: u32, server: Server) {
        if let Some(kept) = self.images.get_mut(&image) {
            kept.lines.now(server);
        }
    }

    /// A session is open, or will not be.
    fn opened(&mut self, image: u32, result: Result<Attributes, NotServed>) {
        let Some(kept) = self.images.get(&image) else {
            return;
        };
        let wanted = kept.opening.size;
        match (result, wanted) {
            (Ok(file), Some(size)) if size > file.size => {
                self.grow(image, Errand::Open(image), size);
            }
            (Ok(_), _) => self.enter(image, Ok(())),
            (Err(why), _) => self.enter(image, Err(why)),
        }
    }

    /// An image is as it shall be, or is not served.
    fn enter(&mut self, image: u32, result: Result<(), NotServed>) {
        let kept = self.images.get(&image);
        let unfit = || NotServed::Unfit(Text::clean("it is not open"));
        let shape = kept.and_then(Kept::shape).ok_or_else(unfit);
        let result = result.and(shape);
        if let (Ok(_), Some(kept)) = (&result, kept) {
            let name = format!("{}:{}", kept.anchor.server, kept.anchor.export.as_str());
            self.news.push_back(Event::Connected(Text::clean(&name)));
        } else {
            self.images.remove(&image);
        }
        self.news.push_back(Event::Opened(image, result));
    }
}

/// To the supervisor, which logs it. If it is gone, nobody does.
fn say(image: u32, words: &str) {
    let _ = writeln!(
        std::io::stderr(),
        "labelgate-keeper: image {image}: {words}"
    );
}

fn options(anchor: &NfsAnchor, read_only: bool, connect: Duration) -> Options {
    Options {
        address: Address {
            server: anchor.server,
            nfs_port: anchor.nfs_port,
            mount_port: anchor.mount_port,
            export: anchor.export.as_str().to_owned(),
            path: anchor.path.as_str().to_owned(),
        },
        owner: Owner {
            uid: anchor.uid,
            gid: anchor.gid,
        },
        read_only,
        write_through: anchor.write_through,
        connect,
        patience: PATIENCE,
    }
}

impl Backend for Nfs {
    fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        self.images
            .values()
            .map(|kept| kept.session.as_fd())
            .collect()
    }

    fn events(&mut self) -> VecDeque<Event> {
        let mut due: Vec<u32> = self.images.keys().copied().collect();
        self.again.clear();
        while !due.is_empty() {
            for image in due {
                self.drive(image);
            }
            // What was asked of a session by what has just happened is sent now, not when a timer goes off.
            due = std::mem::take(&mut self.again);
        }
        let now = Instant::now();
        for (&image, kept) in &mut self.images {
            if let Some(line) = kept.lines.due(now) {
                say(image, &line);
            }
        }
        std::mem::take(&mut self.news)
    }

    fn open(&mut self, opening: Opening) {
        let image = opening.image;
        let Anchor::Nfs(anchor) = opening.anchor.clone() else {
            let why = NotServed::Unfit(Text::clean("its anchor is another backend's"));
            return self.news.push_back(Event::Opened(image, Err(why)));
        };
        match Session::open(options(&anchor, opening.read_only, self.connect)) {
            Ok(session) => {
                let kept = Kept {
                    session,
                    anchor,
                    opening,
                    lines: Lines::default(),
                };
                self.images.insert(image, kept);
            }
            Err(error) => {
                let event = Event::Opened(image, Err(not_served(&error)));
                self.news.push_back(event);
            }
        }
    }

    fn start(&mut self, tag: u64, image: u32, operation: Operation) -> Result<(), Failure> {
        let order = self.order(operation)?;
        let count = match &order {
            Order::Read { place, .. } => Some(place.len() as u64),
            Order::Resize { size } => Some(*size),
            _ => None,
        };
        let kept = self.images.get_mut(&image).ok_or(Failure::NotReady)?;
        let begun = kept.session.start(tag, order);
        begun.map_err(|error| failure(&error))?;
        self.counts.extend(count.map(|count| (tag, count)));
        Ok(())
    }

    fn refresh(&mut self, image: u32, size: Option<u64>) {
        let Some(kept) = self.images.get_mut(&image) else {
            let result = Err(Text::clean("the image is not open"));
            return self.news.push_back(Event::Refreshed(image, result));
        };
        let is = kept.session.file().map_or(0, |file| file.size);
        match size.filter(|size| *size > is) {
            Some(size) => self.grow(image, Errand::Refresh(image), size),
            None => kept.session.look(),
        }
    }

    fn close(&mut self, image: u32) {
        match self.images.get_mut(&image) {
            Some(kept) => kept.session.close(),
            None => self.news.push_back(Event::Closed(image)),
        }
    }
}
