//! Images that a keeper holds: on a backend that is reached over the network.
//!
//! What is asked of the keeper stays with the worker until the keeper has answered, buffer and all,
//! whatever becomes of the keeper: a successor is asked again. So an operation must do no harm when
//! it is done twice, as all of these do not, and a keeper promises that what it has said is done
//! outlives it: it holds back no write that it has answered. Poison is as with files: a flush that
//! was tried and has failed may have lost what was answered before.

mod extent;
mod open;
mod request;
mod resize;
mod transfer;
mod zeroing;

#[cfg(test)]
mod tests;

use std::time::SystemTime;

use labelgate_buffers::Buffer;
use labelgate_engine::{Completion, Geometry, ImageError, Operation, Outcome, Status, Timestamp};
use labelgate_queue_pair::{Failure, Operation as Asked, Outcome as Told};

pub use open::{KeptOptions, NotKept, Shape};
pub use request::KeptRequest;

use crate::gate::Gate;
use crate::{Held, Image, Step};
use request::Job;

/// What a keeper has answered.
pub type KeptAnswer = Result<Told, Failure>;

/// An image that a keeper holds.
#[derive(Debug)]
pub struct KeptImage {
    number: u32,
    keeper: u32,
    geometry: Geometry,
    stable_writes: bool,
    gate: Gate,
    /// Requests that have not been answered.
    in_flight: usize,
    opened: Timestamp,
    /// When a write was last answered.
    modified: Timestamp,
}

impl Image for KeptImage {
    type Request = KeptRequest;
    type Answer = KeptAnswer;

    fn geometry(&self) -> Geometry {
        self.geometry
    }

    fn start(&mut self, operation: Operation) -> Step<KeptRequest> {
        match operation {
            Operation::Read {
                offset,
                length,
                buffer,
            } => self.start_read(offset, length, buffer),
            Operation::Write {
                offset,
                length,
                buffer,
                from,
                stable,
            } => self.start_write((offset, length), (buffer, from), stable),
            Operation::Flush => self.sync(self.gate.needed(), None),
            Operation::Discard { offset, length } => self.start_zeroing(offset, length, true),
            Operation::WriteZeroes {
                offset,
                length,
                unmap,
            } => self.start_zeroing(offset, length, unmap),
            Operation::Extent { offset } => self.start_extent(offset),
            Operation::Resize { size } => self.start_resize(size),
            Operation::Status => self.status(),
        }
    }

    fn resume(&mut self, request: KeptRequest, answer: KeptAnswer) -> Step<KeptRequest> {
        self.in_flight = self.in_flight.saturating_sub(1);
        match request.job {
            Job::Read { buffer, length } => self.have_read(buffer, length, answer),
            Job::Write { buffer, flush } => self.have_written(buffer, flush, answer),
            Job::Zero(zeroing) => self.have_zeroed(zeroing, answer),
            Job::Sync(buffer) => self.have_synced(buffer, answer),
            Job::Extent { offset } => self.have_looked(offset, answer),
            Job::Resize => self.have_resized(answer),
        }
    }

    fn release(&mut self, held: Held) -> Step<KeptRequest> {
        self.sync(held.needed, held.buffer)
    }

    fn poisoned(&self) -> bool {
        self.gate.poisoned()
    }
}

impl KeptImage {
    /// Whether an operation on a range may be tried.
    fn admit(&self, offset: u64, length: u64, changes: bool) -> Result<(), ImageError> {
        if self.gate.poisoned() {
            return Err(ImageError::Poisoned);
        }
        if changes && self.geometry.read_only {
            return Err(ImageError::ReadOnly);
        }
        match offset.checked_add(length) {
            Some(end) if end <= self.geometry.size => Ok(()),
            _ => Err(ImageError::OutOfRange),
        }
    }

    /// Asks the keeper.
    fn ask(&mut self, operation: Asked, job: Job) -> Step<KeptRequest> {
        self.in_flight += 1;
        Step::Request(KeptRequest {
            image: self.number,
            keeper: self.keeper,
            operation,
            job,
        })
    }

    /// Ends an operation. Nothing succeeds once the image is poisoned.
    fn done(
        &self,
        result: Result<Outcome, ImageError>,
        buffer: Option<Buffer>,
    ) -> Step<KeptRequest> {
        let result = match result {
            Ok(_) if self.gate.poisoned() => Err(ImageError::Poisoned),
            result => result,
        };
        Step::Done(Completion { result, buffer })
    }

    /// Something has been changed, or may have been.
    fn changed(&mut self) {
        self.gate.wrote();
        self.modified = now();
    }

    /// Ends an operation, whose buffer this is, once the flush with this number or a later one has
    /// ended well.
    fn sync(&mut self, needed: u64, buffer: Option<Buffer>) -> Step<KeptRequest> {
        if self.gate.poisoned() {
            return self.done(Err(ImageError::Poisoned), buffer);
        }
        if self.gate.synced(needed) {
            return self.done(Ok(Outcome::Done), buffer);
        }
        if !self.gate.begin() {
            return Step::Held(Held { buffer, needed });
        }
        self.ask(Asked::Flush, Job::Sync(buffer))
    }

    fn have_synced(&mut self, buffer: Option<Buffer>, answer: KeptAnswer) -> Step<KeptRequest> {
        match answer {
            Ok(Told::Done(_)) => {
                self.gate.end(true);
                self.done(Ok(Outcome::Done), buffer)
            }
            Err(Failure::NotReady | Failure::Fenced) => {
                self.gate.untried();
                self.done(Err(ImageError::NotReady), buffer)
            }
            // As with files, it is never a lack of space.
            Ok(Told::Extent { .. }) | Err(_) => {
                self.gate.end(false);
                self.done(Err(ImageError::Medium), buffer)
            }
        }
    }

    /// What is known here: the backend keeps no times that all clients of the image would agree on.
    fn status(&self) -> Step<KeptRequest> {
        let status = Status {
            size: self.geometry.size,
            allocated: self.geometry.size,
            accessed: self.opened,
            modified: self.modified,
            changed: self.modified,
        };
        let result = self.admit(0, 0, false);
        self.done(result.map(|()| Outcome::Status(status)), None)
    }
}

/// Whose fault it is.
const fn blame(failure: Failure) -> ImageError {
    match failure {
        Failure::NoSpace => ImageError::NoSpace,
        Failure::NotReady | Failure::Fenced => ImageError::NotReady,
        Failure::OutOfRange => ImageError::OutOfRange,
        Failure::ReadOnly => ImageError::ReadOnly,
        Failure::Medium | Failure::Refused => ImageError::Medium,
    }
}

/// What an operation that answers nothing has come to. A keeper that answers something else is as
/// good as a medium that does.
const fn plain(answer: KeptAnswer) -> Result<Outcome, ImageError> {
    match answer {
        Ok(Told::Done(_)) => Ok(Outcome::Done),
        Ok(Told::Extent { .. }) => Err(ImageError::Medium),
        Err(failure) => Err(blame(failure)),
    }
}

/// By the standard library's clock: rustix's would look for the system's by a call that a confined
/// worker must not make.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let since = since.unwrap_or_default();
    Timestamp {
        seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        nanoseconds: since.subsec_nanos(),
    }
}
