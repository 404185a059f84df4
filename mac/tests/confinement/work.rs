//! What a worker must still be able to do.

use std::io::{self, IoSlice};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use io_uring::{IoUring, opcode, types};
use labelgate_mac::confinement::{self, DriverKind, Profile};
use libtest_mimic::Trial;
use rustix::fs::{FallocateFlags, SeekFrom};

use crate::arrange::Arranged;
use crate::run::{End, probe};
use crate::trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("data path inline", || {
            for layers in ["none", "ring", "epoll"] {
                assert_eq!(probe(layers, &["inline"]), End::Done, "{layers}");
            }
        }),
        trial("data path on the ring", || {
            assert_eq!(probe("none", &["ring-none"]), End::Done);
            assert_eq!(probe("none", &["ring-confined"]), End::Done);
        }),
        trial("helper threads", || {
            assert_eq!(probe("none", &["threads-work"]), End::Done);
            assert_eq!(probe("none", &["threads-open"]), End::Killed(libc::SIGSYS));
            assert_eq!(
                probe("none", &["threads-open-unsealed"]),
                End::Refused(libc::EACCES)
            );
        }),
    ]
}

pub fn act(action: &str, arranged: &Arranged) -> io::Result<()> {
    match action {
        "inline" => inline(arranged),
        "ring-none" => ring(|| Ok(())),
        "ring-confined" => ring(|| {
            confinement::confine(&Profile::worker(DriverKind::Ring))
                .map(drop)
                .map_err(io::Error::other)
        }),
        "threads-work" => threads(true, busy),
        "threads-open" => threads(true, || std::fs::File::open("/etc/passwd").map(drop)),
        "threads-open-unsealed" => threads(false, || std::fs::File::open("/etc/passwd").map(drop)),
        "open-beneath" => crate::opening::open_beneath(arranged),
        "flock" => crate::opening::lock(arranged),
        "unlock" => crate::opening::unlock(arranged),
        "empty" => crate::opening::empty(arranged),
        "tree-serve" => crate::tree::serve(arranged),
        "act-make" => crate::acting::make(arranged),
        "act-denied" => crate::acting::denied(arranged),
        "act-open-roots" => crate::acting::open_roots(arranged),
        "tree-open-outside" => crate::tree::open_outside(arranged),
        "tree-make-outside" => crate::tree::make_outside(arranged),
        "tree-move-outside" => crate::tree::move_outside(arranged),
        "tree-link-outside" => crate::tree::link_outside(arranged),
        "tree-execute" => crate::tree::execute(arranged),
        "keep" => crate::keeper::keep(arranged),
        "read-beneath" => crate::keeper::read_beneath(arranged),
        "greet" => crate::greeter::greet(arranged),
        "answer-datagrams" => crate::portmap::answer(arranged),
        "import" => crate::importer::import(arranged),
        "write-beyond" => crate::importer::write_beyond(arranged),
        other => panic!("no such action: {other}"),
    }
}

fn inline(arranged: &Arranged) -> io::Result<()> {
    let image = arranged.image.as_fd();
    rustix::io::pwritev(image, &[IoSlice::new(b"one"), IoSlice::new(b"two")], 512)?;
    let mut back = [0; 6];
    rustix::io::pread(image, &mut back, 512)?;
    assert_eq!(&back, b"onetwo");
    rustix::fs::fallocate(
        image,
        FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE,
        0,
        4096,
    )?;
    rustix::fs::fdatasync(image)?;
    assert_eq!(rustix::fs::fstat(image)?.st_size, 65536);
    rustix::fs::ftruncate(image, 131_072)?;
    assert_eq!(rustix::fs::seek(image, SeekFrom::Hole(0))?, 0);
    assert!(rustix::fs::fcntl_getfl(image)?.contains(rustix::fs::OFlags::RDWR));
    arranged.listener.set_nonblocking(true)?;
    churn();
    thread::sleep(Duration::from_millis(1));
    Ok(())
}

/// Takes and gives back memory in all sizes, as a long life does.
fn churn() {
    for round in 1..=4_usize {
        let blocks: Vec<Vec<u8>> = (0..2000).map(|n| vec![1; n * round * 7 % 40_000]).collect();
        assert!(
            blocks
                .iter()
                .all(|block| block.iter().all(|&byte| byte == 1))
        );
    }
    drop(vec![1_u8; 32 << 20]);
}

/// Write, flush and read on a ring, as the worker's driver does. A flush runs on a thread that the kernel
/// starts in this process's name, after the limits are in force.
fn ring(confine: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let file = nameless_file()?;
    let mut ring = IoUring::new(8)?;
    confine()?;
    let fd = types::Fd(std::os::fd::AsRawFd::as_raw_fd(&file));
    let data = *b"through the ring";
    let mut back = [0_u8; 16];
    let write = opcode::Write::new(fd, data.as_ptr(), 16)
        .offset(4096)
        .build();
    let read = opcode::Read::new(fd, back.as_mut_ptr(), 16)
        .offset(4096)
        .build();
    let allocate = opcode::Fallocate::new(fd, 8192).offset(0).build();
    let steps = [
        (allocate, 0),
        (write.flags(io_uring::squeue::Flags::ASYNC), 16),
        (opcode::Fsync::new(fd).build(), 0),
        (read, 16),
    ];
    for (entry, expected) in steps {
        // SAFETY: the buffers outlive the operation, which is waited for.
        unsafe { ring.submission().push(&entry) }.map_err(io::Error::other)?;
        ring.submit_and_wait(1)?;
        let result = ring
            .completion()
            .next()
            .map(|completion| completion.result());
        let result = result.ok_or(io::ErrorKind::WouldBlock)?;
        if result < 0 {
            return Err(io::Error::from_raw_os_error(-result));
        }
        assert_eq!(result, expected);
    }
    assert_eq!(back, data);
    let mut again = [0; 16];
    file.read_exact_at(&mut again, 4096)?;
    assert_eq!(again, data);
    Ok(())
}

/// A file without a name: nothing to leave behind.
pub fn nameless_file() -> io::Result<std::fs::File> {
    use rustix::fs::{Mode, OFlags, open};
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    Ok(open("/dev/shm", flags, Mode::RUSR | Mode::WUSR)?.into())
}

fn busy() -> io::Result<()> {
    churn();
    thread::sleep(Duration::from_millis(1));
    Ok(())
}

/// Four helper threads between the two halves of the confinement; each does `work` at its end.
fn threads(seal: bool, work: fn() -> io::Result<()>) -> io::Result<()> {
    let profile = Profile::worker(DriverKind::Epoll);
    let restricted = confinement::restrict(&profile).map_err(io::Error::other)?;
    let (running, sealed) = (Arc::new(Barrier::new(5)), Arc::new(Barrier::new(5)));
    let helper = |_| {
        let (running, sealed) = (Arc::clone(&running), Arc::clone(&sealed));
        thread::spawn(move || {
            running.wait();
            sealed.wait();
            work()
        })
    };
    let helpers: Vec<_> = (0..4).map(helper).collect();
    running.wait();
    if seal {
        restricted.seal().map_err(io::Error::other)?;
    }
    sealed.wait();
    helpers
        .into_iter()
        .try_for_each(|helper| helper.join().expect("no panic"))
}
