//! A file beside a model of it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use labelgate_fixtures::random::Random;
use labelgate_nfs_client::{Event, Order, Outcome};

use crate::{Bench, Disk, LIMIT, with};

pub(crate) const SIZE: u64 = 32 << 20;
/// Operations at a time; each has a slot of the unit and of the memory to itself.
const DEPTH: u64 = 16;
const SLOT: u64 = 256 << 10;

/// What was begun, and what is expected of it.
struct Begun {
    slot: u64,
    offset: u64,
    length: u64,
    read: bool,
}

pub(crate) struct Run {
    pub(crate) bench: Bench,
    model: Vec<u8>,
    random: Random,
    under_way: HashMap<u64, Begun>,
}

impl Run {
    pub(crate) fn new(bench: Bench, seed: u64) -> Self {
        Self {
            bench,
            model: vec![0; SIZE as usize],
            random: Random::new(seed),
            under_way: HashMap::new(),
        }
    }

    /// The same on another session.
    fn again(self, bench: Bench) -> Self {
        Self { bench, ..self }
    }

    fn begin(&mut self, slot: u64) {
        let places = SIZE / SLOT / DEPTH;
        let base = (self.random.below(places) * DEPTH + slot) * SLOT;
        let at = self.random.below(SLOT);
        let length = self.random.below(SLOT - at) + 1;
        let offset = base + at;
        let memory = (slot * SLOT) as usize;
        let range = offset as usize..(offset + length) as usize;
        let place = self.bench.place(memory, length as usize);
        let choice = self.random.below(10);
        let order = match choice {
            0..4 => {
                let bytes = self.random.bytes(length as usize);
                self.bench.put(memory, &bytes);
                self.model[range].copy_from_slice(&bytes);
                let stable = self.random.below(4) == 0;
                Order::Write {
                    offset,
                    place,
                    stable,
                }
            }
            4 | 5 => {
                self.model[range].fill(0);
                Order::Zero { offset, length }
            }
            6 => Order::Flush,
            7 => Order::Extent { offset },
            _ => Order::Read { offset, place },
        };
        let read = choice > 7;
        let tag = self.bench.begin(order).unwrap();
        let begun = Begun {
            slot,
            offset,
            length,
            read,
        };
        self.under_way.insert(tag, begun);
    }

    fn end(&mut self, tag: u64, outcome: Outcome) -> u64 {
        let begun = self.under_way.remove(&tag).unwrap();
        let range = begun.offset as usize..(begun.offset + begun.length) as usize;
        if begun.read {
            let read = self
                .bench
                .get((begun.slot * SLOT) as usize, begun.length as usize);
            assert!(
                read == self.model[range.clone()],
                "{range:?} is not what was written"
            );
        }
        if let Outcome::Extent { length, mapped } = outcome {
            let end = (begun.offset + length).min(SIZE) as usize;
            // Only this slot has not changed since it was asked.
            let end =
                end.min(begun.offset as usize / SLOT as usize * SLOT as usize + SLOT as usize);
            let empty = self.model[begun.offset as usize..end]
                .iter()
                .all(|&byte| byte == 0);
            assert!(mapped || empty, "there is data in {}..{end}", begun.offset);
        }
        begun.slot
    }

    /// Carries out so many operations, and does something else now and then.
    pub(crate) fn operations(&mut self, count: u32, mut meanwhile: impl FnMut(u32)) {
        for slot in 0..DEPTH {
            self.begin(slot);
        }
        for done in 0..count {
            meanwhile(done);
            let (tag, outcome) = self.next();
            let slot = self.end(tag, outcome);
            self.begin(slot);
        }
        while !self.under_way.is_empty() {
            let (tag, outcome) = self.next();
            self.end(tag, outcome);
        }
    }

    fn next(&mut self) -> (u64, Outcome) {
        let begun = Instant::now();
        loop {
            let tags: Vec<u64> = self.under_way.keys().copied().collect();
            for tag in tags {
                if let Some(outcome) = self.bench.outcome(tag) {
                    return (tag, outcome.unwrap());
                }
            }
            assert!(
                begun.elapsed() < LIMIT,
                "nothing ends: {:?}",
                self.bench.session
            );
            self.bench.drive(Duration::from_millis(100));
        }
    }

    /// Everything is as the model is: through the session, and in the file.
    pub(crate) fn check(&mut self, disk: &Disk) {
        for offset in (0..SIZE).step_by(1 << 20) {
            let read = self.bench.read(offset, 1 << 20).unwrap();
            let at = offset as usize;
            assert!(read == self.model[at..at + (1 << 20)], "at {offset}");
        }
        self.bench.run(Order::Flush).unwrap();
        assert!(disk.bytes() == self.model);
    }

    pub(crate) fn outages(&self) -> usize {
        let back = |event: &&Event| matches!(event, Event::Back);
        self.bench.news.iter().filter(back).count()
    }
}

#[test]
fn a_file_does_what_its_model_does() {
    with(SIZE, |disk| {
        let mut run = Run::new(Bench::start(disk), 0x0f5);
        let begun = Instant::now();
        run.operations(1500, |_| {});
        println!("1500 operations in {:?}", begun.elapsed());
        run.check(disk);
        assert_eq!(run.outages(), 0);
        let mut options = disk.options();
        options.write_through = false;
        let mut run = run.again(Bench::open(options).unwrap());
        let begun = Instant::now();
        run.operations(1500, |_| {});
        println!("1500 operations in {:?}", begun.elapsed());
        run.check(disk);
    });
}
