//! Operations: how they are sent, and when they are sent again.

use std::collections::HashMap;
use std::time::Instant;

use crate::attributes::Attributes;
use crate::call::Call;
use crate::dirt::Dirt;
use crate::order::{Order, Outcome, Work};
use crate::session::{Event, Session, Stage};
use crate::{Error, Kind};

/// The most calls under way, and the most bytes that they write: there is a copy of each.
const MAX_CALLS: usize = 64;
const MAX_BYTES: u64 = 16 << 20;

/// How often an operation is sent that is answered by nothing of use, and one with which the connection
/// goes.
pub(crate) const ATTEMPTS: u32 = 16;
const LOSSES: u32 = 8;

/// A call on its way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flying {
    pub(crate) sent: Instant,
    /// How many bytes it writes.
    writes: u64,
    /// Of a flush, how much it covers.
    pub(crate) covers: u64,
    /// It makes the file larger, on condition that nothing changes it meanwhile; or the connection has
    /// gone with it so often that it shall take no other one along.
    alone: bool,
}

impl Session {
    /// Sends what waits to be, if that is possible now.
    pub(crate) fn send_all(&mut self, now: Instant) {
        if !matches!(self.stage, Stage::Ready | Stage::Leaving(_)) || self.broken {
            return;
        }
        let (due, later) = self.later.drain(..).partition(|(at, _)| *at <= now);
        self.later = later;
        let due: Vec<(Instant, u64)> = due;
        self.waiting
            .extend(due.into_iter().map(|(_, number)| number));
        while let Some(number) = self.waiting.pop_front() {
            if !self.send(number, now) {
                self.waiting.push_front(number);
                break;
            }
        }
    }

    /// Sends the next call of an operation; whether it need not wait for others.
    fn send(&mut self, number: u64, now: Instant) -> bool {
        let (Some(work), Some(file), Some(handle), Some(context)) = (
            self.works.get_mut(&number),
            &self.file,
            &self.handle,
            &mut self.context,
        ) else {
            return true;
        };
        let through = self.options.write_through;
        let leaves = !(through || self.options.read_only || file.read_only);
        if let Some(outcome) = known(&work.order, file, self.dirt, leaves) {
            self.done(number, Ok(outcome));
            return true;
        }
        let Some(call) = work.call(file, through) else {
            let error = Error::of(work.order.doing(), Kind::OutOfRange);
            self.done(number, Err(error));
            return true;
        };
        let flying = flying(&call, work, self.dirt.left(), now);
        if !has_room(&self.flying, flying) {
            return false;
        }
        let own = *work.called.get_or_insert_with(|| self.numbers.next());
        match context.send((own, number), handle, call) {
            Ok(()) => {
                self.moved.sent(work);
                self.flying.insert(number, flying);
                true
            }
            Err(error) => {
                self.trouble = error;
                self.broken = true;
                false
            }
        }
    }

    /// An operation has ended.
    pub(crate) fn done(&mut self, number: u64, result: Result<Outcome, Error>) {
        if let Some(work) = self.works.remove(&number) {
            let tag = work.tag;
            self.events.push(Event::Done { tag, result });
        }
    }

    /// The connection is gone: what was on its way is to be sent again, in the order in which it was
    /// asked for. What it goes with again and again may be why.
    pub(crate) fn take_back(&mut self) {
        let flying = std::mem::take(&mut self.flying);
        for number in flying.keys() {
            let Some(work) = self.works.get_mut(number) else {
                continue;
            };
            work.attempts += 1;
            if work.attempts > LOSSES {
                let error = self.trouble.clone();
                self.done(*number, Err(error));
            }
        }
        let mut all: Vec<u64> = flying.into_keys().chain(self.waiting.drain(..)).collect();
        all.extend(self.later.drain(..).map(|(_, number)| number));
        all.sort_unstable();
        all.dedup();
        for number in &all {
            if let Some(work) = self.works.get_mut(number) {
                // Whether it has become larger is looked at first.
                work.seen = None;
                // The same write, and no other call: a flush covers more than it did, and what is read is
                // to be read now.
                if !work.order.is_write() {
                    work.called = None;
                }
            }
        }
        self.waiting = all.into();
    }
}

/// Whether one more may be under way beside these.
fn has_room(flying: &HashMap<u64, Flying>, next: Flying) -> bool {
    let bytes: u64 = flying.values().map(|other| other.writes).sum();
    let alone = next.alone || flying.values().any(|other| other.alone);
    flying.is_empty() || (!alone && flying.len() < MAX_CALLS && bytes + next.writes <= MAX_BYTES)
}

fn flying(call: &Call, work: &Work, left: u64, now: Instant) -> Flying {
    let writes = match call {
        Call::Write(_, source, _) => source.length().into(),
        _ => 0,
    };
    Flying {
        sent: now,
        writes,
        covers: left,
        alone: matches!(work.order, Order::Resize { .. }) || work.attempts > LOSSES / 2,
    }
}

/// What is known without asking the server. A session that `leaves` nothing unflushed has nothing of its
/// own to be flushed, and neither has a predecessor that was like it; one that may only read would not even
/// be let.
fn known(order: &Order, file: &Attributes, dirt: Dirt, leaves: bool) -> Option<Outcome> {
    let nothing = dirt.is_clean() || (!leaves && !dirt.is_ours());
    match order {
        Order::Flush if nothing && !dirt.is_lost() => Some(Outcome::Done),
        Order::Extent { offset } => Some(Outcome::Extent {
            length: file.size.saturating_sub(*offset).max(1),
            mapped: true,
        }),
        _ => None,
    }
}
