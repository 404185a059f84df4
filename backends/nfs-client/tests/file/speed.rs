//! What an operation costs. Nothing is asserted: the figures are for whoever reads them.

use std::time::{Duration, Instant};

use labelgate_fixtures::random::Random;
use labelgate_nfs_client::{Order, Place};

use crate::{Bench, with};

const SIZE: u64 = 64 << 20;
const DEPTH: u64 = 32;

/// So many operations of 4 KiB, `DEPTH` at a time; how many there were in a second.
fn rate(bench: &mut Bench, count: u64, order: impl Fn(u64, Place) -> Order) -> f64 {
    let mut random = Random::new(1);
    let mut begin = |bench: &mut Bench, slot: u64| {
        let offset = random.below(SIZE / 4096) * 4096;
        let place = bench.place((slot * 4096) as usize, 4096);
        (bench.begin(order(offset, place)).unwrap(), slot)
    };
    let begun = Instant::now();
    let mut under_way: Vec<(u64, u64)> = (0..DEPTH).map(|slot| begin(bench, slot)).collect();
    let mut left = count;
    while left > 0 {
        bench.drive(Duration::from_secs(1));
        let mut next = Vec::new();
        for (tag, slot) in under_way {
            match bench.outcome(tag) {
                Some(result) => {
                    result.unwrap();
                    left = left.saturating_sub(1);
                    next.push(begin(bench, slot));
                }
                None => next.push((tag, slot)),
            }
        }
        under_way = next;
    }
    let rate = count as f64 / begun.elapsed().as_secs_f64();
    for (tag, _) in under_way {
        bench.wait(tag).unwrap();
    }
    rate
}

#[test]
#[ignore = "takes long; make test-full runs it"]
fn how_many_operations_there_are_in_a_second() {
    with(SIZE, |disk| {
        let write = |stable| {
            move |offset, place| Order::Write {
                offset,
                place,
                stable,
            }
        };
        let mut options = disk.options();
        options.write_through = false;
        let mut bench = Bench::open(options).unwrap();
        let reads = rate(&mut bench, 10_000, |offset, place| Order::Read {
            offset,
            place,
        });
        let writes = rate(&mut bench, 10_000, write(false));
        let stable = rate(&mut bench, 2_000, write(true));
        println!(
            "4 KiB, {DEPTH} at a time: {reads:.0} reads, {writes:.0} writes, {stable:.0} stable ones"
        );
        let begun = Instant::now();
        for offset in (0..SIZE).step_by(1 << 20) {
            let place = bench.place(0, 1 << 20);
            bench.run(Order::Read { offset, place }).unwrap();
        }
        let rate = (SIZE >> 20) as f64 / begun.elapsed().as_secs_f64();
        println!("1 MiB, one at a time: {rate:.0} MiB read in a second");
    });
}
