//! What other threads of this process, a library's for instance, tell the one that waits.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::event::{EventfdFlags, eventfd};

/// A queue of letters with a descriptor that can be polled. Cloning it makes another handle of the
/// same one.
#[derive(Debug)]
pub struct Mailbox<T>(Arc<Inner<T>>);

#[derive(Debug)]
struct Inner<T> {
    letters: Mutex<VecDeque<T>>,
    bell: OwnedFd,
}

impl<T> Mailbox<T> {
    /// An empty one.
    ///
    /// # Errors
    /// The system has no descriptor for it.
    pub fn new() -> io::Result<Self> {
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self(Arc::new(Inner {
            letters: Mutex::new(VecDeque::new()),
            bell,
        })))
    }

    fn letters(&self) -> MutexGuard<'_, VecDeque<T>> {
        // Nothing in here can be half done when a panic passes.
        self.0
            .letters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts something in; the descriptor can be read from then on.
    pub fn put(&self, letter: T) {
        let first = {
            let mut letters = self.letters();
            letters.push_back(letter);
            letters.len() == 1
        };
        if first {
            // It can only fail when the count would overflow, and then it can be read.
            let _ = rustix::io::write(&self.0.bell, &1_u64.to_ne_bytes());
        }
    }

    /// All that is there; the descriptor cannot be read until there is more.
    #[must_use]
    pub fn take(&self) -> VecDeque<T> {
        // First: whoever finds it empty afterwards rings again. That nobody has rung is no error.
        let _ = rustix::io::read(&self.0.bell, &mut [0; 8]);
        std::mem::take(&mut *self.letters())
    }
}

impl<T> Clone for Mailbox<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> AsFd for Mailbox<T> {
    /// The descriptor to poll. Only [`Mailbox::take`] reads it.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.bell.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use rustix::event::{PollFd, PollFlags, poll};

    use super::*;

    fn readable<T>(mailbox: &Mailbox<T>, wait: i64) -> bool {
        let mut polled = [PollFd::new(mailbox, PollFlags::IN)];
        let limit = rustix::event::Timespec {
            tv_sec: wait,
            tv_nsec: 0,
        };
        poll(&mut polled, Some(&limit)).unwrap() == 1
    }

    #[test]
    fn the_descriptor_is_readable_while_there_are_letters() {
        let mailbox = Mailbox::new().unwrap();
        assert!(!readable(&mailbox, 0));
        mailbox.put(1);
        mailbox.put(2);
        assert!(readable(&mailbox, 0));
        assert_eq!(mailbox.take(), [1, 2]);
        assert!(!readable(&mailbox, 0));
        assert!(mailbox.take().is_empty());
    }

    #[test]
    fn none_is_lost_whoever_comes_first() {
        const EACH: usize = 20_000;
        let mailbox = Mailbox::new().unwrap();
        let mut seen = vec![0_u8; 3 * EACH];
        thread::scope(|scope| {
            for thread in 0..3 {
                let mailbox = mailbox.clone();
                scope.spawn(move || {
                    for number in 0..EACH {
                        mailbox.put(thread * EACH + number);
                    }
                });
            }
            let mut left = 3 * EACH;
            while left > 0 {
                assert!(readable(&mailbox, 10), "{left} did not ring");
                for number in mailbox.take() {
                    seen[number] += 1;
                    left -= 1;
                }
            }
        });
        assert!(seen.iter().all(|&count| count == 1));
    }
}
