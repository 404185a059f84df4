//! Reservations that are to outlive the worker: the supervisor keeps them.

use std::collections::{BTreeMap, VecDeque};

use labelgate_control::{Bytes, FromWorker, MAX_RESERVATIONS, Text};
use labelgate_engine::{Completion, ImageError, ImageId, IoId, Outcome, ReservationChange};

use crate::desk::Desk;
use crate::service::Service;

/// What there is to be known of reservations between messages.
#[derive(Debug, Default)]
pub(crate) struct Keeping {
    /// Commands that wait until the supervisor has kept a change, oldest first.
    waiting: BTreeMap<ImageId, VecDeque<IoId>>,
    /// What the supervisor has kept of images that are still to be added.
    pub(crate) kept: BTreeMap<u32, Bytes<MAX_RESERVATIONS>>,
}

impl<S: Service> Desk<S> {
    /// An image's reservations have changed: the supervisor is told, and `io` ends when it has kept
    /// what is to be kept.
    pub(crate) fn reserved(&mut self, io: Option<IoId>, id: ImageId, change: &ReservationChange) {
        let record = Bytes::try_from(change.record.as_slice());
        let (Ok(record), true) = (record, self.images.contains(id)) else {
            return self.kept(io, Err(ImageError::Revoked));
        };
        if let Some(io) = io {
            self.keeping.waiting.entry(id).or_default().push_back(io);
        }
        let ImageId(image) = id;
        self.outgoing.push(FromWorker::Reserved {
            image,
            record,
            description: Text::clean(&change.description),
            awaited: io.is_some(),
        });
    }

    /// The supervisor has kept the oldest change of an image that it has not answered for yet; or it
    /// could not.
    pub(crate) fn reservations_kept(&mut self, id: ImageId, kept: bool) {
        let waiting = self.keeping.waiting.get_mut(&id);
        let io = waiting.and_then(VecDeque::pop_front);
        let result = kept.then_some(()).ok_or(ImageError::Medium);
        self.kept(io, result);
    }

    /// An image is being removed: the supervisor may answer for it no more.
    pub(crate) fn forget_reservations(&mut self, id: ImageId) {
        for io in self.keeping.waiting.remove(&id).into_iter().flatten() {
            self.kept(Some(io), Err(ImageError::Revoked));
        }
    }

    pub(crate) fn kept(&mut self, io: Option<IoId>, result: Result<(), ImageError>) {
        let Some(io) = io else { return };
        let completion = Completion {
            result: result.map(|()| Outcome::Done),
            buffer: None,
        };
        self.engine
            .completed(io, completion, self.now, &mut self.outbox);
    }
}
