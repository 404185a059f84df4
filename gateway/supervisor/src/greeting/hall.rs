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
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROOM: Room = Room {
        seats: 4,
        seats_per_source: 2,
        line: 6,
        line_per_source: 3,
    };

    fn source(n: u8) -> IpAddr {
        IpAddr::from([10, 9, 1, n])
    }

    /// A visitor that speaks at once.
    fn come(hall: &mut Hall, n: u8, now: Instant) -> u64 {
        let (number, _) = hall.enter(source(n), now);
        hall.speak(source(n), number, now);
        number
    }

    #[test]
    fn a_silent_visitor_takes_no_seat_and_leaves_the_line_for_a_newcomer() {
        let (mut hall, now) = (Hall::new(ROOM), Instant::now());
        let silent: Vec<u64> = (0..3).map(|_| hall.enter(source(1), now).0).collect();
        assert_eq!(hall.turn(now), (vec![], None));
        let (_, pushed) = hall.enter(source(1), now);
        assert_eq!(pushed, Some(Notice::Leave(silent[0])));
        // In all, the source that has most is asked, be the newcomer of another.
        for n in 2..5 {
            assert_eq!(hall.enter(source(n), now).1, None);
        }
        assert_eq!(hall.enter(source(5), now).1, Some(Notice::Leave(silent[1])));
    }

    #[test]
    fn the_next_seat_goes_to_the_source_that_has_fewest() {
        let (mut hall, now) = (Hall::new(ROOM), Instant::now());
        let many: Vec<u64> = (0..3).map(|_| come(&mut hall, 1, now)).collect();
        let one = come(&mut hall, 2, now + Duration::from_millis(1));
        let (notices, _) = hall.turn(now);
        let expected = [many[0], one, many[1]].map(Notice::Sit);
        assert_eq!(notices, expected, "two at most from one source");
    }

    #[test]
    fn a_newcomer_gets_the_seat_of_the_oldest_of_those_who_have_most() {
        let (mut hall, start) = (Hall::new(ROOM), Instant::now());
        let first = come(&mut hall, 1, start);
        hall.turn(start);
        let later = start + Duration::from_millis(10);
        for n in [1, 2, 3] {
            come(&mut hall, n, later);
        }
        assert_eq!(hall.turn(later).0.len(), 3);
        let good = come(&mut hall, 4, later);
        let (notices, again) = hall.turn(later);
        assert!(notices.is_empty(), "everyone has its while");
        let again = again.unwrap();
        assert_eq!(again, start + GRACE);
        assert_eq!(hall.turn(again).0, [Notice::Leave(first)]);
        assert_eq!(hall.turn(again), (vec![], None), "one is enough for one");
        hall.leave(source(1), first);
        assert_eq!(hall.turn(again).0, [Notice::Sit(good)]);
    }

    #[test]
    fn a_source_that_has_all_its_seats_gives_up_its_own() {
        let (mut hall, now) = (Hall::new(ROOM), Instant::now());
        let first = come(&mut hall, 1, now);
        come(&mut hall, 1, now);
        come(&mut hall, 2, now);
        hall.turn(now);
        come(&mut hall, 1, now);
        let (notices, _) = hall.turn(now + GRACE);
        assert_eq!(notices, [Notice::Leave(first)]);
    }

    #[test]
    fn one_that_atones_keeps_a_seat_from_its_source_and_from_nobody_else() {
        let room = Room { seats: 1, ..ROOM };
        let (mut hall, now) = (Hall::new(room), Instant::now());
        let bad = come(&mut hall, 1, now);
        hall.turn(now);
        hall.atone(source(1), bad);
        let other = come(&mut hall, 2, now);
        assert_eq!(hall.turn(now).0, [Notice::Sit(other)]);
        hall.leave(source(2), other);
        let second = come(&mut hall, 1, now);
        assert_eq!(hall.turn(now).0, [Notice::Sit(second)]);
        hall.atone(source(1), second);
        come(&mut hall, 1, now);
        let never = hall.turn(now + 100 * GRACE);
        assert_eq!(never, (vec![], None), "nobody's to give up");
    }

    #[test]
    fn the_longer_the_line_the_shorter_the_while() {
        let room = Room {
            line: 1000,
            line_per_source: 1000,
            ..ROOM
        };
        let (mut hall, now) = (Hall::new(room), Instant::now());
        assert_eq!(hall.grace(), GRACE);
        for _ in 0..16 {
            come(&mut hall, 1, now);
        }
        assert_eq!(hall.grace(), GRACE / 5);
        for _ in 0..500 {
            come(&mut hall, 1, now);
        }
        assert_eq!(hall.grace(), LEAST_GRACE);
    }

    #[test]
    fn an_ipv6_host_is_one_source_whatever_address_it_takes() {
        let of = |text: &str| source_of(text.parse().unwrap());
        assert_eq!(of("2001:db8::1:2:3:4"), of("2001:db8::ffff:2:3:4"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8:0:2::1"));
        assert_eq!(of("::ffff:10.9.1.2"), of("10.9.1.2"));
        assert_ne!(of("10.9.1.2"), of("10.9.1.3"));
    }

    proptest! {
        /// Whatever happens: no more seats than there are, no more in line than may be, nobody
        /// told twice to leave, and nobody left waiting beside a free seat of its own.
        #[test]
        fn the_limits_hold(steps in prop::collection::vec((0_u8..4, 0_u8..6, 0_u64..400), 1..200)) {
            let (mut hall, mut now) = (Hall::new(ROOM), Instant::now());
            let mut here: Vec<(IpAddr, u64)> = Vec::new();
            let mut told = std::collections::HashSet::new();
            for (what, n, wait) in steps {
                now += Duration::from_millis(wait);
                let one = here.get(usize::from(n) % here.len().max(1)).copied();
                match (what, one) {
                    (0 | 1, _) => {
                        let (number, pushed) = hall.enter(source(n), now);
                        here.push((source(n), number));
                        if let Some(Notice::Leave(pushed)) = pushed {
                            prop_assert!(told.insert(pushed));
                            here.retain(|&(_, number)| number != pushed);
                        }
                        if what == 0 {
                            hall.speak(source(n), number, now);
                        }
                    }
                    (2, Some((source, number))) => {
                        hall.leave(source, number);
                        here.retain(|&(_, other)| other != number);
                    }
                    (_, Some((source, number))) => hall.atone(source, number),
                    (_, None) => {}
                }
                let (notices, again) = hall.turn(now);
                for notice in notices {
                    if let Notice::Leave(number) = notice {
                        prop_assert!(told.insert(number));
                    }
                }
                prop_assert!(again.is_none_or(|at| at > now));
                let seats = hall.count(Stage::has_seat);
                prop_assert!(seats <= ROOM.seats);
                prop_assert!(hall.count(Stage::is_in_line) <= ROOM.line);
                for visitors in hall.sources.values() {
                    let own = counted(visitors, Stage::counts_for_source);
                    prop_assert!(own <= ROOM.seats_per_source);
                    let waits = counted(visitors, |stage| stage == Stage::Waiting) > 0;
                    prop_assert!(!waits || seats == ROOM.seats || own == ROOM.seats_per_source);
                }
            }
        }
    }
}
