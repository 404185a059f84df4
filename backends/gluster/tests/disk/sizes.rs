//! Sizes.

use labelgate_gluster::{Kind, OpenOptions, Outcome};

use crate::{Bench, kind};

#[test]
fn an_image_grows_and_is_as_large_as_it_shall_be_when_it_is_opened() {
    let mut bench = Bench::start();
    let image = bench.image("label/disk", 1 << 20);
    assert_eq!(image.size(), 1 << 20);
    let grown = bench.ask(|tag| image.resize(tag, 4 << 20));
    assert_eq!((grown, image.size()), (Ok(Outcome::Size(4 << 20)), 4 << 20));
    bench.write(&image, (4 << 20) - 4096, &[3; 4096]).unwrap();
    bench.close(image);
    for (least, size) in [
        (None, 4 << 20),
        (Some(1 << 20), 4 << 20),
        (Some(6 << 20), 6 << 20),
    ] {
        let options = OpenOptions {
            size: least,
            ..Bench::options()
        };
        let image = bench.open_by(&bench.volume, "label/disk", options).unwrap();
        assert_eq!(image.size(), size);
        bench.close(image);
    }
}

#[test]
fn what_others_make_of_its_size_is_found_when_it_is_looked_at() {
    let mut bench = Bench::start();
    let image = bench.image("disk", 4 << 20);
    let file = std::fs::File::options()
        .write(true)
        .open(bench.on_brick("disk"));
    file.unwrap().set_len(2 << 20).unwrap();
    let seen = bench.ask(|tag| image.refresh(tag, None));
    assert_eq!(seen, Ok(Outcome::Size(2 << 20)));
    let tag = bench.tag();
    assert_eq!(
        kind(image.read(tag, 3 << 20, bench.place(0, 4096))),
        Kind::OutOfRange
    );
    let grown = bench.ask(|tag| image.refresh(tag, Some(3 << 20)));
    assert_eq!(grown, Ok(Outcome::Size(3 << 20)));
    let kept = bench.ask(|tag| image.refresh(tag, Some(1 << 20)));
    assert_eq!(
        kept,
        Ok(Outcome::Size(3 << 20)),
        "looking makes nothing smaller"
    );
}

/// The image is cut behind its owner's back: what cannot be read is no zeros.
#[test]
fn a_read_that_comes_back_short_is_an_error() {
    let mut bench = Bench::start();
    let image = bench.image("disk", 4 << 20);
    let file = std::fs::File::options()
        .write(true)
        .open(bench.on_brick("disk"));
    file.unwrap().set_len(1 << 20).unwrap();
    assert_eq!(
        kind(bench.read(&image, (1 << 20) - 2048, 4096)),
        Kind::OutOfRange
    );
}

#[test]
fn what_is_grown_twice_at_a_time_is_as_large_as_the_larger() {
    let mut bench = Bench::start();
    let image = bench.image("disk", 1 << 20);
    for round in 1..20_u64 {
        let sizes = [
            (round * 8 + 4) << 20,
            (round * 8 + 1) << 20,
            (round * 8 + 7) << 20,
        ];
        let tags = sizes.map(|size| {
            let tag = bench.tag();
            image.refresh(tag, Some(size));
            tag
        });
        for tag in tags {
            bench.wait(tag).unwrap();
        }
        assert_eq!(image.size(), (round * 8 + 7) << 20);
        let there = bench.on_brick("disk").metadata().unwrap().len();
        assert_eq!(there, (round * 8 + 7) << 20);
    }
}

#[test]
fn the_first_images_of_a_directory_are_made_at_once_by_several() {
    let bench = Bench::start();
    for round in 0..20 {
        std::thread::scope(|scope| {
            for number in 0..4 {
                let (volume, done) = (bench.volume.clone(), bench.done.clone());
                scope.spawn(move || {
                    let name = format!("round-{round}/disk-{number}");
                    let options = OpenOptions {
                        make: true,
                        size: Some(1 << 20),
                        ..Bench::options()
                    };
                    let image = volume.open(&name, options, &done).unwrap();
                    assert_eq!(image.size(), 1 << 20);
                });
            }
        });
    }
}
