//! Floods, turns and limits of the hall.

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
