//! Where an image has data, and that what is discarded has no space.

use std::os::unix::fs::MetadataExt;

use labelgate_gluster::{Extent, Image, Kind, Outcome};

use crate::{Bench, kind};

fn extent(bench: &mut Bench, image: &Image, offset: u64) -> (u64, bool) {
    match bench.ask(|tag| image.extent(tag, offset)) {
        Ok(Outcome::Extent(Extent { length, mapped })) => (length, mapped),
        other => panic!("{other:?}"),
    }
}

#[test]
fn data_and_holes_are_told() {
    let mut bench = Bench::start();
    let image = bench.image("disk", 8 << 20);
    assert_eq!(extent(&mut bench, &image, 0), (8 << 20, false));
    bench.write(&image, 1 << 20, &[1; 65536]).unwrap();
    assert_eq!(extent(&mut bench, &image, 0), (1 << 20, false));
    assert_eq!(extent(&mut bench, &image, 1 << 20), (65536, true));
    assert_eq!(extent(&mut bench, &image, (1 << 20) + 4096), (61440, true));
    let rest = (8 << 20) - (1 << 20) - 65536;
    assert_eq!(extent(&mut bench, &image, (1 << 20) + 65536), (rest, false));
    let beyond = bench.ask(|tag| image.extent(tag, 8 << 20));
    assert_eq!(kind(beyond), Kind::OutOfRange);
}

#[test]
fn what_is_discarded_reads_as_zeros_and_has_no_space() {
    let mut bench = Bench::start();
    let image = bench.image("disk", 8 << 20);
    bench.write(&image, 0, &[1; 1 << 20]).unwrap();
    let space = |bench: &Bench| bench.on_brick("disk").metadata().unwrap().blocks() * 512;
    assert!(space(&bench) >= 1 << 20);
    bench.run(|tag| image.discard(tag, 0, 1 << 20)).unwrap();
    assert!(space(&bench) < 1 << 18, "{}", space(&bench));
    assert_eq!(bench.read(&image, 0, 1 << 20).unwrap(), vec![0; 1 << 20]);
    // Zeros that were asked for with their space have it.
    bench.run(|tag| image.zero_fill(tag, 0, 1 << 20)).unwrap();
    assert!(space(&bench) >= 1 << 20, "{}", space(&bench));
    assert_eq!(bench.read(&image, 0, 1 << 20).unwrap(), vec![0; 1 << 20]);
    assert_eq!(image.size(), 8 << 20);
}

/// The library keeps where a seek came to in the open file, and so does each read and write of it.
#[test]
fn data_is_never_told_to_be_a_hole_while_others_read_and_write() {
    let mut bench = Bench::start();
    let image = bench.image("disk", 8 << 20);
    bench.write(&image, 0, &[1; 1 << 20]).unwrap();
    bench.write(&image, 4 << 20, &[2; 1 << 20]).unwrap();
    let mut asked = 0;
    for round in 0..200_u64 {
        let mut beside = Vec::new();
        for n in 0..8 {
            let (tag, place) = (bench.tag(), bench.place(n * 4096, 4096));
            // Ends behind what is asked about, and before it.
            let offset = [7 << 20, 4096][n % 2] + (round % 8) * 4096;
            match n % 4 {
                0 | 1 => image.read(tag, offset, place).unwrap(),
                _ => image
                    .write(tag, (4 << 20) + offset % (1 << 19), place, false)
                    .unwrap(),
            }
            beside.push(tag);
        }
        let extents: Vec<_> = [0, 1 << 16, 4 << 20, (4 << 20) + 4096]
            .into_iter()
            .map(|offset| {
                let tag = bench.tag();
                image.extent(tag, offset);
                tag
            })
            .collect();
        for tag in extents {
            match bench.wait(tag) {
                Ok(Outcome::Extent(Extent { mapped, length })) => {
                    assert!(mapped && length > 0, "a hole of {length} bytes");
                    asked += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        for tag in beside {
            bench.wait(tag).unwrap();
        }
    }
    assert_eq!(asked, 800);
}
