//! Files that change behind the image's back, and images that are resized.

use std::fs::File;

use labelgate_backends::{FileOptions, Image, ResizeError};
use labelgate_engine::{ImageError, Operation};

use crate::executor::Executor;
use crate::place::Place;

#[test]
fn growth_on_disk_is_found_by_refresh_and_only_whole_blocks_are_served() {
    let place = Place::tmpfs("4m");
    let mut executor = Executor::new(place.image("grows", 4096, &FileOptions::default()));
    let file = File::options()
        .write(true)
        .open(place.path("grows"))
        .unwrap();
    assert_eq!(executor.image.refresh(), Ok(None));

    file.set_len(8192 + 100).unwrap();

    assert_eq!(executor.read(4096, 512), Err(ImageError::OutOfRange));
    let geometry = executor.image.refresh().unwrap().unwrap();
    assert_eq!((geometry.size, executor.image.geometry()), (8192, geometry));
    assert_eq!(executor.read(4096, 512), Ok(vec![0; 512]));
    assert_eq!(executor.read(8192, 100), Err(ImageError::OutOfRange));
}

#[test]
fn a_file_cut_behind_our_back_reads_as_zeros_beyond_its_end() {
    for place in [Place::tmpfs("4m"), Place::ext4(64 << 20)] {
        for (direct, asynchronous) in [(false, false), (false, true), (true, true)] {
            let options = FileOptions {
                direct,
                asynchronous,
                ..FileOptions::default()
            };
            let mut executor = Executor::new(place.image("cut", 16384, &options));
            executor.write(0, &[5; 16384], true).unwrap();
            let file = File::options().write(true).open(place.path("cut")).unwrap();

            file.set_len(4096 + 100).unwrap();

            let bytes = executor.read(0, 16384).unwrap();
            assert_eq!(bytes[..4196], [5; 4196]);
            assert_eq!(bytes[4196..], [0; 16384 - 4196]);
            assert_eq!(executor.read(8192, 512), Ok(vec![0; 512]));
            assert!(!executor.extent(8192).unwrap().mapped);
            let geometry = executor.image.refresh().unwrap().unwrap();
            assert_eq!(geometry.size, 4096);
        }
    }
}

#[test]
fn shrinking_takes_a_word_of_its_own_and_quiet() {
    let place = Place::ext4(64 << 20);
    let options = FileOptions {
        asynchronous: true,
        ..FileOptions::default()
    };
    let mut executor = Executor::new(place.image("shrinks", 16384, &options));

    let refused = executor.image.resize(8192);
    assert!(matches!(refused, Err(ResizeError::Smaller)));
    let refused = executor.image.shrink(8192 + 100);
    assert!(matches!(refused, Err(ResizeError::Blocks(512))));

    executor.start(executor.write_operation(12288, &[1; 4096], false));
    let refused = executor.image.shrink(8192);
    assert!(matches!(refused, Err(ResizeError::Busy)));

    executor.drain();
    assert_eq!(executor.image.shrink(8192).unwrap().size, 8192);
    assert_eq!(
        executor.run(Operation::Extent { offset: 8192 }).result,
        Err(ImageError::OutOfRange)
    );
}

#[test]
fn resize_does_not_cut_what_was_grown_on_disk_meanwhile() {
    let place = Place::tmpfs("4m");
    let mut executor = Executor::new(place.image("race", 4096, &FileOptions::default()));
    let file = File::options()
        .write(true)
        .open(place.path("race"))
        .unwrap();
    file.set_len(65536).unwrap();

    let refused = executor.image.resize(8192);

    assert!(matches!(refused, Err(ResizeError::Smaller)));
    assert_eq!(file.metadata().unwrap().len(), 65536);
}
