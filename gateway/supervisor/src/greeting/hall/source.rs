//! The visitors of one source, and how many are how far.

use std::cmp::Reverse;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Instant;

use super::order::{Line, Next, Standing};
use super::repute::Repute;

/// Whose connections are counted together.
pub fn source_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        v4 @ IpAddr::V4(_) => v4,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
    }
}

/// How far a visitor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its client has said nothing.
    Quiet,
    /// It waits for a seat.
    Waiting,
    /// It has a seat, and waits for its greeter.
    Seated,
    /// Its greeter talks with its client.
    Greeted,
    /// It has been told to leave, and still has its seat.
    Leaving,
    /// Its login has failed, as too many of its source have: it keeps a seat from its source, and
    /// from nobody else.
    Atoning,
}

impl Stage {
    pub(super) const fn is_in_line(self) -> bool {
        matches!(self, Self::Quiet | Self::Waiting)
    }

    pub(super) const fn has_seat(self) -> bool {
        matches!(self, Self::Seated | Self::Greeted | Self::Leaving)
    }
}

/// How many visitors are how far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) quiet: usize,
    pub(super) waiting: usize,
    pub(super) seated: usize,
    pub(super) greeted: usize,
    pub(super) leaving: usize,
    pub(super) atoning: usize,
}

impl Tally {
    pub(super) const fn in_line(&self) -> usize {
        self.quiet + self.waiting
    }

    pub(super) const fn seats(&self) -> usize {
        self.seated + self.greeted + self.leaving
    }

    /// Seats that count for their source.
    pub(super) const fn counted(&self) -> usize {
        self.seats() + self.atoning
    }

    pub(super) const fn add(&mut self, stage: Stage) {
        *self.of(stage) += 1;
    }

    pub(super) const fn take(&mut self, stage: Stage) {
        let count = self.of(stage);
        *count = count.saturating_sub(1);
    }

    const fn of(&mut self, stage: Stage) -> &mut usize {
        match stage {
            Stage::Quiet => &mut self.quiet,
            Stage::Waiting => &mut self.waiting,
            Stage::Seated => &mut self.seated,
            Stage::Greeted => &mut self.greeted,
            Stage::Leaving => &mut self.leaving,
            Stage::Atoning => &mut self.atoning,
        }
    }
}

/// A connection that waits until it is known whose it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visitor {
    pub(super) number: u64,
    pub(super) stage: Stage,
    /// When it came, and then when it last came further.
    pub(super) since: Instant,
}

/// The visitors of one source, in the order they came.
#[derive(Debug)]
pub(super) struct Source {
    address: IpAddr,
    visitors: Vec<Visitor>,
    tally: Tally,
    pub(super) repute: Repute,
}

impl Source {
    pub(super) fn new(address: IpAddr, repute: Repute) -> Self {
        Self {
            address,
            visitors: Vec::new(),
            tally: Tally::default(),
            repute,
        }
    }

    /// Its place in every order, when a source may have so many seats.
    pub(super) fn standing(&self, limit: usize) -> Standing {
        let (address, repute, tally) = (self.address, self.repute, &self.tally);
        let wants = tally.waiting > 0;
        let may_sit = wants && tally.counted() < limit;
        let next = self.first_waiting().filter(|_| may_sit);
        let line = self.first_in_line();
        Standing {
            is_regular: repute.is_regular,
            next: next.map(|first| Next {
                seats: tally.counted(),
                spent: repute.spent,
                since: first.since,
                number: first.number,
                source: address,
                waiting: tally.waiting,
            }),
            line: line.map(|first| Line {
                length: tally.in_line(),
                spent: repute.spent,
                first: Reverse(first.number),
                source: address,
            }),
            holds: (tally.greeted > 0).then_some(address),
            wants_own: (wants && !may_sit).then_some(address),
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.visitors.is_empty()
    }

    pub(super) const fn tally(&self) -> &Tally {
        &self.tally
    }

    pub(super) fn add(&mut self, visitor: Visitor) {
        self.visitors.push(visitor);
        self.tally.add(visitor.stage);
    }

    /// Removes a visitor; answers how far it was.
    pub(super) fn remove(&mut self, number: u64) -> Option<Stage> {
        let at = self.visitors.iter().position(|v| v.number == number)?;
        let stage = self.visitors.remove(at).stage;
        self.tally.take(stage);
        Some(stage)
    }

    /// Has a visitor come further if it is where that is possible; answers where it was.
    pub(super) fn change(
        &mut self,
        number: u64,
        from: impl FnOnce(Stage) -> bool,
        (to, since): (Stage, Instant),
    ) -> Option<Stage> {
        let visitor = self.visitors.iter_mut().find(|v| v.number == number)?;
        let was = visitor.stage;
        if !from(was) {
            return None;
        }
        (visitor.stage, visitor.since) = (to, since);
        self.tally.take(was);
        self.tally.add(to);
        Some(was)
    }

    /// Who is in the line and came first.
    pub(super) fn first_in_line(&self) -> Option<&Visitor> {
        let some = self.tally.in_line() > 0;
        self.find(some, Stage::is_in_line).next()
    }

    /// Who waits for a seat and came first.
    pub(super) fn first_waiting(&self) -> Option<&Visitor> {
        let some = self.tally.waiting > 0;
        self.find(some, |stage| stage == Stage::Waiting).next()
    }

    /// Whose client has come no further for longest.
    pub(super) fn idlest(&self) -> Option<&Visitor> {
        let some = self.tally.greeted > 0;
        let greeted = self.find(some, |stage| stage == Stage::Greeted);
        greeted.min_by_key(|visitor| visitor.since)
    }

    /// Those at this stage. The tally knows if there are some without looking at each.
    fn find(&self, some: bool, which: impl Fn(Stage) -> bool) -> impl Iterator<Item = &Visitor> {
        let visitors = if some { &self.visitors[..] } else { &[] };
        visitors.iter().filter(move |visitor| which(visitor.stage))
    }
}

#[cfg(test)]
impl Source {
    /// The tally, from the visitors themselves.
    pub(super) fn recounted(&self) -> Tally {
        let mut tally = Tally::default();
        self.visitors.iter().for_each(|v| tally.add(v.stage));
        tally
    }
}

#[cfg(test)]
impl Tally {
    pub(super) const fn and(self, other: Self) -> Self {
        Self {
            quiet: self.quiet + other.quiet,
            waiting: self.waiting + other.waiting,
            seated: self.seated + other.seated,
            greeted: self.greeted + other.greeted,
            leaving: self.leaving + other.leaving,
            atoning: self.atoning + other.atoning,
        }
    }
}
