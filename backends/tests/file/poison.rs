//! Flushes that really fail: an ext4 whose device cannot take what it promised.

use std::fs::File;

use labelgate_backends::{FileImage, FileOptions, Image, ResizeError};
use labelgate_engine::{ImageError, Operation};
use rustix::io::Errno;

use crate::executor::Executor;
use crate::place::Place;

const PIECE: usize = 512 << 10;

fn poisoned_everywhere(executor: &mut Executor) {
    assert!(executor.image.poisoned());
    let poisoned = ImageError::Poisoned;
    assert_eq!(executor.flush(), Err(poisoned));
    assert_eq!(executor.read(0, 512), Err(poisoned));
    assert_eq!(executor.write(0, &[1; 512], false), Err(poisoned));
    assert_eq!(executor.write(0, &[1; 512], true), Err(poisoned));
    assert_eq!(executor.zero(0, 512, false), Err(poisoned));
    assert_eq!(executor.discard(0, 512), Err(poisoned));
    assert_eq!(executor.extent(0), Err(poisoned));
    assert_eq!(executor.image.refresh(), Err(poisoned));
    let resized = executor.image.resize(32 << 20);
    assert!(matches!(resized, Err(ResizeError::Image(error)) if error == poisoned));
}

/// An image of 16 MiB on a device that can take 2 or so.
fn thin() -> (Place, Executor) {
    let place = Place::ext4_on_thin_ice(64 << 20, "4m");
    let image = place.image("thin", 16 << 20, &FileOptions::default());
    (place, Executor::new(image))
}

fn write_all(executor: &mut Executor) {
    for chunk in 0..32 {
        let data = vec![7; PIECE];
        executor.write(chunk * PIECE as u64, &data, false).unwrap();
    }
}

#[test]
fn a_failed_flush_poisons_the_image_although_a_retry_would_succeed() {
    let place = Place::ext4_on_thin_ice(64 << 20, "4m");
    let file = place.file("thin", 16 << 20);
    let same = file.try_clone().unwrap();
    let options = FileOptions::default();
    let mut executor = Executor::new(FileImage::open(file, &options).unwrap());
    write_all(&mut executor);

    assert_eq!(executor.flush(), Err(ImageError::Medium));

    place.thicken("200m");
    assert_eq!(rustix::fs::fdatasync(&same), Ok(()), "the trap");
    poisoned_everywhere(&mut executor);
    // An admin has it opened anew.
    let mut anew = Executor::new(FileImage::open(same, &options).unwrap());
    assert_eq!(anew.write(0, &[9; 512], true), Ok(()));
    poisoned_everywhere(&mut executor);
}

#[test]
fn an_image_that_was_poisoned_under_another_worker_still_is() {
    let place = Place::ext4(16 << 20);
    let options = FileOptions {
        poisoned: true,
        ..FileOptions::default()
    };
    let mut executor = Executor::new(place.image("sound", 4 << 20, &options));
    poisoned_everywhere(&mut executor);
    assert_eq!(executor.image.geometry().size, 4 << 20, "logins need it");
}

#[test]
fn linux_reports_a_lost_write_once_to_each_open_file() {
    let (place, mut executor) = thin();
    let other = File::options()
        .write(true)
        .open(place.path("thin"))
        .unwrap();
    write_all(&mut executor);

    assert_eq!(executor.flush(), Err(ImageError::Medium));

    assert_eq!(rustix::fs::fdatasync(&other), Err(Errno::NOSPC));
    place.thicken("200m");
    assert_eq!(rustix::fs::fdatasync(&other), Ok(()));
}

#[test]
fn a_stable_write_that_uncovers_a_lost_one_poisons_the_image() {
    let (_place, mut executor) = thin();
    write_all(&mut executor);

    assert_eq!(executor.write(0, &[1; 512], true), Err(ImageError::Medium));

    poisoned_everywhere(&mut executor);
}

#[test]
fn a_flush_that_waits_for_the_one_that_fails_fails_too() {
    let (_place, mut executor) = thin();
    write_all(&mut executor);
    let flushes: Vec<_> = (0..3).map(|_| executor.start(Operation::Flush)).collect();

    executor.drain();

    assert_eq!(executor.ended.len(), flushes.len());
    for (_, completion) in &executor.ended {
        assert!(completion.result.is_err());
    }
    poisoned_everywhere(&mut executor);
}

#[test]
fn a_direct_write_that_fails_is_its_own_failure_even_if_it_was_to_be_stable() {
    for stable in [false, true] {
        let place = Place::ext4_on_thin_ice(64 << 20, "4m");
        let options = FileOptions {
            direct: true,
            ..FileOptions::default()
        };
        let mut executor = Executor::new(place.image("thin", 16 << 20, &options));
        let results: Vec<_> = (0..32)
            .map(|piece| executor.write(piece * PIECE as u64, &vec![7; PIECE], stable))
            .collect();

        assert_eq!(results[0], Ok(()));
        assert_eq!(results[31], Err(ImageError::NoSpace));
        assert!(!executor.image.poisoned());
    }
}
