//! The images a worker serves.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::rc::Rc;
use std::time::Instant;

use labelgate_backends::{
    FileImage, Held, Image, KeptImage, KeptRequest, Request, ResizeError, Shape, Step,
};
use labelgate_engine::tree::Answer;
use labelgate_engine::{
    Completion, ConnectionId, Geometry, ImageError, ImageId, IoId, Operation, Place,
};
use labelgate_pages::{Counters, Ended};

use crate::driver::{Purpose, Ticket};
use crate::epochs::Epochs;
use crate::keepers::Answered;
use crate::meter::{self, Meter};

/// What comes of an operation or a call.
#[derive(Debug)]
pub(crate) enum Progress {
    /// A flush of this image has failed. Comes before the end of the operation that found it.
    Poisoned(ImageId),
    /// The kernel has refused an operation on this image.
    Refused(ImageId),
    /// It has done one again after that.
    Restored(ImageId),
    /// It has ended.
    Done(Ticket, Completion),
    /// The driver is to run this.
    System(Ticket, Request),
    /// A keeper is to do this.
    Kept(Ticket, KeptRequest),
    /// A call of a tree has been answered.
    Answered(IoId, Box<Answer>),
    /// Everything of its image that was begun before has ended; or the image is not there.
    Settled(IoId, Result<(), ImageError>),
}

/// The images, by number.
pub(crate) struct Images {
    table: BTreeMap<ImageId, Entry>,
    counters: Rc<Counters>,
}

/// An image of any kind.
#[derive(Debug)]
pub(crate) enum Stored {
    /// In a file, or on a block device.
    File(FileImage),
    /// With a keeper.
    Kept(KeptImage),
}

struct Entry {
    image: Stored,
    /// Where it is counted.
    slot: u32,
    /// Operations that wait for others of this image, oldest first.
    held: VecDeque<(Ticket, Held)>,
    /// Operations that have not ended.
    in_flight: Epochs,
    leaving: Leaving,
    /// The supervisor knows of the poison, or is about to.
    known_poisoned: bool,
    /// The kernel has refused the last operation that it decided.
    refused: bool,
}

/// How far an image's removal has got.
#[derive(Debug)]
enum Leaving {
    No,
    /// No new operation begins. It waits for these connections to close and for what is in
    /// flight to end.
    Waiting(BTreeSet<ConnectionId>),
    Flushing,
    Flushed,
}

impl Images {
    /// None yet.
    pub(crate) const fn new(counters: Rc<Counters>) -> Self {
        let table = BTreeMap::new();
        Self { table, counters }
    }

    /// Takes an image; the one that had the number, if any, must have been removed.
    pub(crate) fn add(&mut self, id: ImageId, image: impl Into<Stored>, slot: u32) {
        let image = image.into();
        let entry = Entry {
            known_poisoned: image.poisoned(),
            image,
            slot,
            held: VecDeque::new(),
            in_flight: Epochs::default(),
            leaving: Leaving::No,
            refused: false,
        };
        self.table.insert(id, entry);
    }

    pub(crate) fn contains(&self, id: ImageId) -> bool {
        self.table.contains_key(&id)
    }

    /// Looks at an image's size again, after growing it if it is smaller than `size` bytes: its
    /// shape, and whether that is new.
    pub(crate) fn refresh(
        &mut self,
        id: ImageId,
        size: Option<u64>,
        out: &mut VecDeque<Progress>,
    ) -> Result<(Geometry, bool), ResizeError> {
        let entry = match self.table.get_mut(&id) {
            Some(entry) if matches!(entry.leaving, Leaving::No) => entry,
            _ => return Err(ImageError::Revoked.into()),
        };
        let image = match &mut entry.image {
            Stored::File(image) => image,
            // Its keeper is asked, and the supervisor says what has come of it.
            Stored::Kept(image) => return Ok((image.geometry(), false)),
        };
        let before = image.geometry();
        let looked = image.refresh();
        let grown = match &looked {
            Ok(_) => grow(image, size),
            Err(_) => Ok(()),
        };
        let geometry = image.geometry();
        out.extend(entry.judged(id, looked.as_ref().err()));
        looked?;
        grown?;
        Ok((geometry, geometry != before))
    }

    /// A kept image looks so from now on; its shape, if that is another one.
    pub(crate) fn reshape(&mut self, id: ImageId, shape: Shape) -> Option<Geometry> {
        match &mut self.table.get_mut(&id)?.image {
            Stored::Kept(image) => image.reshape(shape),
            Stored::File(_) => None,
        }
    }

    /// Begins an operation.
    pub(crate) fn start(
        &mut self,
        image: ImageId,
        purpose: Purpose,
        operation: Operation,
        now: Instant,
        out: &mut VecDeque<Progress>,
    ) {
        let mut ticket = Ticket {
            place: Place::Image(image),
            purpose,
            meter: Meter::of(&operation, now),
            epoch: 0,
        };
        match self.table.get_mut(&image) {
            Some(entry) if entry.admits(purpose) => {
                ticket.epoch = entry.in_flight.begin();
                self.counters.image(entry.slot).began();
                // What was done inline has taken time since the turn began.
                let turn = (Instant::now as fn() -> Instant, &*self.counters);
                entry.start((ticket, image), operation, turn, out);
            }
            _ => {
                let completion = Completion {
                    result: Err(ImageError::Revoked),
                    buffer: into_buffer(operation),
                };
                out.push_back(Progress::Done(ticket, completion));
            }
        }
    }

    /// Waits for everything that was begun on an image before.
    pub(crate) fn settle(&mut self, io: IoId, image: ImageId, out: &mut VecDeque<Progress>) {
        match self.table.get_mut(&image) {
            Some(entry) => {
                if entry.in_flight.settle(io) {
                    out.push_back(Progress::Settled(io, Ok(())));
                }
            }
            None => out.push_back(Progress::Settled(io, Err(ImageError::Revoked))),
        }
    }

    /// A system call has ended.
    pub(crate) fn resume(
        &mut self,
        (ticket, image): (Ticket, ImageId),
        request: Request,
        result: io::Result<usize>,
        now: Instant,
        out: &mut VecDeque<Progress>,
    ) {
        let Some(entry) = self.table.get_mut(&image) else {
            debug_assert!(false, "an image stays until its last request has ended");
            return;
        };
        let Stored::File(file) = &mut entry.image else {
            debug_assert!(false, "a kept image asks for no system call");
            return;
        };
        let step = file.resume(request, result);
        entry.take((ticket, image), step, || now, &self.counters, out);
        entry.release(image, now, &self.counters, out);
    }

    /// A keeper has answered.
    pub(crate) fn answered(
        &mut self,
        image: ImageId,
        answered: Answered,
        now: Instant,
        out: &mut VecDeque<Progress>,
    ) {
        let Some(entry) = self.table.get_mut(&image) else {
            debug_assert!(false, "an image stays until its last request has ended");
            return;
        };
        let Stored::Kept(kept) = &mut entry.image else {
            debug_assert!(false, "a file asks nothing of a keeper");
            return;
        };
        let ticket = answered.ticket;
        if let Some(took) = answered.took {
            // A keeper may say what it likes, but not that it took longer than all of it.
            let most = now.saturating_duration_since(ticket.meter.begun);
            let counters = self.counters.image(entry.slot);
            counters.backend_ended(ticket.meter.kind, took.min(most));
        }
        let step = kept.resume(answered.request, answered.answer);
        entry.take((ticket, image), step, || now, &self.counters, out);
        entry.release(image, now, &self.counters, out);
    }

    /// Begins an image's removal, which ends when these connections have closed, its last
    /// operation has ended, and it is flushed.
    pub(crate) fn remove(&mut self, id: ImageId, connections: BTreeSet<ConnectionId>) {
        if let Some(entry) = self.table.get_mut(&id)
            && matches!(entry.leaving, Leaving::No)
        {
            entry.leaving = Leaving::Waiting(connections);
        }
    }

    /// Begins the removal of all of them.
    pub(crate) fn remove_all(&mut self) {
        let ids: Vec<_> = self.table.keys().copied().collect();
        for id in ids {
            self.remove(id, BTreeSet::new());
        }
    }

    /// A connection has closed.
    pub(crate) fn closed(&mut self, connection: ConnectionId) {
        for entry in self.table.values_mut() {
            if let Leaving::Waiting(connections) = &mut entry.leaving {
                connections.remove(&connection);
            }
        }
    }

    /// An image's last flush has ended.
    pub(crate) fn flushed(&mut self, id: ImageId) {
        if let Some(entry) = self.table.get_mut(&id) {
            entry.leaving = Leaving::Flushed;
        }
    }

    /// Goes on with removals: begins the last flush of images nobody uses any more, and lets go
    /// of those that have had it. The numbers of the latter.
    pub(crate) fn let_go(&mut self, now: Instant, out: &mut VecDeque<Progress>) -> Vec<ImageId> {
        let idle = self.table.iter_mut().filter_map(|(&id, entry)| {
            let waited = match &entry.leaving {
                Leaving::Waiting(connections) => connections.is_empty(),
                _ => false,
            };
            (waited && entry.in_flight.in_flight() == 0).then(|| {
                entry.leaving = Leaving::Flushing;
                id
            })
        });
        for image in idle.collect::<Vec<_>>() {
            self.start(image, Purpose::LastFlush, Operation::Flush, now, out);
        }
        let gone = self.table.iter().filter(|(_, entry)| {
            matches!(entry.leaving, Leaving::Flushed) && entry.in_flight.in_flight() == 0
        });
        let gone: Vec<_> = gone.map(|(&id, _)| id).collect();
        for id in &gone {
            self.table.remove(id);
        }
        gone
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }
}

/// Grows an image that is smaller than `size` bytes.
pub(crate) fn grow(image: &mut FileImage, size: Option<u64>) -> Result<(), ResizeError> {
    match size {
        Some(size) if image.geometry().size < size => image.resize(size).map(drop),
        _ => Ok(()),
    }
}

impl Entry {
    const fn admits(&self, purpose: Purpose) -> bool {
        match purpose {
            Purpose::Operation(_) => matches!(self.leaving, Leaving::No),
            Purpose::LastFlush => matches!(self.leaving, Leaving::Flushing),
        }
    }

    fn start(
        &mut self,
        which: (Ticket, ImageId),
        operation: Operation,
        (now, counters): (fn() -> Instant, &Counters),
        out: &mut VecDeque<Progress>,
    ) {
        match &mut self.image {
            Stored::File(image) => {
                let step = image.start(operation);
                self.take(which, step, now, counters, out);
            }
            Stored::Kept(image) => {
                let step = image.start(operation);
                self.take(which, step, now, counters, out);
            }
        }
    }

    /// Looks again at operations that were put aside.
    fn release(
        &mut self,
        image: ImageId,
        now: Instant,
        counters: &Counters,
        out: &mut VecDeque<Progress>,
    ) {
        for _ in 0..self.held.len() {
            let Some((ticket, held)) = self.held.pop_front() else {
                return;
            };
            match &mut self.image {
                Stored::File(file) => {
                    let step = file.release(held);
                    self.take((ticket, image), step, || now, counters, out);
                }
                Stored::Kept(kept) => {
                    let step = kept.release(held);
                    self.take((ticket, image), step, || now, counters, out);
                }
            }
        }
    }

    fn take<R: Asked>(
        &mut self,
        (ticket, image): (Ticket, ImageId),
        step: Step<R>,
        now: impl FnOnce() -> Instant,
        counters: &Counters,
        out: &mut VecDeque<Progress>,
    ) {
        if self.image.poisoned() && !std::mem::replace(&mut self.known_poisoned, true) {
            out.push_back(Progress::Poisoned(image));
        }
        match step {
            Step::Done(completion) => {
                out.extend(self.judged(image, completion.result.as_ref().err()));
                let mut settled = Vec::new();
                self.in_flight.end(ticket.epoch, &mut settled);
                let Meter { kind, bytes, begun } = ticket.meter;
                counters.image(self.slot).ended(Ended {
                    operation: kind,
                    bytes,
                    result: completion.result.map(drop).map_err(meter::failure),
                    latency: now().saturating_duration_since(begun),
                });
                out.push_back(Progress::Done(ticket, completion));
                let settled = settled.into_iter();
                out.extend(settled.map(|io| Progress::Settled(io, Ok(()))));
            }
            Step::Request(request) => out.push_back(request.progress(ticket)),
            Step::Held(held) => self.held.push_back((ticket, held)),
        }
    }
}

/// What an image asks others for.
trait Asked {
    fn progress(self, ticket: Ticket) -> Progress;
}

impl Asked for Request {
    fn progress(self, ticket: Ticket) -> Progress {
        Progress::System(ticket, self)
    }
}

impl Asked for KeptRequest {
    fn progress(self, ticket: Ticket) -> Progress {
        Progress::Kept(ticket, self)
    }
}

impl Stored {
    fn poisoned(&self) -> bool {
        match self {
            Self::File(image) => image.poisoned(),
            Self::Kept(image) => image.poisoned(),
        }
    }
}

impl From<FileImage> for Stored {
    fn from(image: FileImage) -> Self {
        Self::File(image)
    }
}

impl From<KeptImage> for Stored {
    fn from(image: KeptImage) -> Self {
        Self::Kept(image)
    }
}

impl Entry {
    /// What an operation's end says about whether the label may still reach the image, if that is
    /// new. Errors of other kinds say nothing: the kernel may not have been asked.
    fn judged(&mut self, image: ImageId, error: Option<&ImageError>) -> Option<Progress> {
        match error {
            Some(ImageError::Revoked) if !std::mem::replace(&mut self.refused, true) => {
                Some(Progress::Refused(image))
            }
            None if std::mem::take(&mut self.refused) => Some(Progress::Restored(image)),
            _ => None,
        }
    }
}

/// The buffer of an operation that does not begin.
pub(crate) fn into_buffer(operation: Operation) -> Option<labelgate_buffers::Buffer> {
    match operation {
        Operation::Read { buffer, .. } | Operation::Write { buffer, .. } => Some(buffer),
        Operation::Flush
        | Operation::Discard { .. }
        | Operation::WriteZeroes { .. }
        | Operation::Extent { .. }
        | Operation::Resize { .. }
        | Operation::Status => None,
    }
}
