//! An image beside a model of it.

use std::collections::HashMap;
use std::time::Duration;

use labelgate_fixtures::process::{command, run};
use labelgate_fixtures::random::Random;
use labelgate_gluster::{Image, Outcome};

use crate::{Bench, LIMIT};

const SIZE: u64 = 32 << 20;
/// Operations at a time; each has a slot of the image and of the memory to itself.
const DEPTH: u64 = 16;
const SLOT: u64 = 256 << 10;

/// What was begun: which slot, and what is expected of it.
struct Begun {
    slot: u64,
    offset: u64,
    length: u64,
    read: bool,
}

struct Run {
    bench: Bench,
    image: Image,
    model: Vec<u8>,
    random: Random,
    under_way: HashMap<u64, Begun>,
}

impl Run {
    fn begin(&mut self, slot: u64) {
        let places = SIZE / SLOT / DEPTH;
        let base = (self.random.below(places) * DEPTH + slot) * SLOT;
        let sector = |random: &mut Random, end| random.below(end) * 512;
        let at = sector(&mut self.random, SLOT / 512);
        let length = (sector(&mut self.random, (SLOT - at) / 512) + 512).min(SLOT - at);
        let offset = base + at;
        let memory = (slot * SLOT) as usize;
        let tag = self.bench.tag();
        let range = offset as usize..(offset + length) as usize;
        let choice = self.random.below(10);
        match choice {
            0..4 => {
                let bytes = self.random.bytes(length as usize);
                self.bench.put(memory, &bytes);
                let place = self.bench.place(memory, length as usize);
                let stable = self.random.below(4) == 0;
                self.image.write(tag, offset, place, stable).unwrap();
                self.model[range].copy_from_slice(&bytes);
            }
            4 => {
                self.image.discard(tag, offset, length).unwrap();
                self.model[range].fill(0);
            }
            5 => {
                self.image.zero_fill(tag, offset, length).unwrap();
                self.model[range].fill(0);
            }
            _ => {
                let place = self.bench.place(memory, length as usize);
                self.image.read(tag, offset, place).unwrap();
            }
        }
        let read = choice > 5;
        let begun = Begun {
            slot,
            offset,
            length,
            read,
        };
        self.under_way.insert(tag, begun);
    }

    fn end(&mut self, tag: u64) -> u64 {
        let begun = self.under_way.remove(&tag).unwrap();
        if begun.read {
            let memory = (begun.slot * SLOT) as usize;
            let there = self.bench.get(memory, begun.length as usize);
            let range = begun.offset as usize..(begun.offset + begun.length) as usize;
            assert!(there == self.model[range], "at {}", begun.offset);
        }
        begun.slot
    }
}

/// Reads, writes, discards and zeros at random, many at a time, each checked; and all of it at the end,
/// by another program.
#[test]
fn random_operations_leave_what_they_should() {
    let bench = Bench::start();
    let image = bench.image("disk", SIZE);
    let mut run_of = Run {
        bench,
        image,
        model: vec![0; SIZE as usize],
        random: Random::new(20_261_129),
        under_way: HashMap::new(),
    };
    (0..DEPTH).for_each(|slot| run_of.begin(slot));
    let mut left = 3000;
    while !run_of.under_way.is_empty() {
        run_of.bench.gather(LIMIT);
        let tags: Vec<_> = run_of.under_way.keys().copied().collect();
        for tag in tags {
            let Some(result) = run_of.bench.within(tag, Duration::ZERO) else {
                continue;
            };
            assert_eq!(result, Ok(Outcome::Done));
            let slot = run_of.end(tag);
            if left > 0 {
                left -= 1;
                run_of.begin(slot);
            }
        }
    }
    let Run {
        mut bench,
        image,
        model,
        ..
    } = run_of;
    assert_eq!(bench.run(|tag| image.flush(tag)), Ok(Outcome::Done));
    bench.close(image);
    let exported = bench.gluster.directory().join("exported");
    let mut export = command("qemu-img");
    export.args([
        "convert",
        "-f",
        "raw",
        "-O",
        "raw",
        &bench.gluster.qemu_name("disk"),
    ]);
    run(export.arg(&exported), LIMIT)
        .unwrap()
        .succeeded()
        .unwrap();
    assert!(std::fs::read(exported).unwrap() == model);
}
