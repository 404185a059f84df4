//! An image against a vector of bytes, with random operations.

use labelgate_backends::{FileImage, FileOptions, Image};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::executor::{Executor, Mood};
use crate::place::{Device, Place};

const SIZE: u64 = 256 * 1024;

#[derive(Debug, Clone)]
enum Move {
    Write {
        at: u64,
        blocks: u64,
        stable: bool,
        seed: u8,
    },
    Read {
        at: u64,
        blocks: u64,
    },
    Discard {
        at: u64,
        blocks: u64,
    },
    Zero {
        at: u64,
        blocks: u64,
        unmap: bool,
    },
    Extents,
    Flush,
    Grow {
        blocks: u64,
    },
    Shrink {
        blocks: u64,
    },
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let range = || (0..80_u64, 0..48_u64);
    let one = prop_oneof![
        4 => (range(), any::<bool>(), any::<u8>())
            .prop_map(|((at, blocks), stable, seed)| Move::Write { at, blocks, stable, seed }),
        3 => range().prop_map(|(at, blocks)| Move::Read { at, blocks }),
        2 => range().prop_map(|(at, blocks)| Move::Discard { at, blocks }),
        3 => (range(), any::<bool>())
            .prop_map(|((at, blocks), unmap)| Move::Zero { at, blocks, unmap }),
        1 => Just(Move::Extents),
        1 => Just(Move::Flush),
        1 => (1..8_u64).prop_map(|blocks| Move::Grow { blocks }),
        1 => (1..8_u64).prop_map(|blocks| Move::Shrink { blocks }),
    ];
    vec(one, 1..40)
}

fn moods() -> impl Strategy<Value = Vec<Mood>> {
    vec(
        prop_oneof![
            3 => Just(Mood::Well),
            1 => (1..9_usize).prop_map(|blocks| Mood::Short(blocks * 4096)),
            1 => Just(Mood::Interrupted),
            1 => Just(Mood::Unsupported),
        ],
        0..40,
    )
}

struct Model {
    bytes: Vec<u8>,
    block: u64,
}

impl Model {
    /// The range in bytes, and its bytes here if the image has them.
    fn range(&mut self, at: u64, blocks: u64) -> (u64, u64, Option<&mut [u8]>) {
        let (offset, length) = (at * self.block, blocks * self.block);
        let (start, count) = (offset as usize, length as usize);
        (offset, length, self.bytes.get_mut(start..start + count))
    }

    fn apply(&mut self, executor: &mut Executor, one: Move) {
        match one {
            Move::Write {
                at,
                blocks,
                stable,
                seed,
            } => {
                let (offset, length, here) = self.range(at, blocks);
                let data: Vec<u8> = (0..length).map(|i| (i / 7) as u8 ^ seed | 1).collect();
                let result = executor.write(offset, &data, stable);
                assert_eq!(result.is_ok(), here.is_some());
                here.into_iter()
                    .for_each(|here| here.copy_from_slice(&data));
            }
            Move::Read { at, blocks } => {
                let (offset, length, here) = self.range(at, blocks);
                let bytes = executor.read(offset, length as usize);
                assert_eq!(bytes.ok().as_deref(), here.as_deref());
            }
            Move::Discard { at, blocks } => {
                let (offset, length, here) = self.range(at, blocks);
                assert_eq!(executor.discard(offset, length).is_ok(), here.is_some());
                here.into_iter().for_each(|here| here.fill(0));
            }
            Move::Zero { at, blocks, unmap } => {
                let (offset, length, here) = self.range(at, blocks);
                assert_eq!(executor.zero(offset, length, unmap).is_ok(), here.is_some());
                here.into_iter().for_each(|here| here.fill(0));
            }
            Move::Extents => self.extents(executor),
            Move::Flush => executor.flush().unwrap(),
            Move::Grow { blocks } => self.resize(executor, blocks, true),
            Move::Shrink { blocks } => self.resize(executor, blocks, false),
        }
    }

    fn extents(&self, executor: &mut Executor) {
        let mut offset = 0;
        while offset < self.bytes.len() as u64 {
            let extent = executor.extent(offset).unwrap();
            let end = offset + extent.length;
            assert!(extent.length > 0 && end.is_multiple_of(self.block));
            let here = &self.bytes[offset as usize..end as usize];
            assert!(extent.mapped || here.iter().all(|&byte| byte == 0));
            offset = end;
        }
        assert_eq!(offset, self.bytes.len() as u64);
    }

    fn resize(&mut self, executor: &mut Executor, blocks: u64, grow: bool) {
        let change = blocks * self.block;
        let now = self.bytes.len() as u64;
        let size = if grow {
            now + change
        } else {
            now.saturating_sub(change).max(self.block)
        };
        let result = if grow {
            executor.image.resize(size)
        } else {
            executor.image.shrink(size)
        };
        // A block device stays as it is.
        if let Ok(geometry) = result {
            assert_eq!(geometry.size, size);
            self.bytes.resize(size as usize, 0);
        }
        assert_eq!(executor.image.geometry().size, self.bytes.len() as u64);
    }
}

/// Random operations on images that `open` makes anew and empty.
fn agrees(cases: u32, open: impl Fn() -> FileImage) {
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&(moves(), moods()), |(moves, moods)| {
        let mut executor = Executor::new(open());
        executor.moods = moods.into();
        let geometry = executor.image.geometry();
        let mut model = Model {
            bytes: vec![0; geometry.size as usize],
            block: u64::from(geometry.block_size),
        };
        moves
            .into_iter()
            .for_each(|one| model.apply(&mut executor, one));
        let size = model.bytes.len();
        assert_eq!(executor.read(0, size).unwrap(), model.bytes);
        Ok(())
    });
    outcome.unwrap();
}

fn options(block_size: u32, direct: bool, asynchronous: bool) -> FileOptions {
    FileOptions {
        block_size,
        direct,
        asynchronous,
        // Small enough to run out in the middle.
        dirty_budget: 100_000,
        ..FileOptions::default()
    }
}

fn every_way(place: &Place) {
    for (block_size, direct, asynchronous) in [
        (512, false, false),
        (4096, false, false),
        (512, false, true),
        (4096, true, false),
        (4096, true, true),
    ] {
        let options = options(block_size, direct, asynchronous);
        agrees(60, || place.image("model", SIZE, &options));
    }
}

#[test]
fn an_image_on_tmpfs_does_as_a_vector_does() {
    every_way(&Place::tmpfs("16m"));
}

#[test]
fn an_image_on_ext4_does_as_a_vector_does() {
    every_way(&Place::ext4(64 << 20));
}

#[test]
fn an_image_on_a_block_device_does_as_a_vector_does() {
    let device = Device::new(SIZE);
    for (direct, asynchronous) in [(false, false), (false, true), (true, false)] {
        agrees(40, || {
            let image = FileImage::open(device.open(), &options(512, direct, asynchronous));
            let mut executor = Executor::new(image.unwrap());
            executor.zero(0, SIZE, true).unwrap();
            executor.image
        });
    }
}

#[test]
fn discarded_space_is_given_back_and_zeroed_space_is_not() {
    for place in [Place::tmpfs("16m"), Place::ext4(64 << 20)] {
        let mut executor = Executor::new(place.image("space", SIZE, &FileOptions::default()));
        let blocks = || rustix::fs::stat(place.path("space")).unwrap().st_blocks * 512;
        assert!(executor.image.geometry().discard);
        executor.write(0, &vec![1; SIZE as usize], true).unwrap();
        assert_eq!(blocks(), SIZE.cast_signed());

        executor.zero(0, SIZE, false).unwrap();
        executor.flush().unwrap();
        assert_eq!(blocks(), SIZE.cast_signed());

        executor.discard(0, SIZE).unwrap();
        assert_eq!(blocks(), 0);
        assert!(!executor.extent(0).unwrap().mapped);
    }
}
