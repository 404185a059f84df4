//! Which calls are made inline, and which go to the driver.
//!
//! A ring is slower than the same call inline whenever the kernel would have answered from
//! memory, because it hands buffered file I/O to a thread of its own. But an inline call that
//! waits for a disk stops every connection of the label. `RWF_NOWAIT` decides that exactly where
//! the file system knows it. Where it does not (ext4 writes), an inline write may wait for
//!
//! * `balance_dirty_pages`, once much is dirty: hence a budget of bytes since the last flush, and
//!   no more inline writes until the next flush once one of them took too long;
//! * a page of which it overwrites only a part: hence a look whether that page is in memory;
//! * the inode's lock: hence no inline write while the driver has a call that changes the file.

use std::time::{Duration, Instant};

use super::probe::Findings;

/// An inline write that took this long was made to wait.
const STALL: Duration = Duration::from_millis(2);

/// How calls of one kind are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Inline: the file is memory.
    Inline,
    /// Inline with `RWF_NOWAIT`, and by the driver if that would have to wait.
    Nowait,
    /// Inline as long as the budget of dirty bytes lasts, and by the driver beyond.
    Budgeted,
    /// By the driver.
    Asynchronous,
}

/// How an image does its I/O, for logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strategy {
    /// How it reads.
    pub reads: Way,
    /// How it writes. [`Way::Nowait`] may turn into [`Way::Budgeted`] with the first write.
    pub writes: Way,
    /// Around the page cache (`O_DIRECT`).
    pub direct: bool,
    /// The file is memory: nothing in it is ever stable, and a flush has nothing to do.
    pub memory: bool,
}

/// The strategy, and how much of its budget is left.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) strategy: Strategy,
    budget: u64,
    /// Bytes written inline since the last flush.
    spent: u64,
    /// Those of them written before the flush that is running.
    flushing: u64,
}

impl Plan {
    pub(crate) const fn new(findings: Findings, asynchronous: bool, budget: u64) -> Self {
        let (reads, writes) = if asynchronous {
            (Way::Asynchronous, Way::Asynchronous)
        } else if findings.memory {
            (Way::Inline, Way::Inline)
        } else if findings.nowait && !findings.direct {
            (Way::Nowait, Way::Nowait)
        } else {
            (Way::Asynchronous, Way::Asynchronous)
        };
        Self {
            strategy: Strategy {
                reads,
                writes,
                direct: findings.direct,
                memory: findings.memory,
            },
            budget,
            spent: 0,
            flushing: 0,
        }
    }

    /// The file system does not know `RWF_NOWAIT` for reads after all.
    pub(crate) const fn no_nowait_reads(&mut self) {
        self.strategy.reads = Way::Asynchronous;
    }

    /// The file system does not know `RWF_NOWAIT` for writes.
    pub(crate) const fn no_nowait_writes(&mut self) {
        self.strategy.writes = Way::Budgeted;
    }

    /// Whether `length` more bytes may be dirtied inline.
    pub(crate) const fn affords(&self, length: usize) -> bool {
        self.spent.saturating_add(length as u64) <= self.budget
    }

    /// An inline write of `length` bytes began at `start` and has ended.
    pub(crate) fn spend(&mut self, length: usize, start: Instant) {
        self.spent = if start.elapsed() < STALL {
            self.spent.saturating_add(length as u64)
        } else {
            u64::MAX
        };
    }

    /// An `fdatasync` starts.
    pub(crate) const fn flushing(&mut self) {
        self.flushing = self.spent;
    }

    /// What was written before it started is clean again.
    pub(crate) const fn flushed(&mut self) {
        self.spent = self.spent.saturating_sub(self.flushing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(memory: bool, nowait: bool, direct: bool) -> Plan {
        let findings = Findings {
            memory,
            nowait,
            direct,
            ..Findings::default()
        };
        Plan::new(findings, false, 1000)
    }

    #[test]
    fn what_is_not_known_to_answer_at_once_goes_to_the_driver() {
        assert_eq!(plan(true, false, true).strategy.reads, Way::Inline);
        assert_eq!(plan(false, true, false).strategy.writes, Way::Nowait);
        assert_eq!(plan(false, false, false).strategy.writes, Way::Asynchronous);
        assert_eq!(plan(false, true, true).strategy.reads, Way::Asynchronous);
    }

    #[test]
    fn the_budget_ends_and_a_flush_renews_it() {
        let mut plan = plan(false, true, false);

        plan.spend(600, Instant::now());
        assert!(plan.affords(400) && !plan.affords(401));

        plan.flushing();
        plan.spend(100, Instant::now());
        plan.flushed();
        assert!(plan.affords(900) && !plan.affords(901));
    }

    #[test]
    fn a_write_that_was_made_to_wait_ends_the_budget() {
        let mut plan = plan(false, true, false);

        plan.spend(1, Instant::now() - STALL);

        assert!(!plan.affords(1));
        plan.flushing();
        plan.flushed();
        assert!(plan.affords(1000));
    }
}
