//! Which worker still has content that others have too.
//!
//! A label's own image has one worker, so its flock tells whether anyone has it. Content is locked
//! by many at once, and whether one of them has let go is told by a second lock: an open file
//! description lock (fcntl(2), `F_OFD_SETLK`) for reading on one byte that nobody else's lock is
//! on. Like the first it belongs to the open file description, so it ends with the last
//! descriptor and the last read in flight. No byte of the file is touched by it.

use std::io;
use std::os::fd::BorrowedFd;

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use super::holder;
use super::lock::LockFailure;

// The same on every Linux (fcntl.h), where libc gives them as another type than the field's.
const READ: libc::c_short = 0;
const WRITE: libc::c_short = 1;
const NONE: libc::c_short = 2;

/// The byte that is locked by one open file description of content. Locks may lie beyond the end
/// of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim(i64);

impl Claim {
    /// Locks a byte of its own for an open file description.
    pub fn take(file: BorrowedFd<'_>) -> Result<Self, LockFailure> {
        // Not counted: workers of an earlier supervisor may still have theirs.
        let random =
            getrandom::u64().map_err(|error| LockFailure::Failed(io::Error::other(error)))?;
        let claim = Self((random >> 2).cast_signed());
        let lock = claim.lock(READ);
        fcntl(file, FcntlArg::F_OFD_SETLK(&lock)).map_err(failed)?;
        Ok(claim)
    }

    /// Whether its holder has let go. `file` is another open file description of the same file.
    pub fn is_free(self, file: BorrowedFd<'_>) -> Result<(), LockFailure> {
        // "Would a writer's lock be in the way of anything?" needs no right to write.
        let mut lock = self.lock(WRITE);
        fcntl(file, FcntlArg::F_OFD_GETLK(&mut lock)).map_err(failed)?;
        if lock.l_type == NONE {
            return Ok(());
        }
        Err(LockFailure::Held {
            holder: holder::describe(file),
        })
    }

    fn lock(self, kind: libc::c_short) -> libc::flock {
        libc::flock {
            l_type: kind,
            l_whence: 0, // SEEK_SET
            l_start: self.0,
            l_len: 1,
            // "l_pid must be 0" for locks of an open file description (fcntl(2)).
            l_pid: 0,
        }
    }
}

fn failed(error: nix::errno::Errno) -> LockFailure {
    LockFailure::Failed(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::fd::AsFd;

    #[test]
    fn one_of_many_readers_can_be_told_to_have_let_go() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("content");
        std::fs::write(&path, "x").unwrap();
        let open = || File::open(&path).unwrap();
        let (first, second, asking) = (open(), open(), open());
        let one = Claim::take(first.as_fd()).unwrap();
        let two = Claim::take(second.as_fd()).unwrap();
        let passed_on = first.try_clone().unwrap();
        drop(first);
        assert!(one.is_free(asking.as_fd()).is_err(), "its copy holds it");
        drop(passed_on);
        one.is_free(asking.as_fd()).unwrap();
        assert!(two.is_free(asking.as_fd()).is_err());
    }
}
