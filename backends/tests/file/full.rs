//! Stores that are full.

use labelgate_backends::{FileOptions, Image};
use labelgate_engine::ImageError;

use crate::executor::Executor;
use crate::place::Place;

const PIECE: usize = 512 << 10;

/// Writes until the store is full, then makes room and writes on.
fn fills_up(place: &Place, options: FileOptions, stable: bool) {
    let mut executor = Executor::new(place.image("full", 64 << 20, &options));
    let mut offset = 0;
    let error = loop {
        match executor.write(offset, &vec![7; PIECE], stable) {
            Ok(()) => offset += PIECE as u64,
            Err(error) => break error,
        }
    };

    assert_eq!(error, ImageError::NoSpace);
    assert!(offset >= PIECE as u64, "there was some room");
    assert!(!executor.image.poisoned(), "nothing acknowledged is lost");
    assert_eq!(executor.flush(), Ok(()));
    executor.discard(0, PIECE as u64).unwrap();
    executor.flush().unwrap();
    executor.write(offset, &vec![8; PIECE / 2], stable).unwrap();
    assert_eq!(
        executor.read(offset, PIECE / 2).unwrap(),
        vec![8; PIECE / 2]
    );
}

#[test]
fn a_full_tmpfs_is_no_space_until_something_is_discarded() {
    for asynchronous in [false, true] {
        let options = FileOptions {
            asynchronous,
            ..FileOptions::default()
        };
        fills_up(&Place::tmpfs("4m"), options, false);
    }
}

#[test]
fn a_full_ext4_is_no_space_and_not_poison_even_for_stable_writes() {
    for (direct, stable) in [(false, false), (false, true), (true, true)] {
        let options = FileOptions {
            direct,
            ..FileOptions::default()
        };
        fills_up(&Place::ext4(16 << 20), options, stable);
    }
}
