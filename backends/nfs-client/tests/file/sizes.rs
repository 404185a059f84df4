//! What a file is, and that it becomes larger.

use labelgate_nfs_client::{Event, Kind, Order, Outcome};

use crate::{Bench, kind, with};

#[test]
fn a_file_says_what_it_is() {
    with(8 << 20, |disk| {
        let mut bench = Bench::start(disk);
        println!("{:?}", bench.file());
        assert!(bench.file().size == 8 << 20 && !bench.file().read_only);
        for (offset, length) in [(8 << 20, 512), ((8 << 20) - 512, 1024), (u64::MAX, 512)] {
            let place = bench.place(0, length);
            let refused = bench.begin(Order::Read { offset, place });
            assert_eq!(kind(refused), Kind::OutOfRange);
        }
        // What was never written reads as zeros, and is told to be data.
        assert_eq!(bench.read(5 << 20, 1 << 20), Ok(vec![0; 1 << 20]));
        let extent = bench.run(Order::Extent { offset: 1 << 20 });
        let (length, mapped) = (7 << 20, true);
        assert_eq!(extent, Ok(Outcome::Extent { length, mapped }));
        // More than one call takes, and not on anybody's boundaries.
        let bytes: Vec<u8> = (0..3_000_001_u32).map(|at| (at % 251) as u8).collect();
        bench.write(777, &bytes).unwrap();
        assert!(bench.read(777, bytes.len()) == Ok(bytes.clone()));
        bench.run(Order::Flush).unwrap();
        assert!(disk.bytes()[777..777 + bytes.len()] == bytes);
        bench.close();
        let refused = bench.begin(Order::Flush);
        assert_eq!(kind(refused), Kind::NotReady);
        // By the port mapper, and beneath a directory.
        let directory = disk.file.with_file_name("a");
        std::fs::create_dir(&directory).unwrap();
        std::fs::rename(&disk.file, directory.join("b.raw")).unwrap();
        let mut options = disk.options();
        options.address.path = "a/b.raw".to_owned();
        (options.address.nfs_port, options.address.mount_port) = (0, 0);
        let mut bench = Bench::open(options).unwrap();
        assert!(bench.read(777, bytes.len()) == Ok(bytes));
    });
}

#[test]
fn a_file_is_made_larger_and_never_smaller() {
    with(8 << 20, |disk| {
        let mut bench = Bench::start(disk);
        bench.write(0, &[1; 4096]).unwrap();
        let resize = |bench: &mut Bench, size| bench.run(Order::Resize { size });
        resize(&mut bench, 16 << 20).unwrap();
        assert_eq!(bench.file().size, 16 << 20);
        assert_eq!(disk.bytes().len(), 16 << 20);
        let size = bench.hear(|event| match event {
            Event::Changed(file) => Some(file.size),
            _ => None,
        });
        assert_eq!(size, 16 << 20);
        bench.write(15 << 20, &[2; 4096]).unwrap();
        assert_eq!(bench.read(12 << 20, 4096), Ok(vec![0; 4096]));
        assert_eq!(kind(resize(&mut bench, 8 << 20)), Kind::OutOfRange);
        assert_eq!(kind(resize(&mut bench, u64::MAX)), Kind::OutOfRange);
        resize(&mut bench, 16 << 20).unwrap();
        // Somebody else has made it larger already: it stays so.
        let mut other = Bench::start(disk);
        resize(&mut other, 64 << 20).unwrap();
        resize(&mut bench, 32 << 20).unwrap();
        assert_eq!(bench.file().size, 64 << 20);
        assert_eq!(disk.bytes().len(), 64 << 20);
        in_the_middle_of_writes(&mut bench);
        assert_eq!(disk.bytes().len(), (65 + 27) << 20);
        // It is told with the next answer, or when it is asked for.
        resize(&mut other, 100 << 20).unwrap();
        assert_eq!(bench.look().map(|file| file.size), Ok(100 << 20));
        assert_eq!(bench.file().size, 100 << 20);
        resize(&mut other, 101 << 20).unwrap();
        bench.news.clear();
        bench.write(0, &[3; 512]).unwrap();
        let size = bench.hear(|event| match event {
            Event::Changed(file) => Some(file.size),
            _ => None,
        });
        assert_eq!(size, 101 << 20);
    });
}

/// They change the file as well, and what makes it larger does so only if nothing does.
fn in_the_middle_of_writes(bench: &mut Bench) {
    let mut tags = Vec::new();
    for slot in 0..32_u64 {
        let write = bench.order(slot << 20, &[7; 65536], false);
        tags.push(bench.begin(write).unwrap());
        if slot % 8 == 3 {
            let size = (65 + slot) << 20;
            tags.push(bench.begin(Order::Resize { size }).unwrap());
        }
    }
    for tag in tags {
        bench.wait(tag).unwrap();
    }
}
