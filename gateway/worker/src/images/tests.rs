//! What becomes of operations on a file, with the test as the driver.

use std::fs::File;

use labelgate_backends::{FileOptions, SystemCall};
use labelgate_buffers::{MAX_BUFFER, Pool};
use rustix::fs::{MemfdFlags, SealFlags};

use super::*;

const ID: ImageId = ImageId(4);

fn images() -> Images {
    let path = std::env::temp_dir().join(format!("labelgate-images-{}", std::process::id()));
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(&path)
        .unwrap();
    std::fs::remove_file(path).unwrap();
    file.set_len(1 << 20).unwrap();
    let options = FileOptions {
        asynchronous: true,
        ..FileOptions::default()
    };
    let mut images = Images::new(Rc::new(Counters::alone().unwrap()));
    images.add(ID, FileImage::open(file.into(), &options).unwrap(), 0);
    images
}

fn write(images: &mut Images, pool: &Pool, out: &mut VecDeque<Progress>) {
    let purpose = Purpose::Operation(IoId(1));
    let operation = Operation::Write {
        offset: 0,
        length: 512,
        buffer: pool.allocate(512).unwrap(),
        from: 0,
        stable: false,
    };
    images.start(ID, purpose, operation, Instant::now(), out);
}

#[test]
fn an_image_goes_after_its_connections_its_operations_and_its_flush() {
    let pool = Pool::new(MAX_BUFFER).unwrap();
    let (mut images, mut out) = (images(), VecDeque::new());
    write(&mut images, &pool, &mut out);
    let Some(Progress::System(ticket, request)) = out.pop_front() else {
        panic!("the write is asynchronous");
    };
    images.remove(ID, BTreeSet::from([ConnectionId(7)]));

    // Its last operation is in flight, then its connection is open.
    images.closed(ConnectionId(6));
    assert!(images.let_go(Instant::now(), &mut out).is_empty() && out.is_empty());
    images.resume((ticket, ID), request, Ok(512), Instant::now(), &mut out);
    assert!(matches!(out.pop_front(), Some(Progress::Done(_, _))));
    assert!(images.let_go(Instant::now(), &mut out).is_empty() && out.is_empty());
    images.closed(ConnectionId(7));

    assert!(
        images.let_go(Instant::now(), &mut out).is_empty(),
        "not before the flush"
    );
    let Some(Progress::System(ticket, request)) = out.pop_front() else {
        panic!("the flush is asynchronous");
    };
    assert_eq!(*request.call(), SystemCall::Sync);
    assert!(images.let_go(Instant::now(), &mut out).is_empty() && out.is_empty());
    images.resume((ticket, ID), request, Ok(0), Instant::now(), &mut out);
    images.flushed(ID);
    assert_eq!(images.let_go(Instant::now(), &mut out), [ID]);
    assert!(images.is_empty());
}

#[test]
fn no_flush_begins_while_an_operation_is_in_flight() {
    let pool = Pool::new(MAX_BUFFER).unwrap();
    let (mut images, mut out) = (images(), VecDeque::new());
    write(&mut images, &pool, &mut out);
    let in_flight = out.pop_front();

    images.remove_all();

    assert!(images.let_go(Instant::now(), &mut out).is_empty() && out.is_empty());
    drop(in_flight);
}

#[test]
fn a_failed_flush_is_told_once_and_before_its_own_end() {
    let (mut images, mut out) = (images(), VecDeque::new());
    let flush = |number| Purpose::Operation(IoId(number));
    let now = Instant::now();
    images.start(ID, flush(1), Operation::Flush, now, &mut out);
    images.start(ID, flush(2), Operation::Flush, now, &mut out);
    let Some(Progress::System(ticket, request)) = out.pop_front() else {
        panic!("the flush is asynchronous");
    };

    let lost = Err(io::Error::other("lost"));
    images.resume((ticket, ID), request, lost, Instant::now(), &mut out);
    images.start(ID, flush(3), Operation::Flush, now, &mut out);

    assert!(matches!(out.pop_front(), Some(Progress::Poisoned(ID))));
    for number in [1, 2, 3] {
        let Some(Progress::Done(ticket, completion)) = out.pop_front() else {
            panic!("every flush ends, and nothing else comes");
        };
        assert_eq!(ticket.purpose, flush(number));
        assert!(completion.result.is_err());
    }
    assert!(out.is_empty());
}

#[test]
fn a_refusal_by_the_kernel_is_told_once_and_so_is_its_end() {
    // A memfd that is sealed refuses writes with EPERM, as SELinux does with EACCES.
    let memory = rustix::fs::memfd_create("sealed", MemfdFlags::ALLOW_SEALING).unwrap();
    rustix::fs::ftruncate(&memory, 4096).unwrap();
    let sealed = memory.try_clone().unwrap();
    let image = FileImage::open(memory, &FileOptions::default()).unwrap();
    rustix::fs::fcntl_add_seals(&sealed, SealFlags::WRITE).unwrap();
    let mut images = Images::new(Rc::new(Counters::alone().unwrap()));
    images.add(ID, image, 0);
    let pool = Pool::new(MAX_BUFFER).unwrap();
    let mut out = VecDeque::new();

    write(&mut images, &pool, &mut out);
    write(&mut images, &pool, &mut out);
    let beyond = Operation::Discard {
        offset: 1 << 40,
        length: 512,
    };
    let now = Instant::now();
    images.start(ID, Purpose::Operation(IoId(2)), beyond, now, &mut out);
    images.start(
        ID,
        Purpose::Operation(IoId(3)),
        Operation::Flush,
        now,
        &mut out,
    );
    images.start(
        ID,
        Purpose::Operation(IoId(4)),
        Operation::Flush,
        now,
        &mut out,
    );

    let told: Vec<_> = out
        .iter()
        .map(|progress| match progress {
            Progress::Refused(ID) => "refused",
            Progress::Restored(ID) => "restored",
            Progress::Done(..) => "done",
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        "refused", "done", "done", "done", "restored", "done", "done",
    ];
    assert_eq!(told, expected, "an error of another kind says nothing");
}

#[test]
fn who_waits_for_what_was_begun_before_hears_of_it_after_its_end() {
    let pool = Pool::new(MAX_BUFFER).unwrap();
    let (mut images, mut out) = (images(), VecDeque::new());
    images.settle(IoId(7), ID, &mut out);
    assert!(matches!(
        out.pop_front(),
        Some(Progress::Settled(IoId(7), Ok(())))
    ));
    write(&mut images, &pool, &mut out);
    let Some(Progress::System(ticket, request)) = out.pop_front() else {
        panic!("the write is asynchronous");
    };
    images.settle(IoId(8), ID, &mut out);
    write(&mut images, &pool, &mut out);
    assert!(matches!(out.pop_front(), Some(Progress::System(..))));
    assert!(out.is_empty(), "the first write is in flight");

    images.resume((ticket, ID), request, Ok(512), Instant::now(), &mut out);

    assert!(matches!(out.pop_front(), Some(Progress::Done(..))));
    assert!(matches!(
        out.pop_front(),
        Some(Progress::Settled(IoId(8), Ok(())))
    ));
    assert!(out.is_empty(), "what was begun later does not matter");
    images.settle(IoId(9), ImageId(99), &mut out);
    let revoked = Err(ImageError::Revoked);
    assert!(matches!(out.pop_front(), Some(Progress::Settled(_, result)) if result == revoked));
}

#[test]
fn nothing_begins_on_an_image_that_is_leaving() {
    let pool = Pool::new(MAX_BUFFER).unwrap();
    let (mut images, mut out) = (images(), VecDeque::new());
    images.remove(ID, BTreeSet::from([ConnectionId(7)]));

    write(&mut images, &pool, &mut out);

    let Some(Progress::Done(_, completion)) = out.pop_front() else {
        panic!("it is refused at once");
    };
    assert_eq!(completion.result, Err(ImageError::Revoked));
    assert!(completion.buffer.is_some(), "its buffer comes back");
}
