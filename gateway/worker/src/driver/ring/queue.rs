//! The two queues of the ring.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use io_uring::IoUring;
use io_uring::squeue::Entry;
use io_uring::types::{SubmitArgs, Timespec};

/// The ring, and what did not fit into it.
pub(super) struct Queue {
    ring: IoUring,
    /// Entries for which the submission queue had no room even after a submission, because the
    /// kernel wants completions taken first.
    backlog: VecDeque<Entry>,
}

/// What a completion says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Completed {
    pub(super) user_data: u64,
    pub(super) result: i32,
}

impl Queue {
    pub(super) const fn new(ring: IoUring) -> Self {
        Self {
            ring,
            backlog: VecDeque::new(),
        }
    }

    /// Queues an entry for the next [`Queue::enter`].
    ///
    /// # Safety
    /// All memory the entry points at stays where it is, and is not touched by anybody else,
    /// until the entry's completion has been taken.
    pub(super) unsafe fn push(&mut self, entry: Entry) {
        if self.backlog.is_empty() {
            // SAFETY: passed on to the caller.
            if unsafe { self.ring.submission().push(&entry) }.is_ok() {
                return;
            }
            // Its own error is seen again by `enter`.
            let _ = self.ring.submit();
        }
        self.backlog.push_back(entry);
        self.refill();
    }

    /// Moves the backlog into the submission queue as far as it has room.
    fn refill(&mut self) {
        let mut submission = self.ring.submission();
        while let Some(entry) = self.backlog.front() {
            // SAFETY: the entry came through `push`, whose caller answers for its memory.
            if unsafe { submission.push(entry) }.is_err() {
                break;
            }
            self.backlog.pop_front();
        }
    }

    /// Submits what is queued and waits for a completion, `timeout` at most, in one system call.
    pub(super) fn enter(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.refill();
        // A backlog means that the kernel waits for us.
        let wait = self.backlog.is_empty() && timeout != Some(Duration::ZERO);
        let timespec = timeout.map(Timespec::from);
        let mut args = SubmitArgs::new();
        if let Some(timespec) = &timespec {
            args = args.timespec(timespec);
        }
        let submitter = self.ring.submitter();
        match submitter.submit_with_args(usize::from(wait), &args) {
            Ok(_) => Ok(()),
            Err(error) => match error.raw_os_error() {
                // The time is up; a signal; completions must be taken first; no memory just now.
                Some(libc::ETIME | libc::EINTR | libc::EBUSY | libc::EAGAIN) => Ok(()),
                _ => Err(error),
            },
        }
    }

    /// Takes every completion that is there.
    pub(super) fn take(&mut self, into: &mut Vec<Completed>) {
        into.extend(self.ring.completion().map(|entry| Completed {
            user_data: entry.user_data(),
            result: entry.result(),
        }));
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use io_uring::{opcode, types};

    use super::*;
    use crate::driver::ring::setup;

    #[test]
    fn nothing_is_lost_when_both_queues_are_full() {
        let mut queue = Queue::new(setup::restricted().unwrap());
        let (socket, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        // A socket that can be written to is ready at once.
        let events = u32::from(libc::POLLOUT.unsigned_abs());
        let file = types::Fd(socket.as_raw_fd());
        for number in 0..5000 {
            let entry = opcode::PollAdd::new(file, events).build();
            // SAFETY: the entry points at no memory.
            unsafe { queue.push(entry.user_data(number)) };
        }

        let mut completed = Vec::new();
        for _ in 0..100 {
            queue.enter(Some(Duration::from_millis(10))).unwrap();
            queue.take(&mut completed);
        }

        let mut numbers: Vec<u64> = completed.iter().map(|entry| entry.user_data).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..5000).collect::<Vec<_>>());
        assert!(completed.iter().all(|entry| entry.result > 0));
    }

    #[test]
    fn a_wait_ends_with_its_time() {
        let mut queue = Queue::new(setup::restricted().unwrap());
        let start = std::time::Instant::now();

        queue.enter(Some(Duration::from_millis(30))).unwrap();

        assert!(start.elapsed() >= Duration::from_millis(30));
    }
}
