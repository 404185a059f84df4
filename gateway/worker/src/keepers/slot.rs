//! One slot: what has been asked of its keepers, one after the other, and not been answered.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::os::fd::OwnedFd;

use labelgate_backends::KeptRequest;
use labelgate_queue_pair::{Completion, DEPTH, Failure, PushError, WorkerSide};

use super::Answered;
use super::blame::Blame;
use crate::driver::Ticket;

/// How many requests wait at most, all of whose memory the protocols have bounded. Beyond that, the
/// keeper counts as not being there.
const MOST_WAITING: usize = 16_384;

/// A slot.
pub(super) struct Slot {
    queue: WorkerSide,
    state: State,
    /// What has not been answered, in the order in which it was asked.
    asked: BTreeMap<u64, (Ticket, KeptRequest)>,
    /// What has a smaller tag is with the keeper, unless it is in `parked`.
    unsent: u64,
    /// What the keeper has given back because it was shut out: it waits for a successor.
    parked: BTreeSet<u64>,
    /// How many are in the queue, or with the keeper.
    sent: usize,
    /// What keepers have ended with.
    blame: Blame,
    /// The next request's.
    next_tag: u64,
    /// Something has been put into the queue since the bell was last thought of.
    fresh: bool,
}

enum State {
    /// There is no keeper yet, or none any more.
    Away,
    /// There is one, with this bell.
    Serving(OwnedFd),
    /// There is one whose queue is not believed any more.
    Broken,
    /// There will be none for now.
    Lost,
}

impl Slot {
    pub(super) fn new(queue: WorkerSide) -> Self {
        Self {
            queue,
            state: State::Away,
            asked: BTreeMap::new(),
            unsent: 0,
            parked: BTreeSet::new(),
            sent: 0,
            blame: Blame::default(),
            next_tag: 0,
            fresh: false,
        }
    }

    /// Takes a request; gives it back if nobody will be there to answer it.
    pub(super) fn submit(
        &mut self,
        ticket: Ticket,
        request: KeptRequest,
    ) -> Option<(Ticket, KeptRequest)> {
        if matches!(self.state, State::Lost) || self.asked.len() >= MOST_WAITING {
            return Some((ticket, request));
        }
        let tag = self.next_tag;
        self.next_tag += 1;
        self.asked.insert(tag, (ticket, request));
        self.send();
        None
    }

    /// Puts into the queue what it has room for.
    fn send(&mut self) {
        if !matches!(self.state, State::Serving(_)) {
            return;
        }
        let most = if self.blame.careful() { 1 } else { DEPTH };
        let room = (most as usize).saturating_sub(self.sent);
        for (&tag, (_, request)) in self.asked.range(self.unsent..).take(room) {
            match self.queue.submit(&request.submission(tag)) {
                Ok(()) => {
                    self.unsent = tag + 1;
                    self.sent += 1;
                    self.fresh = true;
                }
                // Its next answer, or none, says what is wrong with it.
                Err(PushError::Full | PushError::Broken(_)) => break,
            }
        }
    }

    pub(super) fn serve(&mut self, bell: OwnedFd, answered: &mut VecDeque<Answered>) {
        // Whatever it has said of sleeping: it is told once that it has work.
        let _ = rustix::io::write(&bell, &1_u64.to_ne_bytes());
        self.state = State::Serving(bell);
        self.again();
        self.give_up(answered);
        self.send();
    }

    /// Answers what keepers die of. Not before there is a successor: until then, what is given up might
    /// still happen.
    fn give_up(&mut self, answered: &mut VecDeque<Answered>) {
        while let Some(tag) = self.blame.guilty() {
            self.blame.answered(tag);
            answered.extend(self.asked.remove(&tag).map(|(ticket, request)| Answered {
                ticket,
                request,
                answer: Err(Failure::Medium),
                took: None,
            }));
        }
    }

    /// All that has not been answered is to be sent again.
    fn again(&mut self) {
        self.unsent = 0;
        self.sent = 0;
        self.parked.clear();
    }

    /// The keeper has ended; by what it was asked for, perhaps, if that is to be `blamed`.
    pub(super) fn gone(&mut self, blamed: bool, answered: &mut VecDeque<Answered>) {
        // What it said before its end counts, if it makes sense.
        self.hear(answered);
        if blamed {
            let with = self.asked.range(..self.unsent).map(|(&tag, _)| tag);
            let with: Vec<u64> = with.filter(|tag| !self.parked.contains(tag)).collect();
            self.blame.ended(&with);
        }
        self.queue.clear();
        self.state = State::Away;
        self.fresh = false;
        self.again();
    }

    pub(super) fn lost(&mut self, answered: &mut VecDeque<Answered>) {
        // Otherwise a successor may have begun to use the queue, and waits to be served.
        if matches!(self.state, State::Serving(_) | State::Broken) {
            self.gone(false, answered);
        }
        self.state = State::Lost;
        self.blame = Blame::default();
        let all = std::mem::take(&mut self.asked).into_values();
        answered.extend(all.map(|(ticket, request)| Answered {
            ticket,
            request,
            answer: Err(Failure::NotReady),
            took: None,
        }));
    }

    pub(super) fn ring(&mut self) {
        if !std::mem::take(&mut self.fresh) || !self.queue.wakes() {
            return;
        }
        if let State::Serving(bell) = &self.state {
            // A bell that takes no more has been rung often enough, and one that is no bell is the
            // supervisor's fault: the keeper's answer will be missed.
            let _ = rustix::io::write(bell, &1_u64.to_ne_bytes());
        }
    }

    /// Says that the worker is about to sleep. Whether it may, for this keeper's sake.
    pub(super) fn arm(&self) -> bool {
        match self.state {
            State::Serving(_) => self.queue.arm(),
            State::Away | State::Broken | State::Lost => true,
        }
    }

    /// Takes what the keeper has answered. Whether it has broken the queue.
    pub(super) fn hear(&mut self, answered: &mut VecDeque<Answered>) -> bool {
        if !matches!(self.state, State::Serving(_)) {
            return false;
        }
        self.queue.disarm();
        let mut heard = false;
        // No more than it can have been asked.
        for _ in 0..DEPTH {
            match self.queue.take() {
                Ok(None) => break,
                Ok(Some(completion)) if self.take(completion, answered) => heard = true,
                Ok(Some(_)) | Err(_) => {
                    self.state = State::Broken;
                    return true;
                }
            }
        }
        if heard {
            self.send();
        }
        false
    }

    /// Whether it is an answer to something that was asked.
    fn take(&mut self, completion: Completion, answered: &mut VecDeque<Answered>) -> bool {
        let Completion { tag, result, took } = completion;
        if tag >= self.unsent || self.parked.contains(&tag) {
            return false;
        }
        let fenced = result == Err(Failure::Fenced);
        // What has become of it is not known then, and its client is told nothing: the supervisor
        // either has a successor do it again, or ends this worker.
        if fenced && self.asked.contains_key(&tag) {
            self.sent -= 1;
            return self.parked.insert(tag);
        }
        let Some((ticket, request)) = self.asked.remove(&tag) else {
            return false;
        };
        self.sent -= 1;
        self.blame.answered(tag);
        answered.push_back(Answered {
            ticket,
            request,
            answer: result,
            took: Some(took),
        });
        true
    }
}
