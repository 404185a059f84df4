//! The keepers of a worker: what is asked of them, and what they answer.
//!
//! A slot has one keeper after the other. What is asked of a slot stays here until it is answered,
//! with the buffer it is about, so that a keeper's end loses nothing: its successor is asked again.

mod blame;
mod slot;

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;

use labelgate_backends::{KeptAnswer, KeptRequest};
use labelgate_queue_pair::{Failure, WorkerSide};

use crate::driver::Ticket;
use slot::Slot;

/// What a worker that has keepers was handed before it was confined: it can map nothing later.
#[derive(Debug, Default)]
pub struct HandedKeepers {
    /// The bell that all keepers ring: an eventfd in non-blocking mode.
    pub bell: Option<OwnedFd>,
    /// The queues, by slot.
    pub queues: Vec<WorkerSide>,
}

/// A request that has been answered.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) ticket: Ticket,
    pub(crate) request: KeptRequest,
    pub(crate) answer: KeptAnswer,
    /// How long the backend has taken over it, if it was a keeper that answered.
    pub(crate) took: Option<Duration>,
}

/// All slots.
pub(crate) struct Keepers {
    pub(crate) bell: Option<Rc<OwnedFd>>,
    slots: Vec<Slot>,
    answered: VecDeque<Answered>,
}

impl Keepers {
    pub(crate) fn new(handed: HandedKeepers) -> Self {
        Self {
            bell: handed.bell.map(Rc::new),
            slots: handed.queues.into_iter().map(Slot::new).collect(),
            answered: VecDeque::new(),
        }
    }

    /// Whether there is such a slot.
    pub(crate) fn has(&self, slot: u32) -> bool {
        self.slots.get(slot as usize).is_some()
    }

    /// Asks a keeper, as soon as there is one and its queue has room.
    pub(crate) fn submit(&mut self, ticket: Ticket, request: KeptRequest) {
        let refused = match self.slots.get_mut(request.keeper() as usize) {
            Some(slot) => slot.submit(ticket, request),
            None => Some((ticket, request)),
        };
        if let Some((ticket, request)) = refused {
            self.answered.push_back(Answered {
                ticket,
                request,
                answer: Err(Failure::NotReady),
                took: None,
            });
        }
    }

    /// The next request that has been answered.
    pub(crate) fn next_answered(&mut self) -> Option<Answered> {
        self.answered.pop_front()
    }

    /// A keeper serves this slot from now on, and has this bell.
    pub(crate) fn serve(&mut self, slot: u32, bell: OwnedFd) {
        if let Some(slot) = self.slots.get_mut(slot as usize) {
            slot.serve(bell, &mut self.answered);
        }
    }

    /// The slot's keeper has been reaped.
    pub(crate) fn gone(&mut self, slot: u32, blamed: bool) {
        if let Some(slot) = self.slots.get_mut(slot as usize) {
            slot.gone(blamed, &mut self.answered);
        }
    }

    /// There will be no keeper for now.
    pub(crate) fn lost(&mut self, slot: u32) {
        if let Some(slot) = self.slots.get_mut(slot as usize) {
            slot.lost(&mut self.answered);
        }
    }

    /// Rings the bells of those keepers that sleep and have been asked something. To be called before
    /// the worker waits.
    pub(crate) fn ring(&mut self) {
        self.slots.iter_mut().for_each(Slot::ring);
    }

    /// Says to all keepers that the worker is about to sleep. Whether it may.
    pub(crate) fn arm(&self) -> bool {
        // Every one of them must be told.
        let asleep = self.slots.iter().map(Slot::arm);
        asleep.fold(true, |all, one| all & one)
    }

    /// Takes what keepers have answered. The slots are named whose keepers have broken their queues,
    /// once each. Whether anything was taken.
    pub(crate) fn hear(&mut self, broken: &mut Vec<u32>) -> bool {
        let before = self.answered.len();
        for (number, slot) in (0..).zip(&mut self.slots) {
            if slot.hear(&mut self.answered) {
                broken.push(number);
            }
        }
        self.answered.len() != before
    }
}
