//! What becomes an image and what does not, and how images are served.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use labelgate_backends::{FileImage, FileOptions, Image, OpenError, Way};
use labelgate_engine::{ImageError, Operation};
use rustix::fs::{MemfdFlags, Mode, OFlags, SealFlags};
use rustix::io::Errno;

use crate::executor::Executor;
use crate::place::{Device, Place};

const READ_ONLY: FileOptions = FileOptions {
    block_size: 512,
    elastic: false,
    read_only: true,
    direct: false,
    poisoned: false,
    asynchronous: false,
    dirty_budget: 0,
};

fn open(path: impl AsRef<std::path::Path>, flags: OFlags) -> OwnedFd {
    rustix::fs::open(path.as_ref(), flags, Mode::empty()).unwrap()
}

#[test]
fn only_files_and_devices_open_for_what_is_needed_become_images() {
    let place = Place::tmpfs("4m");
    drop(place.file("short", 511));
    drop(place.file("good", 4096));
    let writable = FileOptions::default();
    let refused = |path: &str, flags, options| {
        FileImage::open(open(place.path(path), flags), options).unwrap_err()
    };

    let error = refused("", OFlags::RDONLY, &READ_ONLY);
    assert!(matches!(error, OpenError::Kind));
    let error = FileImage::open(open("/dev/null", OFlags::RDWR), &writable).unwrap_err();
    assert!(matches!(error, OpenError::Kind));
    let error = refused("good", OFlags::RDONLY, &writable);
    assert!(matches!(error, OpenError::Access));
    let error = refused("good", OFlags::WRONLY, &writable);
    assert!(matches!(error, OpenError::Access));
    let error = refused("good", OFlags::PATH, &READ_ONLY);
    assert!(matches!(error, OpenError::Access));
    let error = refused("short", OFlags::RDWR, &writable);
    assert!(matches!(error, OpenError::Empty));
    let odd = FileOptions {
        block_size: 1024,
        ..writable
    };
    let error = refused("good", OFlags::RDWR, &odd);
    assert!(matches!(error, OpenError::BlockSize(1024)));
}

#[test]
fn a_file_open_for_appending_is_written_where_the_operation_says() {
    let place = Place::tmpfs("4m");
    drop(place.file("append", 4096));
    let file = open(place.path("append"), OFlags::RDWR | OFlags::APPEND);
    let mut executor = Executor::new(FileImage::open(file, &FileOptions::default()).unwrap());

    executor.write(512, &[3; 512], false).unwrap();

    assert_eq!(executor.read(512, 512), Ok(vec![3; 512]));
    assert_eq!(executor.image.refresh(), Ok(None));
}

#[test]
fn a_read_only_image_refuses_every_change() {
    let place = Place::tmpfs("4m");
    let file = place.file("content", 4096);
    let mut executor = Executor::new(FileImage::open(file, &READ_ONLY).unwrap());
    let geometry = executor.image.geometry();
    assert!(geometry.read_only && !geometry.discard);

    let refused = Err(ImageError::ReadOnly);
    assert_eq!(executor.write(0, &[1; 512], false), refused);
    assert_eq!(executor.discard(0, 512), refused);
    assert_eq!(executor.zero(0, 512, false), refused);
    assert_eq!(executor.read(0, 512), Ok(vec![0; 512]));
    assert!(executor.image.resize(8192).is_err());
}

#[test]
fn the_strategy_is_what_the_file_system_can_do() {
    let tmpfs = Place::tmpfs("4m");
    let mut executor = Executor::new(tmpfs.image("a", 65536, &FileOptions::default()));
    executor.write(0, &[1; 8192], true).unwrap();
    executor.read(0, 8192).unwrap();
    executor.flush().unwrap();
    let strategy = executor.image.strategy();
    assert!(strategy.memory && strategy.reads == Way::Inline && strategy.writes == Way::Inline);
    assert_eq!(executor.requests, 0, "memory keeps no driver busy");

    let ext4 = Place::ext4(64 << 20);
    let mut executor = Executor::new(ext4.image("a", 65536, &FileOptions::default()));
    executor.write(0, &[1; 8192], false).unwrap();
    executor.read(0, 8192).unwrap();
    let strategy = executor.image.strategy();
    assert_eq!(strategy.reads, Way::Nowait);
    assert_eq!(strategy.writes, Way::Budgeted);
    assert_eq!(executor.requests, 0, "what is cached is answered at once");
    executor.write(0, &[1; 8192], true).unwrap();
    assert_eq!(executor.requests, 1, "one fdatasync");

    let device = Device::new(65536);
    let image = FileImage::open(device.open(), &FileOptions::default()).unwrap();
    assert_eq!(image.strategy().reads, Way::Nowait);
    assert!(image.geometry().discard);
}

#[test]
fn writes_beyond_the_budget_go_to_the_driver_until_a_flush() {
    let ext4 = Place::ext4(64 << 20);
    let options = FileOptions {
        dirty_budget: 8192,
        ..FileOptions::default()
    };
    let mut executor = Executor::new(ext4.image("b", 65536, &options));

    executor.write(0, &[1; 8192], false).unwrap();
    assert_eq!(executor.requests, 0);
    executor.write(0, &[1; 4096], false).unwrap();
    assert_eq!(executor.requests, 1);
    executor.flush().unwrap();
    executor.write(0, &[1; 4096], false).unwrap();
    assert_eq!(executor.requests, 2, "the flush only");
}

#[test]
fn no_write_is_made_inline_while_the_driver_may_hold_the_inodes_lock() {
    let ext4 = Place::ext4(64 << 20);
    let options = FileOptions {
        dirty_budget: 8192,
        ..FileOptions::default()
    };
    let mut executor = Executor::new(ext4.image("lock", 65536, &options));
    executor.start(executor.write_operation(0, &[1; 16384], false));
    assert_eq!(executor.pending.len(), 1, "beyond the budget");

    executor.start(executor.write_operation(32768, &[2; 4096], false));
    assert_eq!(executor.pending.len(), 2);

    executor.drain();
    executor.write(32768, &[3; 4096], false).unwrap();
    assert_eq!(executor.requests, 2, "inline again");
}

#[test]
fn a_write_of_part_of_a_page_that_is_not_in_memory_goes_to_the_driver() {
    let ext4 = Place::ext4(64 << 20);
    let file = ext4.file("c", 1 << 20);
    let advise = file.try_clone().unwrap();
    let mut executor = Executor::new(FileImage::open(file, &FileOptions::default()).unwrap());
    executor
        .write(512 << 10, &vec![1; 512 << 10], true)
        .unwrap();
    let before = executor.requests;

    rustix::fs::fadvise(&advise, 0, None, rustix::fs::Advice::DontNeed).unwrap();
    executor.write(512 << 10, &[2; 4096], false).unwrap();
    assert_eq!(executor.requests, before, "whole pages need no reading");
    executor.write((800 << 10) + 512, &[2; 512], false).unwrap();
    assert_eq!(executor.requests, before + 1);
}

#[test]
fn a_refusal_by_the_kernel_is_a_revocation() {
    // A sealed memfd refuses writes with EPERM, inline; EACCES comes from the driver here, as
    // there is no SELinux to say it.
    let memory = rustix::fs::memfd_create("sealed", MemfdFlags::ALLOW_SEALING).unwrap();
    rustix::fs::ftruncate(&memory, 4096).unwrap();
    let sealed = memory.as_fd().try_clone_to_owned().unwrap();
    let mut executor = Executor::new(FileImage::open(memory, &FileOptions::default()).unwrap());
    rustix::fs::fcntl_add_seals(&sealed, SealFlags::WRITE).unwrap();
    assert_eq!(
        executor.write(0, &[1; 512], false),
        Err(ImageError::Revoked)
    );

    let place = Place::tmpfs("4m");
    let options = FileOptions {
        asynchronous: true,
        ..FileOptions::default()
    };
    let mut executor = Executor::new(place.image("r", 4096, &options));
    let buffer = executor.buffer();
    executor.start(Operation::Read {
        offset: 0,
        length: 512,
        buffer,
    });
    executor.answer(0, Err(io::Error::from(Errno::ACCESS)));
    let (_, completion) = executor.ended.pop().unwrap();
    assert_eq!(completion.result, Err(ImageError::Revoked));
    assert!(!executor.image.poisoned());
}

#[test]
fn ranges_and_buffers_are_checked_again() {
    let place = Place::tmpfs("4m");
    let mut executor = Executor::new(place.image("o", 4096, &FileOptions::default()));
    let refused = ImageError::OutOfRange;

    assert_eq!(executor.read(4096, 1), Err(refused));
    assert_eq!(executor.read(u64::MAX, 512), Err(refused));
    assert_eq!(executor.discard(512, u64::MAX), Err(refused));
    assert_eq!(executor.read(4096, 0), Ok(Vec::new()));
    let buffer = executor.buffer();
    let beyond = Operation::Write {
        offset: 0,
        length: 512,
        from: usize::MAX - 100,
        buffer,
        stable: false,
    };
    assert_eq!(executor.run(beyond).result, Err(refused));
    let file = File::open(place.path("o")).unwrap();
    assert_eq!(file.metadata().unwrap().len(), 4096);
}
