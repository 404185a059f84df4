//! An importer: what it can still do, and how little that is.

use std::io;
use std::os::fd::AsFd;
use std::time::Instant;

use labelgate_mac::confinement::Profile;
use libtest_mimic::Trial;
use rustix::fs::SeekFrom;
use rustix::net::{SendAncillaryBuffer, SendFlags, sendmsg};

use crate::arrange::Arranged;
use crate::layers::TRIES;
use crate::run::{End, Neighbour, UID, probe, probe_as};
use crate::syscalls::others_kill;
use crate::trial;

const KILLED: End = End::Killed(libc::SIGSYS);
/// The largest file that the probes may write, in bytes.
const FILE_SIZE: u64 = 1 << 20;

/// What may pass, written down a second time.
#[rustfmt::skip]
#[allow(clippy::wildcard_imports, reason = "a table of one module's constants")]
const LISTED: &[i64] = {
    use libc::*;
    &[
        SYS_read, SYS_write, SYS_pread64, SYS_pwrite64, SYS_copy_file_range, SYS_lseek,
        SYS_ftruncate, SYS_fsync, SYS_fstat, SYS_close, SYS_sendmsg, SYS_munmap, SYS_mremap,
        SYS_madvise, SYS_brk, SYS_clock_gettime, SYS_clock_nanosleep, SYS_restart_syscall,
        SYS_futex, SYS_getpid, SYS_gettid, SYS_rt_sigaction, SYS_rt_sigreturn, SYS_rt_sigprocmask,
        SYS_sigaltstack, SYS_exit, SYS_exit_group,
        // With some arguments; tried below.
        SYS_fcntl,
    ]
};

pub fn profile() -> Profile<'static> {
    Profile::importer(FILE_SIZE)
}

pub fn trials() -> Vec<Trial> {
    vec![
        trial(
            "importer: what a worker must not, it must not either",
            tries,
        ),
        trial("importer: every other system call kills", || {
            others_kill("importer", &[LISTED])
        }),
        trial("importer: arguments decide", arguments),
        trial("importer: limits alone", limits),
        trial("importer: another process", neighbour),
        trial("importer: reads, copies, writes and ends", || {
            for layers in ["none", "seccomp-importer", "importer"] {
                assert_eq!(probe(layers, &["import"]), End::Done, "{layers}");
            }
        }),
        trial("importer: abort is not an attack", || {
            assert_eq!(probe("importer", &["abort"]), End::Killed(libc::SIGABRT));
            assert_eq!(probe("importer", &["tgkill", "9"]), KILLED);
        }),
        trial("importer: the report", report),
    ]
}

fn tries() {
    for &(name, action, layer, error) in TRIES {
        // What only a limit stops is nothing that a filter could see; some of its own are higher.
        let quantity = layer == "limits" && error == libc::ENOMEM;
        let filtered = if quantity { End::Done } else { KILLED };
        assert_eq!(probe("seccomp-importer", action), filtered, "{name}");
        let whole = if quantity {
            End::Refused(error)
        } else {
            KILLED
        };
        assert_eq!(probe("importer", action), whole, "{name}");
    }
}

fn arguments() {
    let ends = |numbers: &[i64]| {
        let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        let mut action = vec!["system-call"];
        action.extend(numbers.iter().map(String::as_str));
        probe("importer", &action)
    };
    let request = |request: u64| i64::try_from(request).expect("small");
    assert_eq!(
        ends(&[libc::SYS_ioctl, 1, request(libc::FICLONE), 77]),
        End::Refused(libc::EBADF)
    );
    let fcntl = |command: i32| ends(&[libc::SYS_fcntl, 1, command.into(), 0]);
    assert_eq!(fcntl(libc::F_GETFD), End::Done);
    for other in [libc::F_DUPFD, libc::F_SETFL, libc::F_SETOWN, libc::F_SETLK] {
        assert_eq!(fcntl(other), KILLED);
    }
    for other in [libc::FICLONERANGE, libc::FIONBIO, libc::TIOCSTI] {
        assert_eq!(ends(&[libc::SYS_ioctl, 1, request(other), 0]), KILLED);
    }
    assert_eq!(probe("importer", &["map", "3", "0"]), End::Done);
    assert_eq!(probe("importer", &["map", "5", "0"]), KILLED);
    assert_eq!(probe("importer", &["map", "1", "1"]), KILLED);
    assert_eq!(probe("importer", &["protect", "1"]), KILLED);
}

fn limits() {
    let ends = |action: &[&str]| probe("importer-limits", action);
    assert_eq!(ends(&["fork"]), End::Refused(libc::EAGAIN));
    assert_eq!(ends(&["allocate", "64"]), End::Done);
    assert_eq!(ends(&["allocate", "96"]), End::Refused(libc::ENOMEM));
    assert_eq!(ends(&["reserve", "512"]), End::Refused(libc::ENOMEM));
    assert_eq!(ends(&["descriptors", "16"]), End::Refused(libc::EMFILE));
    assert_eq!(probe("none", &["write-beyond"]), End::Done);
    assert_eq!(ends(&["write-beyond"]), End::Killed(libc::SIGXFSZ));
}

fn neighbour() {
    let neighbour = Neighbour::start();
    for action in ["signal", "ptrace", "read-neighbour"] {
        let action = [action, &neighbour.pid()];
        assert_eq!(probe("none", &action), End::Done);
        assert_eq!(probe("importer", &action), KILLED);
    }
}

fn report() {
    let outcome = probe_as(UID, "importer", &["nothing"]);
    assert_eq!(outcome.end, End::Done);
    let limits = "limits: address space 512 MiB, data 96 MiB, 16 descriptors, no core, 0 tasks, \
                  files of 1 MiB";
    assert!(outcome.report.contains(limits), "{}", outcome.report);
    let filter = outcome.report.split("; ").last().unwrap_or_default();
    assert!(filter.starts_with("seccomp: ") && filter.ends_with("(importer), others kill"));
}

/// What an importer does, with files that are there already.
pub fn import(arranged: &Arranged) -> io::Result<()> {
    let image = arranged.image.as_fd();
    rustix::io::pwrite(image, b"some data", 4096)?;
    let (mut from, mut to) = (4096, 32768);
    let copied = rustix::fs::copy_file_range(image, Some(&mut from), image, Some(&mut to), 9)?;
    let mut back = [0; 9];
    rustix::io::pread(image, &mut back, 32768)?;
    assert_eq!((copied, &back), (9, b"some data"));
    // Memory has no blocks to share.
    assert!(rustix::fs::ioctl_ficlone(image, image).is_err());
    assert_eq!(rustix::fs::seek(image, SeekFrom::Data(4096))?, 4096);
    rustix::fs::ftruncate(image, FILE_SIZE)?;
    assert_eq!(rustix::fs::fstat(image)?.st_size, 1 << 20);
    rustix::fs::fsync(image)?;
    let (one, other) = (arranged.pair.0.as_fd(), arranged.pair.1.as_fd());
    let mut nothing = SendAncillaryBuffer::default();
    let text = [io::IoSlice::new(b"progress")];
    sendmsg(one, &text, &mut nothing, SendFlags::NOSIGNAL)?;
    let mut room = [0; 16];
    assert_eq!(rustix::io::read(other, &mut room)?, 8);
    let start = Instant::now();
    std::thread::sleep(std::time::Duration::from_millis(1));
    assert!(start.elapsed().as_millis() >= 1);
    let buffers: Vec<Vec<u8>> = (1..20).map(|n| vec![1; n * 300_000]).collect();
    assert!(buffers.iter().flatten().all(|&byte| byte == 1));
    Ok(())
}

pub fn write_beyond(arranged: &Arranged) -> io::Result<()> {
    rustix::io::pwrite(&arranged.image, b"x", FILE_SIZE)?;
    Ok(())
}
