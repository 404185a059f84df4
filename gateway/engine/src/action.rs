//! What an engine wants done.

use std::collections::VecDeque;

use crate::tree::{Call, Caller, FileId, TreeId};
use crate::{ConnectionId, ImageId, IoId, Operation, Place, Receive, Transmission};

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// After everything queued for it has been sent (an orderly end).
    AfterSending,
    /// At once (a protocol error, a timeout).
    Now,
}

/// The reservations of an image, as others see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservationChange {
    /// What outlives the worker: bytes that mean something to the engine that said so alone. Empty
    /// if nothing does.
    pub record: Vec<u8>,
    /// What an admin is shown, in one line; empty if there is nothing to show.
    pub description: String,
}

/// One thing for the driver to do.
#[derive(Debug)]
pub enum Action {
    /// Receive again on a connection whose last answer was [`Receive::Pause`].
    Receive(ConnectionId, Receive),
    /// Send this, after everything queued for the connection before.
    Send(ConnectionId, Transmission),
    /// Start an operation; [`crate::Engine::completed`] follows.
    Submit(IoId, Place, Operation),
    /// Start an operation on a file for this caller, who must be allowed to;
    /// [`crate::Engine::completed`] follows.
    SubmitFor(Box<Caller>, IoId, FileId, Operation),
    /// Complete this once every operation of the image that was begun before has ended;
    /// [`crate::Engine::completed`] follows.
    Settle(IoId, ImageId),
    /// The reservations of an image have changed. With a number, it is completed once what is to
    /// outlive the worker is on stable storage; [`crate::Engine::completed`] follows.
    Reserved(Option<IoId>, ImageId, Box<ReservationChange>),
    /// Ask something of a tree; [`crate::Engine::answered`] follows. With a caller, who must be
    /// allowed to.
    Call(Option<Box<Caller>>, IoId, TreeId, Call),
    /// End a connection; [`crate::Engine::closed`] follows.
    Close(ConnectionId, Ending),
}

/// The queue of actions, and a store of used transmissions so that none is allocated per request.
#[derive(Debug, Default)]
pub struct Outbox {
    actions: VecDeque<Action>,
    spare: Vec<Transmission>,
}

/// More used transmissions than this are freed.
const SPARE: usize = 64;

/// A used transmission that has room for more bytes of its own than this is freed: most have a
/// header or two.
const SPARE_BYTES: usize = 4096;

impl Outbox {
    /// Queues an action.
    pub fn push(&mut self, action: Action) {
        self.actions.push_back(action);
    }

    /// The oldest action.
    pub fn pop(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Whether nothing is queued.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// An empty transmission.
    #[must_use]
    pub fn transmission(&mut self) -> Transmission {
        self.spare.pop().unwrap_or_default()
    }

    /// Takes back a transmission that has been sent; its buffer goes back to the pool.
    pub fn recycle(&mut self, mut transmission: Transmission) {
        transmission.clear();
        if self.spare.len() < SPARE && transmission.room() <= SPARE_BYTES {
            self.spare.push(transmission);
        }
    }
}
