//! Where connections wait until it is known whose they are.
//!
//! A visitor is *quiet* until its client has said something, *waits* for a seat, and has a *seat*
//! while a greeter is started for it and busy with it. Seats are few, and what it takes to start
//! greeters is less still. So that no flood of logins that never come to their end keeps a good
//! one, which takes milliseconds, from a seat:
//!
//! * the seats a source may have are limited;
//! * seats are given out as fast as greeters can be started, and no faster: whoever waits for a
//!   greeter cannot be overtaken any more;
//! * *regulars*, which are the sources where somebody has proved who it is before, and others get
//!   seats in turns, while both wait for one;
//! * the next seat goes to the source that has fewest, then to the one that has had fewest in vain,
//!   then to who has waited longest;
//! * when no seat is free, the source that has most gives one up: the oldest whose client has not
//!   come any further for a while. The longer the line, the shorter that while. The time that it
//!   takes to start a greeter is not the client's, and whoever has proved who it is gets more;
//! * the line is limited, too. Half of it is the regulars'.
//!
//! A source is an IPv4 address, or an IPv6 network of 64 bits, which is what one host can have all
//! of. It takes a handshake to be here, so an address is not forged.
//!
//! This is the state alone: it is told what happens, and says who is to be told what.

mod order;
mod repute;
mod room;
mod source;

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use order::Order;
use repute::Reputes;
use source::{Source, Stage, Tally, Visitor};

pub use source::source_of;

use crate::rate::Rate;

/// So much longer than others keeps its seat who has proved who it is.
const PROVED_GRACE: Duration = Duration::from_secs(2);

/// How many visitors there may be.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Seats.
    pub seats: usize,
    /// Of these, for one source.
    pub seats_per_source: usize,
    /// Of these, for which greeters may be about to be started.
    pub starting: usize,
    /// Seats given out per second.
    pub per_second: u32,
    /// Visitors without a seat.
    pub line: usize,
    /// Of these, of one source.
    pub line_per_source: usize,
}

/// Somebody is to be told something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// This visitor has a seat.
    Sit(u64),
    /// This visitor has to leave.
    Leave(u64),
}

/// Everyone who is here.
#[derive(Debug)]
pub struct Hall {
    room: Room,
    rate: Rate,
    sources: HashMap<IpAddr, Source>,
    /// All of them together.
    all: Tally,
    order: Order,
    reputes: Reputes,
    /// The next seat is a regular's if one waits, or else a stranger's if one waits.
    is_regulars_turn: bool,
    next: u64,
}

impl Hall {
    /// An empty hall.
    pub fn new(room: Room, now: Instant) -> Self {
        Self {
            room,
            rate: Rate::new(room.per_second, room.per_second, now),
            sources: HashMap::new(),
            all: Tally::default(),
            order: Order::default(),
            reputes: Reputes::default(),
            is_regulars_turn: true,
            next: 0,
        }
    }

    /// This source is a regular: it is known by its address who it is.
    pub fn vouch(&mut self, source: IpAddr) {
        self.reputes.prove(source);
        self.touch(source, |_| ());
    }

    /// A visitor comes, and may push another out of the line.
    pub fn enter(&mut self, source: IpAddr, now: Instant) -> (u64, Option<Notice>) {
        let pushed = self.push_out(source);
        self.next += 1;
        let visitor = Visitor {
            number: self.next,
            stage: Stage::Quiet,
            since: now,
        };
        let new = || Source::new(source, self.reputes.of(source));
        self.sources.entry(source).or_insert_with(new);
        self.touch(source, |visitors| visitors.add(visitor));
        self.all.add(visitor.stage);
        (visitor.number, pushed.map(Notice::Leave))
    }

    /// A visitor's client has said something: it wants a seat.
    pub fn speak(&mut self, source: IpAddr, number: u64, now: Instant) {
        let is_quiet = |stage| stage == Stage::Quiet;
        self.change(source, number, is_quiet, (Stage::Waiting, now));
    }

    /// A visitor's greeter talks with its client, which has come further. Answers whether this is
    /// the first that is heard of its greeter, so that another one can be started.
    pub fn advance(&mut self, source: IpAddr, number: u64, now: Instant) -> bool {
        let may = |stage| matches!(stage, Stage::Seated | Stage::Greeted);
        let was = self.change(source, number, may, (Stage::Greeted, now));
        was == Some(Stage::Seated)
    }

    /// A visitor's client has proved who it is.
    pub fn prove(&mut self, source: IpAddr, number: u64, now: Instant) {
        self.vouch(source);
        self.advance(source, number, now + PROVED_GRACE);
    }

    /// A visitor's greeter is gone, and the visitor stays for its source to wait.
    pub fn atone(&mut self, source: IpAddr, number: u64, now: Instant) {
        self.change(source, number, Stage::has_seat, (Stage::Atoning, now));
    }

    /// A visitor is gone.
    pub fn leave(&mut self, source: IpAddr, number: u64) {
        if let Some(stage) = self
            .touch(source, |visitors| visitors.remove(number))
            .flatten()
        {
            self.all.take(stage);
        }
        if self.sources.get(&source).is_some_and(Source::is_empty) {
            self.sources.remove(&source);
        }
    }

    /// Gives out what seats are free, and has seats given up for those who may have one. Answers
    /// when to ask again if nothing happens before.
    pub fn turn(&mut self, now: Instant) -> (Vec<Notice>, Option<Instant>) {
        let mut notices = Vec::new();
        while self.all.waiting > 0 {
            if let Err(wait) = self.rate.look(now) {
                return (notices, Some(now + wait));
            }
            let Some(number) = self.seat_next(now) else {
                break;
            };
            notices.push(Notice::Sit(number));
        }
        let again = self.make_room(now, &mut notices);
        (notices, again)
    }

    /// Gives the next seat out, if there is one and somebody may have it.
    fn seat_next(&mut self, now: Instant) -> Option<u64> {
        if self.all.seats() >= self.room.seats || self.all.seated >= self.room.starting {
            return None;
        }
        let turn = self.is_regulars_turn;
        let (ours, others) = (self.order.queue(turn), self.order.queue(!turn));
        let next = *ours.next().next().or_else(|| others.next().next())?;
        self.is_regulars_turn = !turn;
        self.reputes.spend(next.source);
        // The caller has seen that there is one.
        let _ = self.rate.take(now);
        let is_waiting = |stage| stage == Stage::Waiting;
        self.change(next.source, next.number, is_waiting, (Stage::Seated, now))?;
        Some(next.number)
    }

    /// Who has to leave the line for a newcomer: the oldest of its own source if that has too many
    /// there, or of the source that has most if there are too many in all. Regulars do not have to
    /// for others while they are no more than half of it.
    fn push_out(&mut self, newcomer: IpAddr) -> Option<u64> {
        let own = self.sources.get(&newcomer);
        let from = if own.map_or(0, |own| own.tally().in_line()) >= self.room.line_per_source {
            newcomer
        } else if self.all.in_line() >= self.room.line {
            self.most_in_line()?
        } else {
            return None;
        };
        // It is gone for us; its task hears of it.
        let number = self.sources.get(&from)?.first_in_line()?.number;
        self.leave(from, number);
        Some(number)
    }

    fn most_in_line(&self) -> Option<IpAddr> {
        let (regulars, strangers) = (self.order.queue(true), self.order.queue(false));
        let (first, then) = match regulars.in_line > self.room.line / 2 {
            true => (regulars, strangers),
            false => (strangers, regulars),
        };
        let line = first.longest_line().or_else(|| then.longest_line())?;
        Some(line.source)
    }

    fn change(
        &mut self,
        source: IpAddr,
        number: u64,
        from: impl FnOnce(Stage) -> bool,
        (to, since): (Stage, Instant),
    ) -> Option<Stage> {
        let change = |visitors: &mut Source| visitors.change(number, from, (to, since));
        let was = self.touch(source, change).flatten()?;
        self.all.take(was);
        self.all.add(to);
        Some(was)
    }

    /// Does something with a source if it is here, and keeps the order.
    fn touch<T>(&mut self, source: IpAddr, act: impl FnOnce(&mut Source) -> T) -> Option<T> {
        let limit = self.room.seats_per_source;
        let visitors = self.sources.get_mut(&source)?;
        let was = visitors.standing(limit);
        let done = act(visitors);
        visitors.repute = self.reputes.of(source);
        self.order.change(&was, &visitors.standing(limit));
        Some(done)
    }
}

#[cfg(test)]
mod tests;
