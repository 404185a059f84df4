//! What becomes of operations, with the test as the keeper.

use labelgate_buffers::{MAX_BUFFER, Pool};
use labelgate_engine::{Completion, Extent};
use labelgate_queue_pair::Run;
use proptest::prelude::*;

use super::*;

const SIZE: u64 = 1 << 30;
const SHAPE: Shape = Shape {
    size: SIZE + 100,
    physical_block: 1 << 20,
    discard: true,
    stable_writes: false,
};

fn image(block_size: u32, read_only: bool) -> KeptImage {
    let options = KeptOptions {
        number: 7,
        keeper: 2,
        block_size,
        read_only,
        poisoned: false,
    };
    KeptImage::new(&options, SHAPE).unwrap()
}

fn done(step: Step<KeptRequest>) -> Completion {
    match step {
        Step::Done(completion) => completion,
        other => panic!("it has not ended: {other:?}"),
    }
}

fn asked(step: Step<KeptRequest>) -> KeptRequest {
    match step {
        Step::Request(request) => request,
        other => panic!("it asks for nothing: {other:?}"),
    }
}

#[test]
fn its_shape_is_what_a_client_can_use_of_the_backends() {
    let geometry = image(4096, false).geometry();
    assert_eq!((geometry.size, geometry.physical_block_size), (SIZE, 4096));
    assert!(geometry.discard && !image(512, true).geometry().discard);
    let small = Shape { size: 511, ..SHAPE };
    let options = KeptOptions {
        number: 1,
        keeper: 0,
        block_size: 512,
        read_only: false,
        poisoned: false,
    };
    let refused = KeptImage::new(&options, small);
    assert_eq!(refused.map(drop), Err(NotKept::Empty));
    let odd = KeptOptions {
        block_size: 513,
        ..options
    };
    let refused = KeptImage::new(&odd, SHAPE);
    assert_eq!(refused.map(drop), Err(NotKept::BlockSize(513)));

    let mut image = image(512, false);
    assert_eq!(image.reshape(SHAPE), None);
    let larger = Shape {
        size: 2 * SIZE,
        ..SHAPE
    };
    assert_eq!(
        image.reshape(larger).map(|shape| shape.size),
        Some(2 * SIZE)
    );
}

#[test]
fn a_read_that_was_short_shows_zeros_and_no_old_bytes() {
    let pool = Pool::new(MAX_BUFFER).unwrap();
    let mut image = image(512, false);
    let mut buffer = pool.allocate(4096).unwrap();
    buffer.fill(0xaa);
    let position = buffer.position();
    let request = asked(image.start(Operation::Read {
        offset: 512,
        length: 1024,
        buffer,
    }));
    let run = Run {
        position,
        length: 1024,
    };
    let expected = Asked::Read { offset: 512, run };
    assert_eq!(request.submission(9).operation, expected);
    assert_eq!((request.submission(9).image, request.keeper()), (7, 2));
    let completion = done(image.resume(request, Ok(Told::Done(1000))));
    let buffer = completion.buffer.unwrap();
    assert!(buffer[..1000].iter().all(|&byte| byte == 0xaa));
    assert!(buffer[1000..1024].iter().all(|&byte| byte == 0));
}

#[test]
fn what_is_not_within_the_image_or_the_buffer_is_asked_of_nobody() {
    let pool = Pool::new(MAX_BUFFER).unwrap();
    let buffer = || pool.allocate(4096).unwrap();
    let mut images = [image(512, false), image(512, true)];
    for (offset, length, from) in [
        (SIZE, 512, 0),
        (u64::MAX, 512, 0),
        (0, 4096, 1),
        (0, 1, 4096),
    ] {
        let write = Operation::Write {
            offset,
            length,
            buffer: buffer(),
            from,
            stable: true,
        };
        let completion = done(images[0].start(write));
        assert_eq!(completion.result, Err(ImageError::OutOfRange));
        assert!(completion.buffer.is_some());
    }
    let write = Operation::Write {
        offset: 0,
        length: 512,
        buffer: buffer(),
        from: 0,
        stable: false,
    };
    let refused = done(images[1].start(write)).result;
    assert_eq!(refused, Err(ImageError::ReadOnly));
    let refused = done(images[1].start(Operation::Resize { size: SIZE })).result;
    assert_eq!(refused, Err(ImageError::ReadOnly));
    assert!(done(images[1].start(Operation::Status)).result.is_ok());
}

#[test]
fn it_becomes_smaller_only_while_nothing_is_under_way() {
    let mut image = image(512, false);
    let flush = asked(image.start(Operation::Flush));
    let size = SIZE / 2;
    let refused = done(image.start(Operation::Resize { size })).result;
    assert_eq!(refused, Err(ImageError::Busy));
    done(image.resume(flush, Ok(Told::Done(0)))).result.unwrap();
    let resize = asked(image.start(Operation::Resize { size }));
    let resized = done(image.resume(resize, Ok(Told::Done(size)))).result;
    let expected = Geometry {
        size,
        ..image.geometry()
    };
    assert_eq!(resized, Ok(Outcome::Resized(expected)));
    let odd = done(image.start(Operation::Resize { size: 100 })).result;
    assert_eq!(odd, Err(ImageError::OutOfRange));
}

#[test]
fn flushes_share_one_and_a_flush_that_nobody_did_is_tried_again() {
    let mut image = image(512, false);
    let first = asked(image.start(Operation::Flush));
    let Step::Held(second) = image.start(Operation::Flush) else {
        panic!("one is under way");
    };
    let ended = done(image.resume(first, Err(Failure::NotReady))).result;
    assert_eq!(ended, Err(ImageError::NotReady));
    let again = asked(image.release(second));
    assert!(!image.poisoned());
    let ended = done(image.resume(again, Err(Failure::ReadOnly))).result;
    assert_eq!(ended, Err(ImageError::Medium));
    assert!(image.poisoned(), "it was tried, and failed");
    let refused = done(image.start(Operation::Extent { offset: 0 })).result;
    assert_eq!(refused, Err(ImageError::Poisoned));
}

proptest! {
    /// In pieces that are bounded, one after the other, each once.
    #[test]
    fn a_long_range_becomes_zeros_in_pieces(offset in 0..SIZE / 512, length in 0..SIZE / 512, unmap: bool) {
        let (offset, length) = (offset * 512, length * 512);
        let mut image = image(512, false);
        let operation = if unmap {
            Operation::Discard { offset, length }
        } else {
            Operation::WriteZeroes { offset, length, unmap }
        };
        let mut step = image.start(operation);
        if offset + length > SIZE {
            prop_assert_eq!(done(step).result, Err(ImageError::OutOfRange));
            return Ok(());
        }
        let mut next = offset;
        while let Step::Request(request) = step {
            let (at, count) = match request.operation {
                Asked::Discard { offset, length } if unmap => (offset, length),
                Asked::WriteZeroes { offset, length, unmap: false } if !unmap => (offset, length),
                other => panic!("{other:?}"),
            };
            prop_assert!(at == next && (1..=64 << 20).contains(&count));
            next += count;
            step = image.resume(request, Ok(Told::Done(0)));
        }
        prop_assert_eq!(next, offset + length);
        prop_assert_eq!(done(step).result, Ok(Outcome::Done));
    }

    /// Whatever the keeper says: at least a byte, not beyond the end, and holes in whole blocks.
    #[test]
    fn a_run_is_within_the_image(block in 0..SIZE / 512, length in prop_oneof![1..5000_u64, any::<u64>()], mapped: bool, large: bool) {
        let block_size = if large { 4096 } else { 512 };
        let offset = block * 512 / u64::from(block_size) * u64::from(block_size);
        let mut image = image(block_size, false);
        let request = asked(image.start(Operation::Extent { offset }));
        let told = Told::Extent { length: length.max(1), mapped };
        let Ok(Outcome::Extent(Extent { length: run, mapped: there })) =
            done(image.resume(request, Ok(told))).result
        else {
            panic!("it is an extent");
        };
        prop_assert!(run >= 1 && offset + run <= SIZE);
        prop_assert!(there || run.is_multiple_of(block_size.into()));
        prop_assert!(there || (!mapped && run <= length));
    }
}
