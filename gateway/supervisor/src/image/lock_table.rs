//! Who holds a file's flock, asked of `/proc/locks`: the way to ask for those who may not open the
//! file.
//!
//! The kernel shows every lock of the machine there to a process of the first PID namespace, also
//! that of a process that is dead but for an I/O that has not ended. In another namespace it hides
//! those of processes outside, so nothing may be concluded there.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::BorrowedFd;

use rustix::fs::{fstat, major, minor};

/// `PROC_PID_INIT_INO` (linux/proc_ns.h).
const FIRST_NAMESPACE: &str = "pid:[4026531836]";
/// The largest table that is taken in.
const MOST: u64 = 64 << 20;
/// How often a table that changes while it is read is read again.
const ATTEMPTS: usize = 32;

/// Checks that `/proc/locks` shows all locks of this machine.
///
/// # Errors
/// It does not, with what mends it.
pub fn check() -> io::Result<()> {
    let namespace = std::fs::read_link("/proc/self/ns/pid")?;
    if namespace.as_os_str() != FIRST_NAMESPACE {
        return Err(io::Error::other(
            "labelgated runs in a PID namespace of its own, where the kernel hides locks of others; \
             start it outside of any container",
        ));
    }
    read_once().map(drop)
}

/// Whether somebody holds an flock on this file, which any descriptor of it names.
///
/// # Errors
/// It cannot be told; then somebody may.
pub fn is_locked(file: BorrowedFd<'_>) -> io::Result<bool> {
    taker(file).map(|taker| taker.is_some())
}

/// The process that took an flock on this file, if somebody holds one. It may have passed the
/// descriptor on and be gone.
///
/// # Errors
/// It cannot be told.
pub(super) fn taker(file: BorrowedFd<'_>) -> io::Result<Option<i32>> {
    let stat = fstat(file)?;
    let device = (major(stat.st_dev), minor(stat.st_dev));
    let table = stable()?;
    for line in table.lines() {
        let Some(lock) = flock_of(line)? else {
            continue;
        };
        if lock.inode == stat.st_ino && same(lock.device, device) {
            return Ok(Some(lock.pid));
        }
    }
    Ok(None)
}

/// Some file systems (btrfs, overlayfs) name another device in `stat` than in the table, one of
/// which has no major number. There the inode's number has to do, which errs on the side of "held".
const fn same(one: (u32, u32), other: (u32, u32)) -> bool {
    one.0 == 0 || other.0 == 0 || (one.0 == other.0 && one.1 == other.1)
}

/// The table, as it was at one moment. The kernel gives it page by page, and a lock that goes
/// between two of them may hide another one: what fits one page is whole, and a longer table is
/// believed when it is read twice the same.
fn stable() -> io::Result<String> {
    let mut before = read_once()?;
    for _ in 0..ATTEMPTS {
        if before.single {
            return Ok(before.text);
        }
        let again = read_once()?;
        if again.text == before.text {
            return Ok(again.text);
        }
        before = again;
    }
    Err(io::Error::other(
        "/proc/locks changes faster than it can be read",
    ))
}

struct Table {
    text: String,
    /// The kernel gave it in one piece.
    single: bool,
}

fn read_once() -> io::Result<Table> {
    let file = File::open("/proc/locks")?;
    let mut bytes = Vec::new();
    let mut first = vec![0; 64 << 10];
    let length = (&file).read(&mut first)?;
    bytes.extend_from_slice(first.get(..length).unwrap_or_default());
    (&file).take(MOST).read_to_end(&mut bytes)?;
    let single = bytes.len() == length;
    match String::from_utf8(bytes) {
        Ok(text) if text.is_empty() || text.ends_with('\n') => Ok(Table { text, single }),
        _ => Err(not_understood()),
    }
}

/// A device's major and minor number.
type Device = (u32, u32);

/// An flock that is held.
#[derive(Debug, PartialEq, Eq)]
struct Held {
    /// Who took it.
    pid: i32,
    device: Device,
    inode: u64,
}

/// What stands in a line such as `1: FLOCK  ADVISORY  WRITE 1234 08:01:56789 0 EOF`; `None`
/// if it is about a lock of another kind, or about one that is waited for.
fn flock_of(line: &str) -> io::Result<Option<Held>> {
    let mut fields = line.split_ascii_whitespace();
    let (Some(_number), Some(kind)) = (fields.next(), fields.next()) else {
        return Err(not_understood());
    };
    if kind != "FLOCK" {
        // "->" marks one that is waited for.
        return Ok(None);
    }
    let pid = fields.nth(2).and_then(|pid| pid.parse().ok());
    let place = fields.next().and_then(place_of);
    let (Some(pid), Some((device, inode))) = (pid, place) else {
        return Err(not_understood());
    };
    Ok(Some(Held { pid, device, inode }))
}

/// `08:01:56789`: the device in hexadecimal, the inode in decimal (fs/locks.c).
fn place_of(text: &str) -> Option<(Device, u64)> {
    let mut parts = text.split(':');
    let major = u32::from_str_radix(parts.next()?, 16).ok()?;
    let minor = u32::from_str_radix(parts.next()?, 16).ok()?;
    let inode = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some(((major, minor), inode))
}

fn not_understood() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "/proc/locks is not understood")
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use rustix::fs::{CWD, FlockOperation, Mode, OFlags, flock, openat};

    use super::*;

    #[test]
    fn a_lock_is_seen_by_who_may_not_open_the_file() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("image");
        std::fs::write(&path, "x").unwrap();
        let found = openat(CWD, &path, OFlags::PATH, Mode::empty()).unwrap();
        assert!(!is_locked(found.as_fd()).unwrap());
        let file = File::open(&path).unwrap();
        for operation in [
            FlockOperation::NonBlockingLockExclusive,
            FlockOperation::NonBlockingLockShared,
        ] {
            flock(&file, operation).unwrap();
            assert!(is_locked(found.as_fd()).unwrap());
        }
        let copy = file.try_clone().unwrap();
        drop(file);
        assert!(is_locked(found.as_fd()).unwrap(), "its copy holds it");
        drop(copy);
        assert!(!is_locked(found.as_fd()).unwrap());
    }

    #[test]
    fn a_table_of_many_pages_is_read_to_its_end() {
        let directory = tempfile::TempDir::new().unwrap();
        let files: Vec<File> = (0..300)
            .map(|n| File::create(directory.path().join(n.to_string())).unwrap())
            .collect();
        for file in &files {
            flock(file, FlockOperation::NonBlockingLockExclusive).unwrap();
        }
        assert!(files.iter().all(|file| is_locked(file.as_fd()).unwrap()));
    }

    #[test]
    fn lines_are_taken_strictly() {
        let of = |line: &str| flock_of(line).unwrap();
        let line = "3: FLOCK  ADVISORY  WRITE 1234 08:1a:56789 0 EOF";
        let held = Held {
            pid: 1234,
            device: (8, 0x1a),
            inode: 56789,
        };
        assert_eq!(of(line), Some(held));
        assert_eq!(of("4: POSIX  ADVISORY  WRITE 99 08:01:56789 0 EOF"), None);
        assert_eq!(
            of("4: -> FLOCK  ADVISORY  WRITE 99 08:01:56789 0 EOF"),
            None
        );
        for wrong in [
            "",
            "1:",
            "1: FLOCK ADVISORY WRITE 1",
            "1: FLOCK ADVISORY WRITE x 08:01:56789 0 EOF",
            "1: FLOCK ADVISORY WRITE 1 08:01",
            "1: FLOCK ADVISORY WRITE 1 08:01:x 0 EOF",
            "1: FLOCK ADVISORY WRITE 1 08:01:1:1 0 EOF",
            "1: FLOCK ADVISORY WRITE 1 08:01:99999999999999999999 0 EOF",
        ] {
            assert!(flock_of(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn devices_without_a_number_of_their_own_match_any() {
        assert!(same((8, 1), (8, 1)) && !same((8, 1), (8, 2)) && !same((8, 1), (9, 1)));
        assert!(same((0, 41), (0, 42)) && same((8, 1), (0, 42)));
    }

    #[test]
    fn fuzz_a_line() {
        let seconds = std::env::var("LABELGATE_FUZZ_SECONDS");
        let seconds = seconds.ok().and_then(|seconds| seconds.parse().ok());
        bolero::check!()
            .with_test_time(std::time::Duration::from_secs(seconds.unwrap_or(2)))
            .for_each(|bytes: &[u8]| {
                let _ = flock_of(&String::from_utf8_lossy(bytes));
            });
    }
}
