//! Objects that were removed right after they were made.
//!
//! A file system may give the number of a removed inode to the next one at once. If both are born
//! in the same tick of the kernel's coarse clock (1 to 10 ms), nothing tells them apart, and a
//! handle of the first would be one of the second. So an object that is removed that young is kept
//! open until the tick is over: its number is not free before.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use super::Attributes;
use super::attributes::is_younger;

/// More than the longest tick.
const TICK: Duration = Duration::from_millis(20);

/// How many are kept; whoever removes one more waits for the oldest.
const MAX_KEPT: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Young {
    kept: VecDeque<(Instant, OwnedFd)>,
}

impl Young {
    pub(super) fn is(attributes: &Attributes) -> bool {
        is_younger(attributes, TICK)
    }

    pub(super) fn keep(&mut self, descriptor: OwnedFd) {
        self.release();
        if self.kept.len() >= MAX_KEPT
            && let Some((since, _)) = self.kept.pop_front()
        {
            std::thread::sleep(TICK.saturating_sub(since.elapsed()));
        }
        self.kept.push_back((Instant::now(), descriptor));
    }

    pub(super) fn release(&mut self) {
        while self
            .kept
            .front()
            .is_some_and(|(since, _)| since.elapsed() >= TICK)
        {
            self.kept.pop_front();
        }
    }
}
