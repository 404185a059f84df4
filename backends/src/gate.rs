//! What may be called stable, and poison.
//!
//! What is said here of `fdatasync` holds for the flush of a kept image, too, whose backend may be
//! no better. Linux reports a failed write-back once to each open file description: whichever call looks
//! first gets the error, and the others succeed although they cover the same lost data. So
//!
//! * at most one `fdatasync` of an image runs at a time; those who come meanwhile share the next;
//! * one that fails poisons the image, for good: a second one would succeed;
//! * nothing else looks. A stable write is a write and then an `fdatasync`, never `RWF_DSYNC`:
//!   its ENOSPC could be that of the write, which the guest may repeat once there is room, or that
//!   of the sync (a thin device below), when data acknowledged before is lost.

/// Which `fdatasync` an operation needs, and which there are. They are numbered in the order of
/// their starts.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    /// The last that was started.
    started: u64,
    running: bool,
    /// The last that ended well.
    synced: u64,
    /// How many writes are complete; of them, those before the `fdatasync` that is running, and
    /// those before the last that ended well.
    written: u64,
    covering: u64,
    covered: u64,
    poisoned: bool,
}

impl Gate {
    pub(crate) fn new(poisoned: bool) -> Self {
        Self {
            poisoned,
            ..Self::default()
        }
    }

    pub(crate) const fn poisoned(&self) -> bool {
        self.poisoned
    }

    /// A write is complete.
    pub(crate) const fn wrote(&mut self) {
        self.written += 1;
    }

    /// Whether something that is complete may not be stable.
    pub(crate) const fn dirty(&self) -> bool {
        self.written != self.covered
    }

    /// The `fdatasync` that was running has not been tried: nobody was there to do it. Nothing is
    /// known to be lost, and nothing is stable that was not before.
    pub(crate) const fn untried(&mut self) {
        self.running = false;
    }

    /// What cannot be relied on any more: an error that this gate should have seen.
    pub(crate) const fn poison(&mut self) {
        self.poisoned = true;
    }

    /// The first `fdatasync` that covers all that is complete now: the next to be started.
    pub(crate) const fn needed(&self) -> u64 {
        self.started + 1
    }

    /// Whether this `fdatasync` or a later one has ended well.
    pub(crate) const fn synced(&self, number: u64) -> bool {
        self.synced >= number
    }

    /// Starts the next `fdatasync`, unless one is running.
    pub(crate) const fn begin(&mut self) -> bool {
        if self.running {
            return false;
        }
        self.started += 1;
        self.covering = self.written;
        self.running = true;
        true
    }

    /// The `fdatasync` that was running has ended.
    pub(crate) const fn end(&mut self, well: bool) {
        self.running = false;
        if well {
            self.synced = self.started;
            self.covered = self.covering;
        } else {
            self.poisoned = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flush_does_not_share_an_fdatasync_that_was_running_before_it() {
        let mut gate = Gate::default();
        assert!(gate.begin());
        let needed = gate.needed();
        assert!(!gate.begin());

        gate.end(true);
        assert!(!gate.synced(needed));

        assert!(gate.begin());
        gate.end(true);
        assert!(gate.synced(needed) && !gate.poisoned());
    }

    #[test]
    fn one_that_nobody_did_covers_nothing_and_loses_nothing() {
        let mut gate = Gate::default();
        gate.wrote();
        let needed = gate.needed();
        assert!(gate.begin());

        gate.untried();
        assert!(!gate.synced(needed) && !gate.poisoned() && gate.dirty());

        assert!(gate.begin());
        gate.end(true);
        assert!(gate.synced(needed) && !gate.dirty());
    }

    #[test]
    fn what_is_written_during_an_fdatasync_is_dirty_after_it() {
        let mut gate = Gate::default();
        gate.wrote();
        assert!(gate.begin() && gate.dirty());

        gate.wrote();
        gate.end(true);
        assert!(gate.dirty());

        assert!(gate.begin());
        gate.end(true);
        assert!(!gate.dirty());
    }
}
