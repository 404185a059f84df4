//! Operations: how they are sent, and when they are sent again.

use std::ops::Range;
use std::time::Instant;

use crate::context::Context;
use crate::order::{Order, Outcome, Piece, Work};
use crate::session::{Event, Session, Stage};
use crate::settle::PREPARATION;
use crate::unit::Unit;
use crate::{Error, Kind};

/// A command on its way.
#[derive(Debug, Clone)]
pub(crate) struct Flying {
    pub(crate) sent: Instant,
    pub(crate) piece: Piece,
    /// The bytes that it changes.
    pub(crate) changes: Option<Range<u64>>,
    /// A part of a block is being written: nothing else may change the block meanwhile.
    pub(crate) alone: bool,
    /// Of a flush, how much it covers.
    pub(crate) covers: u64,
}

/// What has ended and may be lost with the target's power.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dirt {
    /// How many times something was left.
    pub(crate) left: u64,
    /// How many of them were flushed.
    pub(crate) flushed: u64,
    /// A write has failed that had ended well.
    pub(crate) lost: bool,
}

impl Default for Dirt {
    /// A predecessor may have left something.
    fn default() -> Self {
        Self {
            left: 1,
            flushed: 0,
            lost: false,
        }
    }
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
        let mut blocked = Vec::new();
        while let Some(number) = self.waiting.pop_front() {
            if !self.send(number, now) {
                blocked.push(number);
            }
            if self.broken {
                break;
            }
        }
        self.waiting.extend(blocked);
    }

    /// Sends the next command of an operation; whether it need not wait for others.
    fn send(&mut self, number: u64, now: Instant) -> bool {
        let (Some(work), Some(unit), Some(context)) =
            (self.works.get(&number), &self.unit, &mut self.context)
        else {
            return true;
        };
        if let Some(outcome) = known(&work.order, unit, self.dirt) {
            self.done(number, Ok(outcome));
            return true;
        }
        let piece = work.piece(unit);
        let flying = flying(work, unit, piece, self.dirt.left, now);
        if let Some(changes) = &flying.changes
            && self
                .flying
                .values()
                .any(|other| other.excludes(changes, flying.alone))
        {
            return false;
        }
        let command = work.command(unit, piece, self.options.write_through);
        let Some((command, buffer)) = command else {
            let error = Error::of(work.order.doing(), Kind::OutOfRange);
            self.done(number, Err(error));
            return true;
        };
        match context.send(number, self.options.address.unit, &command, buffer) {
            Ok(()) => {
                self.flying.insert(number, flying);
            }
            Err(error) => {
                self.trouble = error;
                self.broken = true;
                self.waiting.push_back(number);
            }
        }
        true
    }

    /// An operation has ended.
    pub(crate) fn done(&mut self, number: u64, result: Result<Outcome, Error>) {
        if let Some(work) = self.works.remove(&number) {
            let tag = work.tag;
            self.events.push(Event::Done { tag, result });
        }
    }

    /// The session is gone: what was on its way is to be sent again, in the order in which it was asked
    /// for.
    pub(crate) fn take_back(&mut self, context: &Context) {
        let flying = std::mem::take(&mut self.flying);
        self.resets |= flying.values().any(|flying| flying.changes.is_some());
        // Those that the library has not told of are among them.
        debug_assert!(context.under_way().iter().all(|number| {
            *number == PREPARATION
                || flying.contains_key(number)
                || !self.works.contains_key(number)
        }));
        let mut all: Vec<u64> = flying.into_keys().chain(self.waiting.drain(..)).collect();
        all.extend(self.later.drain(..).map(|(_, number)| number));
        all.sort_unstable();
        all.dedup();
        for number in &all {
            if let Some(work) = self.works.get_mut(number) {
                work.block = None;
            }
        }
        self.waiting = all.into();
    }
}

impl Flying {
    /// Whether it stands against changing these bytes, now.
    fn excludes(&self, range: &Range<u64>, alone: bool) -> bool {
        let overlaps = |own: &Range<u64>| own.start < range.end && range.start < own.end;
        (alone || self.alone) && self.changes.as_ref().is_some_and(overlaps)
    }
}

fn flying(work: &Work, unit: &Unit, piece: Piece, covers: u64, now: Instant) -> Flying {
    let block = u64::from(unit.block);
    let range = match piece {
        Piece::Whole => None,
        Piece::Blocks(at, length) => Some(at..at + length),
        Piece::Part(at, ..) => Some(at..at + block),
    };
    let changes = range.filter(|_| work.order.changes());
    Flying {
        sent: now,
        piece,
        alone: changes.is_some() && matches!(piece, Piece::Part(..)),
        changes,
        covers,
    }
}

/// All the rest of the unit may have data.
pub(crate) const fn everything(order: &Order, unit: &Unit) -> Outcome {
    let (offset, _) = order.span();
    let length = unit.size.saturating_sub(offset);
    Outcome::Extent {
        length: if length == 0 { 1 } else { length },
        mapped: true,
    }
}

/// What is known without asking the target.
fn known(order: &Order, unit: &Unit, dirt: Dirt) -> Option<Outcome> {
    match order {
        Order::Flush if dirt.flushed == dirt.left && !dirt.lost => Some(Outcome::Done),
        Order::Extent { .. } if !unit.tells_extents => Some(everything(order, unit)),
        _ => None,
    }
}
