//! Ceph's RBD.

mod cluster;
mod meaning;
mod open;
mod vigil;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use labelgate_control::{KeptShape, Text};
use labelgate_queue_pair::{Failure, Operation, Run};
use labelgate_rbd::{Completions, Error, Event as Happened, Image};
use labelgate_shared::{Mailbox, Memory, Place};

use crate::backend::{Backend, Event, Opening};
use crate::ends::Ends;
use cluster::Clusters;
use meaning::{failure, outcome};
use open::{Opened, Stage};
use vigil::Vigil;

/// Own operations have this bit in their tags; those of the worker do not.
const OWN: u64 = 1 << 63;

/// The most that is discarded or made zeros at a time, in bytes: it goes to each object of the range
/// at once.
const MAX_RANGE: u64 = 1 << 30;

/// RBD as a backend.
pub(crate) struct Rbd {
    memory: Memory,
    completions: Completions,
    clusters: Arc<Clusters>,
    /// Where threads put the images that they have opened.
    opened: Mailbox<Opened>,
    images: HashMap<u32, Kept>,
    /// Operations of our own.
    errands: HashMap<u64, Errand>,
    next_errand: u64,
    vigil: Vigil,
    /// What there is to tell besides what the library says.
    news: VecDeque<Event>,
}

struct Kept {
    image: Image,
    opening: Opening,
    stage: Stage,
}

/// What an operation of our own is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Errand {
    Lock(u32),
    /// While it is opened.
    Grow(u32),
    Refresh(u32),
    Close(u32),
}

impl Rbd {
    pub(crate) fn new(memory: Memory, ends: &Ends, connect: Duration) -> io::Result<Self> {
        let passing = ends.clone();
        Ok(Self {
            memory,
            completions: Completions::with(move |event| pass(&passing, event))?,
            clusters: Arc::new(Clusters::new(connect)),
            opened: Mailbox::new()?,
            images: HashMap::new(),
            errands: HashMap::new(),
            next_errand: OWN,
            vigil: Vigil::new(ends.clone())?,
            news: VecDeque::new(),
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

    fn run_errand(&mut self, errand: Errand, result: Result<labelgate_rbd::Outcome, Error>) {
        match errand {
            Errand::Lock(image) | Errand::Grow(image) => self.go_on(image, result),
            Errand::Refresh(image) => {
                let shape = self.images.get(&image).map(|kept| shape(&kept.image));
                let result = match (result, shape) {
                    (Ok(_), Some(shape)) => Ok(shape),
                    (Ok(_), None) => Err(Text::clean("the image is not open")),
                    (Err(error), _) => Err(Text::clean(&error.to_string())),
                };
                self.news.push_back(Event::Refreshed(image, result));
            }
            // That it could not be closed well changes nothing for anybody.
            Errand::Close(image) => self.news.push_back(Event::Closed(image)),
        }
    }
}

impl Backend for Rbd {
    fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        let vigil = self.vigil.found().as_fd();
        vec![self.completions.as_fd(), self.opened.as_fd(), vigil]
    }

    fn due(&self) -> Option<Instant> {
        self.vigil.due()
    }

    fn events(&mut self) -> VecDeque<Event> {
        for opened in self.opened.take() {
            self.vigil.opened();
            self.enter(opened);
        }
        for happened in self.completions.take() {
            match happened {
                Happened::Done { tag, result } if tag & OWN != 0 => {
                    if let Some(errand) = self.errands.remove(&tag) {
                        self.run_errand(errand, result);
                    }
                }
                Happened::Done { tag, result } => {
                    let result = match result {
                        Ok(told) => Ok(outcome(told)),
                        Err(error) => Err(failure(&error)),
                    };
                    self.news.push_back(Event::Ended { tag, result });
                }
                Happened::Resized { image, .. } => {
                    let image = u32::try_from(image).unwrap_or(u32::MAX);
                    if let Some(kept) = self.images.get(&image) {
                        let event = Event::Resized(image, shape(&kept.image));
                        self.news.push_back(event);
                    }
                }
            }
        }
        if let Some(error) = self.vigil.excluded() {
            let why = Text::clean(&error.to_string());
            self.news.push_back(Event::Excluded(why));
        }
        self.vigil.look(Instant::now(), || self.clusters.keys());
        std::mem::take(&mut self.news)
    }

    fn open(&mut self, opening: Opening) {
        self.vigil.opens();
        let (clusters, completions) = (Arc::clone(&self.clusters), self.completions.clone());
        open::begin(opening, clusters, completions, self.opened.clone());
    }

    fn start(&mut self, tag: u64, image: u32, operation: Operation) -> Result<(), Failure> {
        let image = &self.images.get(&image).ok_or(Failure::NotReady)?.image;
        let begun = match operation {
            Operation::Read { offset, run } => image.read(tag, offset, self.place(run)?),
            // Stable or not: what is answered is on the cluster's stable storage.
            Operation::Write { offset, run, .. } => image.write(tag, offset, self.place(run)?),
            Operation::Flush => image.flush(tag),
            Operation::Discard { length, .. } | Operation::WriteZeroes { length, .. }
                if length == 0 || length > MAX_RANGE =>
            {
                return Err(Failure::Refused);
            }
            // A discard may leave what was there where that is cheaper; this never does.
            Operation::Discard { offset, length } => image.write_zeroes(tag, offset, length, true),
            Operation::WriteZeroes {
                offset,
                length,
                unmap,
            } => image.write_zeroes(tag, offset, length, unmap),
            Operation::Extent { offset, .. } if offset >= image.size() => {
                return Err(Failure::OutOfRange);
            }
            Operation::Extent { offset, .. } => {
                image.extent(tag, offset);
                Ok(())
            }
            Operation::Resize { size } => {
                image.resize(tag, size, true);
                Ok(())
            }
        };
        begun.map_err(|error| failure(&error))
    }

    fn refresh(&mut self, image: u32, size: Option<u64>) {
        let tag = self.errand(Errand::Refresh(image));
        if let Some(kept) = self.images.get(&image)
            && let Some(size) = size
            && size > kept.image.size()
            && !kept.opening.read_only
        {
            return kept.image.resize(tag, size, false);
        }
        // It is watched: its size is known.
        self.errands.remove(&tag);
        self.run_errand(Errand::Refresh(image), Ok(labelgate_rbd::Outcome::Done));
    }

    fn close(&mut self, image: u32) {
        let tag = self.errand(Errand::Close(image));
        match self.images.remove(&image) {
            Some(kept) => kept.image.close(tag),
            None => {
                self.errands.remove(&tag);
                self.news.push_back(Event::Closed(image));
            }
        }
    }
}

/// On a thread of the library's: a transfer that has gone well is the worker's to know at once; what
/// else has happened is left.
fn pass(ends: &Ends, happened: Happened) -> Option<Happened> {
    match happened {
        Happened::Done {
            tag,
            result: Ok(labelgate_rbd::Outcome::Done),
        } if tag & OWN == 0 && ends.transferred(tag) => None,
        happened => Some(happened),
    }
}

/// What an image looks like.
fn shape(image: &Image) -> KeptShape {
    KeptShape {
        size: image.size(),
        physical_block: meaning::PHYSICAL_BLOCK,
        discard: true,
        // The cluster answers a write when all copies have it.
        stable_writes: true,
    }
}
