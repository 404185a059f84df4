//! When somebody has to give a seat up for somebody else.

use std::cmp::Reverse;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::source::{Source, Stage, Visitor};
use super::{Hall, Notice};

/// A visitor that is alone in the line is given the seat of somebody who has come no further for so
/// long. A regular's seat is safe for so long, however long the line.
pub(super) const GRACE: Duration = Duration::from_secs(1);
/// Nobody's seat is taken away before that.
pub(super) const LEAST_GRACE: Duration = Duration::from_millis(250);

/// Somebody waits for a seat, and nobody is about to leave one.
#[derive(Debug, Clone, Copy)]
enum Wish {
    /// Its source has all the seats it may have: one of these has to become free.
    Own(IpAddr),
    /// Its source has so many seats: one of a source that has no fewer has to become free.
    Anyones(usize),
}

/// Who may be told to leave.
#[derive(Debug, Clone, Copy)]
enum Victim {
    /// This visitor of this source, now.
    Due(IpAddr, u64),
    /// Nobody before then.
    At(Instant),
}

impl Hall {
    /// Tells as many to give their seats up as others wait for and greeters can be started for,
    /// unless they have just come further. Answers when the next one may be told.
    pub(super) fn make_room(&mut self, now: Instant, notices: &mut Vec<Notice>) -> Option<Instant> {
        let mut again: Option<Instant> = None;
        let mut is_over = false;
        for wish in self.wishes() {
            // Those that come later have fewer to choose from.
            if is_over && matches!(wish, Wish::Anyones(_)) {
                continue;
            }
            match self.victim(wish, now) {
                Some(Victim::Due(source, number)) => {
                    self.change(source, number, Stage::has_seat, (Stage::Leaving, now));
                    notices.push(Notice::Leave(number));
                    continue;
                }
                Some(Victim::At(at)) => again = Some(again.map_or(at, |again| again.min(at))),
                None => {}
            }
            is_over |= matches!(wish, Wish::Anyones(_));
        }
        again
    }

    /// What is wished for, by those who have fewest seats first.
    fn wishes(&self) -> Vec<Wish> {
        let (limit, starting) = (self.room.seats_per_source, self.room.starting);
        let mut wishes = Vec::new();
        for &source in &self.order.wanting_own {
            let tally = self.sources.get(&source).map(Source::tally);
            let more = tally.map_or(0, |t| t.waiting.min(starting).saturating_sub(t.leaving));
            wishes.extend(std::iter::repeat_n(Wish::Own(source), more));
        }
        let free = self.room.seats.saturating_sub(self.all.seats());
        let coming = free + self.all.leaving;
        if coming >= starting {
            return wishes;
        }
        // As its source's first seat, its second, ...; of those that have more, none comes before.
        let (regulars, strangers) = (self.order.queue(true), self.order.queue(false));
        let first = regulars.next().take(starting);
        let first = first.chain(strangers.next().take(starting));
        let ranks = first.flat_map(|next| (next.seats..limit).take(next.waiting));
        let mut ranks: Vec<usize> = ranks.collect();
        ranks.sort_unstable();
        let anyones = ranks.into_iter().take(starting).skip(coming);
        wishes.extend(anyones.map(Wish::Anyones));
        wishes
    }

    /// Who gives a seat up for this wish: of those who have come no further for long enough, one of
    /// the source that has most seats, then of the one that has spent most in vain.
    fn victim(&self, wish: Wish, now: Instant) -> Option<Victim> {
        let grace = self.grace();
        let due_at = |visitors: &Source, idlest: &Visitor| {
            let is_regular = visitors.repute.is_regular;
            idlest.since + if is_regular { GRACE } else { grace }
        };
        let fewest = match wish {
            Wish::Own(source) => {
                let visitors = self.sources.get(&source)?;
                let idlest = visitors.idlest()?;
                let due = due_at(visitors, idlest);
                return Some(match due <= now {
                    true => Victim::Due(source, idlest.number),
                    false => Victim::At(due),
                });
            }
            Wish::Anyones(seats) => seats.max(1),
        };
        let mut best = None;
        let mut earliest: Option<Instant> = None;
        for source in &self.order.holders {
            let holder = self.sources.get(source);
            let holder = holder.filter(|visitors| remaining(visitors) >= fewest);
            let Some((visitors, idlest)) = holder.and_then(|v| Some((v, v.idlest()?))) else {
                continue;
            };
            let due = due_at(visitors, idlest);
            if due <= now {
                let seats = remaining(visitors);
                let key = (seats, visitors.repute.spent, Reverse(idlest.since));
                best = best.max(Some((key, *source, idlest.number)));
            } else {
                earliest = Some(earliest.map_or(due, |at| at.min(due)));
            }
        }
        let due = best.map(|(_, source, number)| Victim::Due(source, number));
        due.or(earliest.map(Victim::At))
    }

    /// How long a visitor that comes no further keeps its seat when others wait for one.
    pub(super) fn grace(&self) -> Duration {
        let share = self.all.waiting / self.room.seats.max(1);
        let share = u32::try_from(share).unwrap_or(u32::MAX);
        (GRACE / share.saturating_add(1)).max(LEAST_GRACE)
    }
}

/// The seats that a source has and keeps.
const fn remaining(visitors: &Source) -> usize {
    visitors.tally().seated + visitors.tally().greeted
}
