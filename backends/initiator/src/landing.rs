//! What the target has answered, and what that means for an operation.

use std::time::{Duration, Instant};

use crate::carry::{Dirt, Flying, everything};
use crate::leave::Parting;
use crate::order::{Order, Outcome, Piece, Work};
use crate::sense::{Key, Sense, code};
use crate::session::Session;
use crate::settle::PREPARATION;
use crate::task::{Buffer, Status};
use crate::unit::{self, Unit};
use crate::{Error, Kind};

/// How often an operation is sent that the target ends for reasons of its own.
const ATTEMPTS: u32 = 16;
/// How soon what a target was too busy for is sent again.
const SOON: Duration = Duration::from_millis(50);

/// What an answer means for an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Done,
    Again,
    Later,
    Fail(Kind),
    /// The target does not know the command.
    Unknown,
}

impl Session {
    /// A command has ended.
    pub(crate) fn landed(&mut self, number: u64, status: Status, buffer: Buffer) {
        if number == PREPARATION {
            return match self.parting {
                Parting::No => self.answered(status, &buffer),
                Parting::GivingBack | Parting::LoggingOut => self.log_out(),
            };
        }
        let Some(flying) = self.flying.remove(&number) else {
            return;
        };
        let verdict = match status {
            Status::Good { short } if short > 0 && matches!(buffer, Buffer::In(..)) => {
                self.stale = true;
                Verdict::Fail(Kind::Medium)
            }
            Status::Good { .. } => Verdict::Done,
            Status::Check(sense) => self.judge(sense),
            Status::Busy => Verdict::Later,
            Status::Aborted => Verdict::Again,
            Status::Conflict => return self.conflicted(number, flying),
            Status::Unknown => {
                self.broken = true;
                self.flying.insert(number, flying);
                return;
            }
        };
        self.rule(number, &flying, verdict, buffer);
    }

    /// A reservation stands against it, which can only be somebody else's.
    fn conflicted(&mut self, number: u64, flying: Flying) {
        self.flying.insert(number, flying);
        self.fenced();
    }

    fn judge(&mut self, sense: Sense) -> Verdict {
        if sense.deferred {
            // It is about a write that had ended well.
            self.dirt.lost = true;
            return Verdict::Again;
        }
        match sense.key {
            Key::Recovered => Verdict::Done,
            Key::Attention => {
                self.stale = true;
                // Its cache may be gone, with what is known to be in it.
                if sense.is_reset() {
                    self.dirt.left += 1;
                }
                Verdict::Again
            }
            Key::Aborted => Verdict::Again,
            Key::NotReady => Verdict::Later,
            Key::Illegal if sense.code == code::OUT_OF_RANGE => {
                self.stale = true;
                Verdict::Fail(Kind::OutOfRange)
            }
            Key::Illegal if sense.code == code::NO_SUCH_UNIT => {
                self.stale = true;
                Verdict::Later
            }
            Key::Illegal => Verdict::Unknown,
            Key::Protected if sense.code == code::ALLOCATION_FAILED => Verdict::Fail(Kind::NoSpace),
            Key::Protected => Verdict::Fail(Kind::ReadOnly),
            Key::Overflow => Verdict::Fail(Kind::NoSpace),
            Key::Medium | Key::Hardware | Key::Miscompare | Key::Other => {
                Verdict::Fail(Kind::Medium)
            }
        }
    }

    fn rule(&mut self, number: u64, flying: &Flying, verdict: Verdict, buffer: Buffer) {
        let now = Instant::now();
        let Some(work) = self.works.get_mut(&number) else {
            return;
        };
        let doing = work.order.doing();
        if matches!(verdict, Verdict::Again | Verdict::Later) {
            // Others may change the block before its part is written: it is read again.
            work.block = None;
        }
        match verdict {
            Verdict::Done => return self.progress(number, flying, buffer),
            Verdict::Again => {
                work.attempts += 1;
                if work.attempts > ATTEMPTS {
                    return self.done(number, Err(Error::of(doing, Kind::NotReady)));
                }
                self.waiting.push_back(number);
            }
            Verdict::Later => {
                let since = *work.waits.get_or_insert(now);
                if now.saturating_duration_since(since) >= self.options.patience {
                    return self.done(number, Err(Error::of(doing, Kind::NotReady)));
                }
                self.later.push((now + SOON, number));
            }
            Verdict::Fail(kind) => {
                // What was not flushed may be gone, and the next flush does not know.
                self.dirt.lost |= matches!(work.order, Order::Flush);
                return self.done(number, Err(Error::of(doing, kind)));
            }
            Verdict::Unknown => return self.unknown(number, now),
        }
        self.send_all(now);
    }

    /// The target does not know the command: it is done otherwise, if there is a way.
    fn unknown(&mut self, number: u64, now: Instant) {
        let (Some(work), Some(unit)) = (self.works.get(&number), &mut self.unit) else {
            return;
        };
        match work.order {
            Order::Zero { unmap: true, .. } if unit.unmaps => unit.unmaps = false,
            Order::Zero { .. } if unit.most_same != 0 => unit.most_same = 0,
            Order::Extent { .. } if unit.tells_extents => unit.tells_extents = false,
            // What is not volatile needs no flush.
            Order::Flush if !unit.volatile => self.dirt.flushed = self.dirt.left,
            _ => {
                let error = Error::of(work.order.doing(), Kind::Medium);
                return self.done(number, Err(error.with("the target does not know how")));
            }
        }
        self.waiting.push_back(number);
        self.send_all(now);
    }

    /// A command of an operation is done.
    fn progress(&mut self, number: u64, flying: &Flying, buffer: Buffer) {
        let (Some(work), Some(unit)) = (self.works.get_mut(&number), &self.unit) else {
            return;
        };
        let through = self.options.write_through;
        let mut outcome = match flying.piece {
            Piece::Whole => Some(whole(work, unit, flying, &buffer, &mut self.dirt)),
            Piece::Blocks(_, length) => {
                work.done += length;
                None
            }
            Piece::Part(_, within, length) => match part(work, within, length, buffer) {
                true => None,
                false => Some(Err(Error::of(work.order.doing(), Kind::Medium))),
            },
        };
        // A part is not written before its block is.
        if flying.changes.is_some() && work.block.is_none() {
            let dirt = work.leaves_dirt(unit, flying.piece, through);
            self.dirt.left += u64::from(dirt);
            work.dirty |= dirt;
        }
        if outcome.is_none() && work.done == work.order.span().1 {
            match through && work.dirty {
                // What it has done is not stable by itself.
                true => *work = Work::new(work.tag, Order::Flush),
                false => outcome = Some(Ok(Outcome::Done)),
            }
        }
        match outcome {
            Some(outcome) => self.done(number, outcome),
            // At once, so that nothing comes between the two halves of a part.
            None => self.waiting.push_front(number),
        }
        self.send_all(Instant::now());
    }
}

/// An order that is one command is done.
fn whole(
    work: &Work,
    unit: &Unit,
    flying: &Flying,
    buffer: &Buffer,
    dirt: &mut Dirt,
) -> Result<Outcome, Error> {
    let Order::Extent { offset } = work.order else {
        dirt.flushed = dirt.flushed.max(flying.covers);
        return match dirt.lost {
            true => Err(Error::of(work.order.doing(), Kind::Medium)),
            false => Ok(Outcome::Done),
        };
    };
    let block = u64::from(unit.block);
    let data = match buffer {
        Buffer::Answer(bytes) => &bytes[..],
        _ => &[],
    };
    Ok(match unit::extent(data, offset / block) {
        Ok((blocks, mapped)) => {
            let length = blocks.saturating_mul(block).saturating_sub(offset % block);
            Outcome::Extent {
                length: length.min(unit.size - offset).max(1),
                mapped: mapped || !unit.unmapped_is_zero,
            }
        }
        Err(_) => everything(&work.order, unit),
    })
}

/// A command for a part of a block is done; whether its data makes sense.
fn part(work: &mut Work, within: usize, length: usize, buffer: Buffer) -> bool {
    let from = usize::try_from(work.done).unwrap_or(usize::MAX);
    if work.block.take().is_some() {
        work.done += length as u64;
        return true;
    }
    let Buffer::Answer(mut bytes) = buffer else {
        return false;
    };
    let Some(part) = bytes.get_mut(within..within + length) else {
        return false;
    };
    match &work.order {
        Order::Read { place, .. } => {
            work.done += length as u64;
            return place.copy_in(from, part);
        }
        Order::Write { place, .. } => {
            if !place.copy_out(from, part) {
                return false;
            }
        }
        _ => part.fill(0),
    }
    work.block = Some(bytes);
    true
}
