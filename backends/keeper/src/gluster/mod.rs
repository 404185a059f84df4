//! Gluster.

mod meaning;
mod open;
mod reach;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use labelgate_control::{GlusterVolume, KeptShape, NotServed, Text};
use labelgate_gluster::{Done, Error, Image, Kind, Outcome, Volume};
use labelgate_queue_pair::{Failure, Operation, Run};
use labelgate_shared::{Mailbox, Memory, Place};

use crate::backend::{Backend, Event, Opening};
use crate::ends::Ends;
use meaning::{failure, outcome};
use open::Opened;

pub(crate) use open::connect;
pub(crate) use reach::Reached;

/// Own operations have this bit in their tags; those of the worker do not.
const OWN: u64 = 1 << 63;

/// The most that is discarded or made zeros at a time, in bytes: a brick does it as one thing.
const MAX_RANGE: u64 = 1 << 30;

/// Gluster as a backend.
pub(crate) struct Gluster {
    memory: Memory,
    on: GlusterVolume,
    /// What it is connected to, or why it is not: then nothing is opened, and another keeper may try.
    volume: Result<Volume, Text<256>>,
    done: Mailbox<Done>,
    /// Where threads put the images that they have opened.
    opened: Mailbox<Opened>,
    images: HashMap<u32, Image>,
    /// Operations of our own.
    errands: HashMap<u64, Errand>,
    next_errand: u64,
    /// What is being discarded: of which image, from where, how much.
    discards: HashMap<u64, (u32, u64, u64)>,
    /// What there is to tell besides what the library says.
    news: VecDeque<Event>,
    /// Somebody was told that there is no connection.
    denied: bool,
}

/// What an operation of our own is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Errand {
    Refresh(u32),
    Close(u32),
}

impl Gluster {
    pub(crate) fn new(
        memory: Memory,
        ends: &Ends,
        (on, volume): (GlusterVolume, Result<Volume, Text<256>>),
    ) -> io::Result<Self> {
        let ends = ends.clone();
        Ok(Self {
            memory,
            on,
            volume,
            done: Mailbox::with(move |done| pass(&ends, done))?,
            opened: Mailbox::new()?,
            images: HashMap::new(),
            errands: HashMap::new(),
            next_errand: OWN,
            discards: HashMap::new(),
            news: VecDeque::new(),
            denied: false,
        })
    }

    fn errand(&mut self, errand: Errand) -> u64 {
        let tag = self.next_errand;
        self.next_errand = tag.wrapping_add(1) | OWN;
        self.errands.insert(tag, errand);
        tag
    }

    fn place(&self, run: Run) -> Result<Place, Failure> {
        crate::memory::place(&self.memory, run)
    }

    fn run_errand(&mut self, errand: Errand, result: Result<Outcome, Error>) {
        match errand {
            Errand::Refresh(image) => {
                let shape = self.images.get(&image).map(shape);
                let result = match (result, shape) {
                    (Ok(_), Some(shape)) => Ok(shape),
                    (Ok(_), None) => Err(Text::clean("the image is not open")),
                    (Err(error), _) => Err(Text::clean(&error.to_string())),
                };
                self.news.push_back(Event::Refreshed(image, result));
            }
            // There was no thread to wait for what is under way: only the end of this process closes it.
            Errand::Close(_) if result.as_ref().is_err_and(is_short) => self.denied = true,
            // That it could not be closed well changes nothing for anybody.
            Errand::Close(image) => self.news.push_back(Event::Closed(image)),
        }
    }

    /// Writes the zeros that a volume without a way to discard is asked for. Whether that has begun.
    fn write_zeros(&self, tag: u64, image: u32, offset: u64, length: u64) -> bool {
        let image = self.images.get(&image);
        image.is_some_and(|image| image.zero_fill(tag, offset, length).is_ok())
    }

    /// A thread has opened an image, or could not.
    fn enter(&mut self, Opened { image, result }: Opened) {
        let result = result.map(|opened| {
            let shape = shape(&opened);
            self.images.insert(image, opened);
            shape
        });
        self.news.push_back(Event::Opened(image, result));
    }
}

impl Backend for Gluster {
    fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        vec![self.done.as_fd(), self.opened.as_fd()]
    }

    fn events(&mut self) -> VecDeque<Event> {
        for opened in self.opened.take() {
            self.enter(opened);
        }
        for Done { tag, result } in self.done.take() {
            if tag & OWN != 0 {
                if let Some(errand) = self.errands.remove(&tag) {
                    self.run_errand(errand, result);
                }
                continue;
            }
            let discarded = self.discards.remove(&tag);
            if let Some((image, offset, length)) = discarded
                && result.as_ref().is_err_and(is_unknown)
                && self.write_zeros(tag, image, offset, length)
            {
                continue;
            }
            let result = match result {
                Ok(told) => Ok(outcome(told)),
                Err(error) => Err(failure(&error)),
            };
            self.news.push_back(Event::Ended { tag, result });
        }
        std::mem::take(&mut self.news)
    }

    fn open(&mut self, opening: Opening) {
        let image = opening.image;
        match &self.volume {
            Ok(volume) => open::begin(opening, &self.on, volume, &self.done, &self.opened),
            Err(why) => {
                let result = Err(NotServed::Unreachable(why.clone()));
                self.news.push_back(Event::Opened(image, result));
                self.denied = true;
            }
        }
    }

    fn is_over(&self) -> bool {
        self.denied && self.news.is_empty()
    }

    fn start(&mut self, tag: u64, image: u32, operation: Operation) -> Result<(), Failure> {
        let number = image;
        let image = self.images.get(&image).ok_or(Failure::NotReady)?;
        let begun = match operation {
            Operation::Read { offset, run } => image.read(tag, offset, self.place(run)?),
            Operation::Write {
                offset,
                run,
                stable,
            } => image.write(tag, offset, self.place(run)?, stable),
            Operation::Flush => image.flush(tag),
            Operation::Discard { length, .. } | Operation::WriteZeroes { length, .. }
                if length == 0 || length > MAX_RANGE =>
            {
                return Err(Failure::Refused);
            }
            Operation::Discard { offset, length }
            | Operation::WriteZeroes {
                offset,
                length,
                unmap: true,
            } => {
                let begun = image.discard(tag, offset, length);
                if begun.is_ok() {
                    self.discards.insert(tag, (number, offset, length));
                }
                begun
            }
            Operation::WriteZeroes { offset, length, .. } => image.zero_fill(tag, offset, length),
            Operation::Extent { offset, .. } if offset >= image.size() => {
                return Err(Failure::OutOfRange);
            }
            Operation::Extent { offset, .. } => {
                image.extent(tag, offset);
                Ok(())
            }
            Operation::Resize { size } => {
                image.resize(tag, size);
                Ok(())
            }
        };
        begun.map_err(|error| failure(&error))
    }

    fn refresh(&mut self, image: u32, size: Option<u64>) {
        let tag = self.errand(Errand::Refresh(image));
        match self.images.get(&image) {
            Some(image) => image.refresh(tag, size),
            None => {
                self.errands.remove(&tag);
                self.run_errand(Errand::Refresh(image), Ok(Outcome::Done));
            }
        }
    }

    fn close(&mut self, image: u32) {
        let tag = self.errand(Errand::Close(image));
        match self.images.remove(&image) {
            Some(image) => image.close(tag),
            None => {
                self.errands.remove(&tag);
                self.news.push_back(Event::Closed(image));
            }
        }
    }
}

/// On a thread of the library's: a transfer that has gone well is the worker's to know at once; what
/// else has ended is left.
fn pass(ends: &Ends, done: Done) -> Option<Done> {
    let well = done.result == Ok(Outcome::Done) && done.tag & OWN == 0;
    (!well || !ends.transferred(done.tag)).then_some(done)
}

/// Whether the system had no thread for it.
fn is_short(error: &Error) -> bool {
    error.kind() == Kind::Resources
}

/// Whether the volume does not know the request.
fn is_unknown(error: &Error) -> bool {
    error.kind() == Kind::Unsupported
}

/// What an image looks like.
fn shape(image: &Image) -> KeptShape {
    KeptShape {
        size: image.size(),
        physical_block: meaning::PHYSICAL_BLOCK,
        discard: true,
        // One that is to be stable is written through to the bricks' disks.
        stable_writes: true,
    }
}
