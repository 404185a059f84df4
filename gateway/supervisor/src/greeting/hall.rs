//! Where connections wait until it is known whose they are.
//!
//! A visitor is *quiet* until its client has said something, *waits* for a seat, and has a *seat*
//! while a greeter is busy with it. Seats are few. So that no flood of logins that never come to
//! their end keeps a good one, which takes milliseconds, from a seat:
//!
//! * the seats a source may have are limited;
//! * the next free seat goes to the source that has fewest;
//! * when none is free, the oldest visitor of the source that has most gives its seat up, once it
//!   has had it for a while. The longer the line, the shorter that while.
//!
//! A source is an IPv4 address, or an IPv6 network of 64 bits, which is what one host can have all
//! of.
//!
//! This is the state alone: it is told what happens, and says who is to be told what.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// A visitor that is alone in the line is given a seat of somebody who has had it for so long.
const GRACE: Duration = Duration::from_secs(1);
/// Nobody's seat is taken away before it has had it for so long.
const LEAST_GRACE: Duration = Duration::from_millis(100);

/// How many visitors there may be.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Seats.
    pub seats: usize,
    /// Of these, for one source.
    pub seats_per_source: usize,
    /// Visitors without a seat.
    pub line: usize,
    /// Of these, of one source.
    pub line_per_source: usize,
}

/// Whose connections are counted together.
pub fn source_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        v4 @ IpAddr::V4(_) => v4,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
    }
}

/// Somebody is to be told something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// This visitor has a seat.
    Sit(u64),
    /// This visitor has to leave.
    Leave(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Quiet,
    Waiting,
    Seated,
    /// It has been told to leave, and still has its seat.
    Leaving,
    /// Its login has failed, as too many of its source have: it keeps a seat from its source, and
    /// from nobody else.
    Atoning,
}

impl Stage {
    const fn is_in_line(self) -> bool {
        matches!(self, Self::Quiet | Self::Waiting)
    }

    const fn has_seat(self) -> bool {
        matches!(self, Self::Seated | Self::Leaving)
    }

    const fn counts_for_source(self) -> bool {
        matches!(self, Self::Seated | Self::Leaving | Self::Atoning)
    }
}

#[derive(Debug)]
struct Visitor {
    number: u64,
    stage: Stage,
    /// When it came, and then when it sat down.
    since: Instant,
}

/// Everyone who is here, by source, each source's in the order they came.
#[derive(Debug)]
pub struct Hall {
    room: Room,
    sources: HashMap<IpAddr, Vec<Visitor>>,
    next: u64,
}

impl Hall {
    /// An empty hall.
    pub fn new(room: Room) -> Self {
        Self {
            room,
            sources: HashMap::new(),
            next: 0,
        }
    }

    /// A visitor comes, and may push another out of the line.
    pub fn enter(&mut self, source: IpAddr, now: Instant) -> (u64, Option<Notice>) {
        let pushed = self.push_out(source);
        self.next += 1;
        let (number, stage, since) = (self.next, Stage::Quiet, now);
        let visitors = self.sources.entry(source).or_default();
        visitors.push(Visitor {
            number,
            stage,
            since,
        });
        (number, pushed.map(Notice::Leave))
    }

    /// A visitor's client has said something: it wants a seat.
    pub fn speak(&mut self, source: IpAddr, number: u64, now: Instant) {
        if let Some(visitor) = self.visitor(source, number)
            && visitor.stage == Stage::Quiet
        {
            (visitor.stage, visitor.since) = (Stage::Waiting, now);
        }
    }

    /// A visitor's greeter is gone, and the visitor stays for its source to wait.
    pub fn atone(&mut self, source: IpAddr, number: u64) {
        if let Some(visitor) = self.visitor(source, number)
            && visitor.stage.has_seat()
        {
            visitor.stage = Stage::Atoning;
        }
    }

    /// A visitor is gone.
    pub fn leave(&mut self, source: IpAddr, number: u64) {
        if let Some(visitors) = self.sources.get_mut(&source) {
            visitors.retain(|visitor| visitor.number != number);
            if visitors.is_empty() {
                self.sources.remove(&source);
            }
        }
    }

    /// Gives out what seats are free, and has seats given up for those who may have one. Answers
    /// when to ask again if nothing happens before.
    pub fn turn(&mut self, now: Instant) -> (Vec<Notice>, Option<Instant>) {
        let mut notices = Vec::new();
        while let Some(number) = self.seat_next(now) {
            notices.push(Notice::Sit(number));
        }
        let again = self.make_room(now, &mut notices);
        (notices, again)
    }

    /// Gives the next free seat to the source that has fewest, and there to who waits longest.
    fn seat_next(&mut self, now: Instant) -> Option<u64> {
        if self.count(Stage::has_seat) >= self.room.seats {
            return None;
        }
        let limit = self.room.seats_per_source;
        let candidates = self.sources.iter().filter_map(|(source, visitors)| {
            let seats = counted(visitors, Stage::counts_for_source);
            let first = visitors.iter().find(|v| v.stage == Stage::Waiting)?;
            (seats < limit).then_some((seats, first.since, *source, first.number))
        });
        let (.., source, number) = candidates.min_by_key(|&(seats, since, ..)| (seats, since))?;
        let visitor = self.visitor(source, number)?;
        (visitor.stage, visitor.since) = (Stage::Seated, now);
        Some(number)
    }

    /// Tells as many to give their seats up as others wait for, unless they have just sat down.
    fn make_room(&mut self, now: Instant, notices: &mut Vec<Notice>) -> Option<Instant> {
        let grace = self.grace();
        let mut again: Option<Instant> = None;
        for source in self.in_want() {
            let Some(victim) = self.victim(source) else {
                continue;
            };
            let due = victim.since + grace;
            if due <= now {
                victim.stage = Stage::Leaving;
                notices.push(Notice::Leave(victim.number));
            } else {
                again = Some(again.map_or(due, |at| at.min(due)));
            }
        }
        again
    }

    /// The sources whose visitors wait for a seat that nobody is about to leave; a source with
    /// several such visitors is there several times.
    fn in_want(&self) -> Vec<IpAddr> {
        let limit = self.room.seats_per_source;
        let mut leaving = self.count(|stage| stage == Stage::Leaving);
        let mut wanting = Vec::new();
        for (source, visitors) in &self.sources {
            let seats = counted(visitors, Stage::counts_for_source);
            let waiting = counted(visitors, |stage| stage == Stage::Waiting);
            let own_leaving = counted(visitors, |stage| stage == Stage::Leaving);
            let wants = if seats >= limit {
                waiting.saturating_sub(own_leaving)
            } else {
                let wants = waiting.min(limit - seats);
                let served = wants.min(leaving);
                leaving -= served;
                wants - served
            };
            // More at once than it can have seats is no use.
            wanting.extend(std::iter::repeat_n(*source, wants.min(limit)));
        }
        wanting
    }

    /// Who gives a seat up for a visitor of `source`: the oldest of its own source if that has as
    /// many as it may, or else of the source that has most.
    fn victim(&mut self, source: IpAddr) -> Option<&mut Visitor> {
        let limit = self.room.seats_per_source;
        let own = self.sources.get(&source)?;
        let from = if counted(own, Stage::counts_for_source) >= limit {
            source
        } else {
            let most = self.sources.iter().max_by_key(|(_, visitors)| {
                let seated = visitors.iter().filter(|v| v.stage == Stage::Seated);
                let oldest = seated.clone().map(|visitor| visitor.since).min();
                (seated.count(), oldest.map(std::cmp::Reverse))
            });
            *most?.0
        };
        let visitors = self.sources.get_mut(&from)?.iter_mut();
        visitors
            .filter(|visitor| visitor.stage == Stage::Seated)
            .min_by_key(|visitor| visitor.since)
    }

    /// How long a visitor keeps its seat when others wait for one.
    fn grace(&self) -> Duration {
        let waiting = self.count(|stage| stage == Stage::Waiting);
        let share = u32::try_from(waiting / self.room.seats.max(1)).unwrap_or(u32::MAX);
        (GRACE / share.saturating_add(1)).max(LEAST_GRACE)
    }

    /// Who has to leave the line for a newcomer: the oldest of its own source if that has too many
    /// there, or of the source that has most if there are too many in all.
    fn push_out(&mut self, newcomer: IpAddr) -> Option<u64> {
        let in_line = |visitors: &[Visitor]| counted(visitors, Stage::is_in_line);
        let own = self.sources.get(&newcomer).map_or(0, |v| in_line(v));
        let from = if own >= self.room.line_per_source {
            newcomer
        } else if self.count(Stage::is_in_line) >= self.room.line {
            let most = self.sources.iter().max_by_key(|(_, v)| in_line(v));
            *most?.0
        } else {
            return None;
        };
        let visitors = self.sources.get_mut(&from)?;
        let oldest = visitors.iter_mut().find(|v| v.stage.is_in_line())?;
        // It is gone for us; its task hears of it.
        let number = oldest.number;
        self.leave(from, number);
        Some(number)
    }

    fn visitor(&mut self, source: IpAddr, number: u64) -> Option<&mut Visitor> {
        let mut visitors = self.sources.get_mut(&source)?.iter_mut();
        visitors.find(|visitor| visitor.number == number)
    }

    fn count(&self, which: impl Fn(Stage) -> bool + Copy) -> usize {
        self.sources.values().map(|v| counted(v, which)).sum()
    }
}

fn counted(visitors: &[Visitor], which: impl Fn(Stage) -> bool) -> usize {
    visitors.iter().filter(|v| which(v.stage)).count()
}

#[cfg(test)]
mod tests;
