//! Who is next, and who has to go first, without looking at everyone.
//!
//! A flood makes the hall full, and all that happens there frequent: what each costs must not grow
//! with the number of those who are here.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Instant;

/// A source that may have a seat, and wants one: the least is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Next {
    pub(super) seats: usize,
    pub(super) spent: u32,
    /// Since when its first one has waited.
    pub(super) since: Instant,
    pub(super) number: u64,
    pub(super) source: IpAddr,
    pub(super) waiting: usize,
}

/// A source that has somebody in the line: the greatest goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    pub(super) length: usize,
    pub(super) spent: u32,
    pub(super) first: Reverse<u64>,
    pub(super) source: IpAddr,
}

/// Where a source is in each order, if it is there.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) is_regular: bool,
    pub(super) next: Option<Next>,
    pub(super) line: Option<Line>,
    /// It has seats that it may be asked to give up.
    pub(super) holds: Option<IpAddr>,
    /// It wants a seat, and has as many as it may.
    pub(super) wants_own: Option<IpAddr>,
}

/// All sources, in each order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Order {
    regulars: Queue,
    strangers: Queue,
    /// Those that may be asked to give a seat up.
    pub(super) holders: BTreeSet<IpAddr>,
    /// Those that want a seat, and have as many as they may.
    pub(super) wanting_own: BTreeSet<IpAddr>,
}

/// The regulars, or the others.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Queue {
    next: BTreeSet<Next>,
    line: BTreeSet<Line>,
    /// Visitors in the line.
    pub(super) in_line: usize,
}

impl Order {
    /// A source has another place than before.
    pub(super) fn change(&mut self, was: &Standing, is: &Standing) {
        if was == is {
            return;
        }
        let before = self.queue_mut(was.is_regular);
        before.in_line -= was.line.map_or(0, |line| line.length);
        remove(&mut before.next, was.next);
        remove(&mut before.line, was.line);
        let after = self.queue_mut(is.is_regular);
        after.in_line += is.line.map_or(0, |line| line.length);
        after.next.extend(is.next);
        after.line.extend(is.line);
        remove(&mut self.holders, was.holds);
        self.holders.extend(is.holds);
        remove(&mut self.wanting_own, was.wants_own);
        self.wanting_own.extend(is.wants_own);
    }

    pub(super) const fn queue(&self, regulars: bool) -> &Queue {
        match regulars {
            true => &self.regulars,
            false => &self.strangers,
        }
    }

    const fn queue_mut(&mut self, regulars: bool) -> &mut Queue {
        match regulars {
            true => &mut self.regulars,
            false => &mut self.strangers,
        }
    }
}

impl Queue {
    /// Those who may have a seat, the next one first.
    pub(super) fn next(&self) -> impl Iterator<Item = &Next> {
        self.next.iter()
    }

    /// Who has to leave the line first.
    pub(super) fn longest_line(&self) -> Option<&Line> {
        self.line.last()
    }
}

fn remove<T: Ord>(all: &mut BTreeSet<T>, one: Option<T>) {
    if let Some(one) = one {
        all.remove(&one);
    }
}
