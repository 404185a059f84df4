//! Floods, turns and limits of the hall.

use proptest::prelude::*;

use super::room::{GRACE, LEAST_GRACE};
use super::*;

const ROOM: Room = Room {
    seats: 4,
    seats_per_source: 2,
    starting: 4,
    per_second: 1_000_000,
    line: 6,
    line_per_source: 3,
};

fn source(n: u8) -> IpAddr {
    IpAddr::from([10, 9, 1, n])
}

fn hall(room: Room) -> (Hall, Instant) {
    let now = Instant::now();
    (Hall::new(room, now), now)
}

/// Gives out seats; whoever gets one is greeted at once.
fn turn(hall: &mut Hall, now: Instant) -> (Vec<Notice>, Option<Instant>) {
    let (mut notices, mut again) = hall.turn(now);
    let mut heard = 0;
    while heard < notices.len() {
        for notice in notices.split_off(heard) {
            if let Notice::Sit(number) = notice {
                greet(hall, number, now);
            }
            notices.push(notice);
        }
        heard = notices.len();
        let (more, then) = hall.turn(now);
        notices.extend(more);
        again = then;
    }
    (notices, again)
}

/// A visitor's greeter talks with its client.
fn greet(hall: &mut Hall, number: u64, now: Instant) {
    let sources: Vec<_> = hall.sources.keys().copied().collect();
    for source in sources {
        hall.advance(source, number, now);
    }
}

/// A visitor that speaks at once.
fn come(hall: &mut Hall, n: u8, now: Instant) -> u64 {
    come_from(hall, source(n), now)
}

fn come_from(hall: &mut Hall, source: IpAddr, now: Instant) -> u64 {
    let (number, _) = hall.enter(source, now);
    hall.speak(source, number, now);
    number
}

#[test]
fn a_silent_visitor_takes_no_seat_and_leaves_the_line_for_a_newcomer() {
    let (mut hall, now) = hall(ROOM);
    let silent: Vec<u64> = (0..3).map(|_| hall.enter(source(1), now).0).collect();
    assert_eq!(turn(&mut hall, now), (vec![], None));
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
    let (mut hall, now) = hall(ROOM);
    let many: Vec<u64> = (0..3).map(|_| come(&mut hall, 1, now)).collect();
    let one = come(&mut hall, 2, now + Duration::from_millis(1));
    let (notices, _) = turn(&mut hall, now);
    let expected = [many[0], one, many[1]].map(Notice::Sit);
    assert_eq!(notices, expected, "two at most from one source");
}

#[test]
fn a_newcomer_gets_the_seat_of_the_oldest_of_those_who_have_most() {
    let (mut hall, start) = hall(ROOM);
    let first = come(&mut hall, 1, start);
    turn(&mut hall, start);
    let later = start + Duration::from_millis(10);
    for n in [1, 2, 3] {
        come(&mut hall, n, later);
    }
    assert_eq!(turn(&mut hall, later).0.len(), 3);
    let good = come(&mut hall, 4, later);
    let (notices, again) = turn(&mut hall, later);
    assert!(notices.is_empty(), "everyone has its while");
    let again = again.unwrap();
    assert_eq!(again, start + GRACE);
    assert_eq!(turn(&mut hall, again).0, [Notice::Leave(first)]);
    assert_eq!(
        turn(&mut hall, again),
        (vec![], None),
        "one is enough for one"
    );
    hall.leave(source(1), first);
    assert_eq!(turn(&mut hall, again).0, [Notice::Sit(good)]);
}

#[test]
fn whoever_comes_further_keeps_its_seat_and_longest_who_has_proved_itself() {
    let (mut hall, start) = hall(ROOM);
    let visitors: Vec<u64> = (1..5).map(|n| come(&mut hall, n, start)).collect();
    // One of them is not greeted yet, which is not its fault.
    assert_eq!(hall.turn(start).0.len(), 4);
    for n in [2, 3, 4] {
        hall.advance(source(n), visitors[usize::from(n) - 1], start);
    }
    let later = start + GRACE / 2;
    hall.advance(source(3), visitors[2], later);
    hall.prove(source(2), visitors[1], start);
    come(&mut hall, 5, start);
    let mut order = Vec::new();
    let mut now = start;
    for _ in 0..2 {
        let (notices, again) = hall.turn(now);
        assert!(notices.is_empty());
        now = again.unwrap();
        let (notices, _) = hall.turn(now);
        order.extend(notices);
        // The newcomer that gets the seat is not greeted either, and another one comes.
        let Some(&Notice::Leave(number)) = order.last() else {
            panic!("{order:?}")
        };
        let n = u8::try_from(visitors.iter().position(|&v| v == number).unwrap()).unwrap();
        hall.leave(source(n + 1), number);
        hall.turn(now);
        come(&mut hall, 6 + n, now);
    }
    assert_eq!(order, [visitors[3], visitors[2]].map(Notice::Leave));
    let (_, again) = hall.turn(now);
    assert_eq!(again, Some(start + PROVED_GRACE + GRACE));
}

#[test]
fn a_source_that_has_all_its_seats_gives_up_its_own() {
    let (mut hall, now) = hall(ROOM);
    let first = come(&mut hall, 1, now);
    come(&mut hall, 1, now);
    come(&mut hall, 2, now);
    turn(&mut hall, now);
    come(&mut hall, 1, now);
    let (notices, _) = turn(&mut hall, now + GRACE);
    assert_eq!(notices, [Notice::Leave(first)]);
}

#[test]
fn one_that_atones_keeps_a_seat_from_its_source_and_from_nobody_else() {
    let room = Room { seats: 1, ..ROOM };
    let (mut hall, now) = hall(room);
    let bad = come(&mut hall, 1, now);
    turn(&mut hall, now);
    hall.atone(source(1), bad, now);
    let other = come(&mut hall, 2, now);
    assert_eq!(turn(&mut hall, now).0, [Notice::Sit(other)]);
    hall.leave(source(2), other);
    let second = come(&mut hall, 1, now);
    assert_eq!(turn(&mut hall, now).0, [Notice::Sit(second)]);
    hall.atone(source(1), second, now);
    come(&mut hall, 1, now);
    let never = turn(&mut hall, now + 100 * GRACE);
    assert_eq!(never, (vec![], None), "nobody's to give up");
}

#[test]
fn the_longer_the_line_the_shorter_the_while() {
    let room = Room {
        line: 1000,
        line_per_source: 1000,
        ..ROOM
    };
    let (mut hall, now) = hall(room);
    assert_eq!(hall.grace(), GRACE);
    for _ in 0..8 {
        come(&mut hall, 1, now);
    }
    assert_eq!(hall.grace(), GRACE / 3);
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

/// Logins that are begun and never come to their end, more than greeters can be started for.
struct Flood {
    hall: Hall,
    now: Instant,
    sources: HashMap<u64, IpAddr>,
    starting: std::collections::VecDeque<u64>,
    begun: u32,
    /// From so many addresses.
    addresses: u32,
}

impl Flood {
    fn new(addresses: u32) -> Self {
        let room = Room {
            seats: 64,
            starting: 2,
            line: 128,
            line_per_source: 16,
            ..ROOM
        };
        let (hall, now) = hall(room);
        Self {
            hall,
            now,
            sources: HashMap::new(),
            starting: std::collections::VecDeque::new(),
            begun: 0,
            addresses,
        }
    }

    fn come(&mut self, source: IpAddr) -> u64 {
        let (number, pushed) = self.hall.enter(source, self.now);
        if let Some(Notice::Leave(pushed)) = pushed {
            self.sources.remove(&pushed);
        }
        self.hall.speak(source, number, self.now);
        self.sources.insert(number, source);
        number
    }

    fn leave(&mut self, number: u64) {
        if let Some(source) = self.sources.remove(&number) {
            self.hall.leave(source, number);
        }
    }

    /// Five more come while one greeter is started. Answers who gets a seat.
    fn flow(&mut self) -> Vec<u64> {
        self.now += Duration::from_millis(10);
        for _ in 0..5 {
            self.begun += 1;
            let address = (10 << 24) + self.begun % self.addresses;
            self.come(std::net::Ipv4Addr::from_bits(address).into());
        }
        if let Some(number) = self.starting.pop_front() {
            greet(&mut self.hall, number, self.now);
        }
        let mut seated = Vec::new();
        for notice in self.hall.turn(self.now).0 {
            match notice {
                Notice::Sit(number) => seated.push(number),
                Notice::Leave(number) => self.leave(number),
            }
        }
        self.starting.extend(&seated);
        seated
    }

    /// How many get a seat before this one does.
    fn overtaken(&mut self, good: u64) -> usize {
        let mut overtaken = 0;
        for _ in 0..1000 {
            for number in self.flow() {
                if number == good {
                    return overtaken;
                }
                overtaken += 1;
            }
        }
        panic!("it has no seat after {overtaken} others");
    }
}

#[test]
fn a_newcomer_waits_for_nobody_who_has_had_a_seat_in_vain() {
    let mut flood = Flood::new(500);
    let seats: usize = (0..1500).map(|_| flood.flow().len()).sum();
    assert!(seats > 1000, "{seats}: it stands still");
    for n in 1..20 {
        let good = flood.come(source(n));
        assert_eq!(flood.overtaken(good), 0);
        flood.leave(good);
    }
}

#[test]
fn a_regular_waits_for_one_seat_at_most_however_many_strangers_come() {
    let mut flood = Flood::new(u32::MAX);
    let host = source(1);
    flood.hall.vouch(host);
    (0..1000).for_each(|_| drop(flood.flow()));
    for _ in 0..20 {
        let good = flood.come(host);
        assert!(flood.overtaken(good) <= 1);
        flood.leave(good);
    }
}

#[test]
fn strangers_get_every_other_seat_however_many_regulars_come() {
    let mut flood = Flood::new(500);
    for n in 0..500 {
        let address = (10 << 24) + n;
        flood
            .hall
            .vouch(std::net::Ipv4Addr::from_bits(address).into());
    }
    (0..1000).for_each(|_| drop(flood.flow()));
    for n in 1..20 {
        let stranger = flood.come(source(n));
        assert!(flood.overtaken(stranger) <= 1);
        flood.leave(stranger);
    }
}

#[test]
fn half_the_line_is_the_regulars() {
    let (mut hall, now) = hall(ROOM);
    (1..4).for_each(|n| hall.vouch(source(n)));
    let regulars: Vec<u64> = (1..4).map(|n| hall.enter(source(n), now).0).collect();
    let mut strangers: Vec<u64> = (4..7).map(|n| hall.enter(source(n), now).0).collect();
    for n in 7..20 {
        let (number, pushed) = hall.enter(source(n), now);
        strangers.push(number);
        assert_eq!(pushed, Some(Notice::Leave(strangers.remove(0))));
    }
    // One more of them: it is more than half now, and has to make room itself.
    let (_, pushed) = hall.enter(source(1), now);
    assert_eq!(pushed, Some(Notice::Leave(strangers[0])));
    let (_, pushed) = hall.enter(source(30), now);
    assert_eq!(pushed, Some(Notice::Leave(regulars[0])));
}

#[test]
fn no_more_have_seats_without_a_greeter_than_greeters_can_be_started() {
    let room = Room {
        starting: 2,
        ..ROOM
    };
    let (mut hall, now) = hall(room);
    let visitors: Vec<u64> = (1..4).map(|n| come(&mut hall, n, now)).collect();
    let seated = [visitors[0], visitors[1]].map(Notice::Sit);
    assert_eq!(hall.turn(now), (seated.to_vec(), None));
    // Two seats are free, and nobody has to leave for who cannot be greeted yet.
    assert_eq!(hall.turn(now + 10 * GRACE), (vec![], None));
    assert!(hall.advance(source(2), visitors[1], now));
    assert!(!hall.advance(source(2), visitors[1], now));
    assert_eq!(hall.turn(now).0, [Notice::Sit(visitors[2])]);
}

#[test]
fn seats_are_given_out_no_faster_than_they_may() {
    let room = Room {
        per_second: 2,
        ..ROOM
    };
    let (mut hall, now) = hall(room);
    let visitors: Vec<u64> = (1..4).map(|n| come(&mut hall, n, now)).collect();
    let (notices, again) = turn(&mut hall, now);
    assert_eq!(notices, [visitors[0], visitors[1]].map(Notice::Sit));
    let again = again.unwrap();
    assert!(again <= now + Duration::from_millis(500));
    assert_eq!(
        turn(&mut hall, again),
        (vec![Notice::Sit(visitors[2])], None)
    );
}

#[test]
fn nobody_leaves_for_a_source_that_has_more() {
    let (mut hall, now) = hall(Room {
        seats_per_source: 3,
        ..ROOM
    });
    let few: Vec<u64> = (1..3).map(|n| come(&mut hall, n, now)).collect();
    turn(&mut hall, now);
    let later = now + GRACE / 2;
    for _ in 0..3 {
        come(&mut hall, 3, later);
    }
    assert_eq!(turn(&mut hall, later).0.len(), 2);
    let (notices, again) = turn(&mut hall, now + GRACE);
    assert_eq!((notices, again), (vec![], Some(later + GRACE)), "{few:?}");
    let (notices, _) = turn(&mut hall, later + GRACE);
    assert!(matches!(notices[..], [Notice::Leave(own)] if !few.contains(&own)));
}

proptest! {
    /// Whatever happens: no more seats than there are, no more in line than may be, nobody
    /// told twice to leave, and nobody left waiting beside a free seat of its own.
    #[test]
    fn the_limits_hold(steps in prop::collection::vec((0_u8..4, 0_u8..6, 0_u64..400), 1..200)) {
        let (mut hall, mut now) = hall(ROOM);
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
                (3, Some((source, number))) if number.is_multiple_of(3) => {
                    hall.prove(source, number, now);
                }
                (2, Some((source, number))) => {
                    hall.leave(source, number);
                    here.retain(|&(_, other)| other != number);
                }
                (_, Some((source, number))) => hall.atone(source, number, now),
                (_, None) => {}
            }
            let (notices, again) = turn(&mut hall, now);
            for notice in notices {
                if let Notice::Leave(number) = notice {
                    prop_assert!(told.insert(number));
                }
            }
            prop_assert!(again.is_none_or(|at| at > now));
            let seats = hall.all.seats();
            prop_assert!(seats <= ROOM.seats);
            prop_assert!(hall.all.in_line() <= ROOM.line);
            let mut all = Tally::default();
            let mut order = Order::default();
            for visitors in hall.sources.values() {
                let standing = visitors.standing(ROOM.seats_per_source);
                order.change(&order::Standing::default(), &standing);
                let tally = visitors.recounted();
                prop_assert_eq!(tally, *visitors.tally());
                let own = tally.counted();
                prop_assert!(own <= ROOM.seats_per_source);
                let waits = tally.waiting > 0;
                prop_assert!(!waits || seats == ROOM.seats || own == ROOM.seats_per_source);
                all = all.and(tally);
            }
            prop_assert_eq!(all, hall.all);
            prop_assert_eq!(&order, &hall.order);
        }
    }
}
