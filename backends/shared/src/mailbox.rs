//! What other threads of this process, a library's for instance, tell the one that waits.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::event::{EventfdFlags, eventfd};

/// A queue of letters with a descriptor that can be polled. Cloning it makes another handle of the
/// same one.
pub struct Mailbox<T>(Arc<Inner<T>>);

struct Inner<T> {
    letters: Mutex<VecDeque<T>>,
    bell: OwnedFd,
    first: Option<First<T>>,
}

/// Who is shown each letter first, on the thread that puts it in.
type First<T> = Box<dyn Fn(T) -> Option<T> + Send + Sync>;

impl<T> Mailbox<T> {
    /// An empty one.
    ///
    /// # Errors
    /// The system has no descriptor for it.
    pub fn new() -> io::Result<Self> {
        Self::make(None)
    }

    /// An empty one whose letters are shown to `first` before: on the thread that puts them in, by
    /// several threads at a time. What it keeps is not put in, and wakes nobody.
    ///
    /// # Errors
    /// As of [`Mailbox::new`].
    pub fn with(first: impl Fn(T) -> Option<T> + Send + Sync + 'static) -> io::Result<Self> {
        Self::make(Some(Box::new(first)))
    }

    fn make(first: Option<First<T>>) -> io::Result<Self> {
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self(Arc::new(Inner {
            letters: Mutex::new(VecDeque::new()),
            bell,
            first,
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
        let letter = match &self.0.first {
            Some(first) => first(letter),
            None => Some(letter),
        };
        let Some(letter) = letter else {
            return;
        };
        let mut letters = self.letters();
        if letters.is_empty() {
            // With the letters locked: so it can be read exactly while there are some. It can only
            // fail when the count would overflow, and then it can be read.
            let _ = rustix::io::write(&self.0.bell, &1_u64.to_ne_bytes());
        }
        letters.push_back(letter);
    }

    /// All that is there; the descriptor cannot be read until there is more.
    #[must_use]
    pub fn take(&self) -> VecDeque<T> {
        let mut letters = self.letters();
        if !letters.is_empty() {
            let _ = rustix::io::read(&self.0.bell, &mut [0; 8]);
        }
        std::mem::take(&mut *letters)
    }
}

impl<T> fmt::Debug for Mailbox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} letters", self.letters().len())
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
    fn what_is_kept_before_wakes_nobody() {
        let mailbox = Mailbox::with(|letter| (letter % 2 == 1).then_some(letter)).unwrap();
        mailbox.put(2);
        assert!(!readable(&mailbox, 0));
        mailbox.put(3);
        mailbox.put(4);
        assert!(readable(&mailbox, 0));
        assert_eq!(mailbox.take(), [3]);
        assert!(!readable(&mailbox, 0));
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
