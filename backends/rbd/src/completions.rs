//! Where operations end: a queue that librbd's threads fill, and a descriptor that says so.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::event::{EventfdFlags, eventfd};

use crate::{Error, Extent};

/// Something that has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An operation has ended.
    Done {
        /// What its caller called it.
        tag: u64,
        /// What became of it.
        result: Result<Outcome, Error>,
    },
    /// An image has another size than before, by whoever's hand.
    Resized {
        /// What [`crate::OpenOptions::image`] called it.
        image: u64,
        /// Its size in bytes.
        size: u64,
    },
}

/// What an operation that went well answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// How far an image is as it is.
    Extent(Extent),
    /// An image's new size in bytes.
    Resized(u64),
}

/// A queue of events, for one or more images. Cloning it makes another handle of the same queue.
///
/// Nothing that was begun is left out: an operation that was taken ends here, once, also when its
/// image is closed or dropped before.
#[derive(Debug, Clone)]
pub struct Completions(Arc<Queue>);

#[derive(Debug)]
struct Queue {
    events: Mutex<VecDeque<Event>>,
    bell: OwnedFd,
}

impl Completions {
    /// An empty queue.
    ///
    /// # Errors
    ///
    /// The system has no descriptor for it.
    pub fn new() -> io::Result<Self> {
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self(Arc::new(Queue {
            events: Mutex::default(),
            bell,
        })))
    }

    /// Takes all events that are there, and makes the descriptor unreadable until there are others.
    #[must_use]
    pub fn take(&self) -> VecDeque<Event> {
        // First: whoever finds the queue empty afterwards rings again.
        let mut count = [0; 8];
        // It is no error that nobody has rung.
        let _ = rustix::io::read(&self.0.bell, &mut count);
        std::mem::take(&mut *self.events())
    }

    pub(crate) fn push(&self, event: Event) {
        let first = {
            let mut events = self.events();
            events.push_back(event);
            events.len() == 1
        };
        if first {
            // It can only fail when the count would overflow, and then it is readable.
            let _ = rustix::io::write(&self.0.bell, &1_u64.to_ne_bytes());
        }
    }

    pub(crate) fn done(&self, tag: u64, result: Result<Outcome, Error>) {
        self.push(Event::Done { tag, result });
    }

    fn events(&self) -> MutexGuard<'_, VecDeque<Event>> {
        self.0.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsFd for Completions {
    /// The descriptor to poll: it is readable while there are events. Only [`Completions::take`]
    /// reads it.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.bell.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use rustix::event::{PollFd, PollFlags, poll};

    use super::*;

    fn readable(completions: &Completions, wait: i32) -> bool {
        let mut polled = [PollFd::new(completions, PollFlags::IN)];
        let limit = rustix::event::Timespec {
            tv_sec: i64::from(wait),
            tv_nsec: 0,
        };
        poll(&mut polled, Some(&limit)).unwrap() == 1
    }

    #[test]
    fn the_descriptor_is_readable_while_there_are_events() {
        let completions = Completions::new().unwrap();
        assert!(!readable(&completions, 0));
        completions.done(1, Ok(Outcome::Done));
        completions.done(2, Ok(Outcome::Done));
        assert!(readable(&completions, 0));
        assert_eq!(completions.take().len(), 2);
        assert!(!readable(&completions, 0));
        assert!(completions.take().is_empty());
    }

    #[test]
    fn none_is_lost_whoever_comes_first() {
        const EACH: u64 = 20_000;
        let completions = Completions::new().unwrap();
        let mut seen = vec![0_u8; 3 * 20_000];
        thread::scope(|scope| {
            for thread in 0..3 {
                let completions = completions.clone();
                scope.spawn(move || {
                    for number in 0..EACH {
                        completions.done(thread * EACH + number, Ok(Outcome::Done));
                    }
                });
            }
            let mut left = 3 * EACH;
            while left > 0 {
                assert!(readable(&completions, 10), "{left} did not ring");
                for event in completions.take() {
                    let Event::Done { tag, .. } = event else {
                        panic!("{event:?}");
                    };
                    seen[usize::try_from(tag).unwrap()] += 1;
                    left -= 1;
                }
            }
        });
        assert!(seen.iter().all(|&count| count == 1));
    }
}
