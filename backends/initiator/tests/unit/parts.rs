//! Operations that are not whole blocks.

use labelgate_fixtures::random::Random;
use labelgate_initiator::Order;

use crate::{Bench, Disk};

/// Each changes a byte of the same block, all at once.
#[test]
fn parts_of_one_block_do_not_undo_each_other() {
    let disk = Disk::new(1 << 20);
    let mut bench = Bench::start(&disk);
    let bytes = Random::new(7).bytes(512);
    bench.put(0, &bytes);
    let mut tags = Vec::new();
    for at in 0..512 {
        let place = bench.place(at as usize, 1);
        let offset = 4096 + at;
        let stable = at % 2 == 0;
        let write = Order::Write {
            offset,
            place,
            stable,
        };
        tags.push(bench.begin(write).unwrap());
    }
    for tag in tags {
        bench.wait(tag).unwrap();
    }
    assert_eq!(bench.read(4096, 512), Ok(bytes));
    assert_eq!(bench.read(3584, 512), Ok(vec![0; 512]));
    assert_eq!(bench.read(4608, 512), Ok(vec![0; 512]));
}

/// A write of whole blocks waits for one of a part, and the other way round.
#[test]
fn whole_blocks_and_parts_of_them_take_turns() {
    let disk = Disk::new(1 << 20);
    let mut bench = Bench::start(&disk);
    for round in 0..50_u8 {
        bench.put(0, &[round; 1024]);
        bench.put(1024, &[0xff; 1]);
        let (whole, part) = (bench.place(0, 1024), bench.place(1024, 1));
        let stable = false;
        let (offset, place) = (0, whole);
        let first = bench.begin(Order::Write {
            offset,
            place,
            stable,
        });
        let (offset, place) = (700, part);
        let second = bench.begin(Order::Write {
            offset,
            place,
            stable,
        });
        bench.wait(first.unwrap()).unwrap();
        bench.wait(second.unwrap()).unwrap();
        let read = bench.read(0, 1024).unwrap();
        assert!(read[..512] == [round; 512]);
        // Either came last, and no other byte is an old one.
        assert!(read[700] == 0xff || read[700] == round);
        let others = read.iter().enumerate().filter(|(at, _)| *at != 700);
        assert!(
            others.map(|(_, byte)| *byte).all(|byte| byte == round),
            "{round}"
        );
    }
}
