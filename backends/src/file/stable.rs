//! What may be called stable, and poison.
//!
//! Linux reports a failed write-back once to each open file description: whichever `fdatasync` or
//! `RWF_DSYNC` write looks first gets the error, and the others succeed although they cover the
//! same lost data. So
//!
//! * a call that ended well is believed only once every other such call that was running at its
//!   end has ended, and none has failed;
//! * one failure poisons the image, for good: a second `fdatasync` would succeed;
//! * at most one `fdatasync` runs at a time. Those who come meanwhile share the next one.

/// What an operation waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// An `fdatasync` with this number or a later one.
    Sync(u64),
    /// The end of every stable call before this number.
    Settled(u64),
}

/// The stable calls of one image.
#[derive(Debug)]
pub(crate) struct Gate {
    /// The next call's number.
    next: u64,
    /// Calls with the driver.
    running: Vec<u64>,
    /// The `fdatasync` among them.
    syncing: Option<u64>,
    /// The last `fdatasync` that ended well.
    synced: u64,
    poisoned: bool,
}

impl Gate {
    pub(crate) const fn new() -> Self {
        Self {
            next: 1,
            running: Vec::new(),
            syncing: None,
            synced: 0,
            poisoned: false,
        }
    }

    /// The number a call would have that starts now.
    pub(crate) const fn now(&self) -> u64 {
        self.next
    }

    pub(crate) const fn poisoned(&self) -> bool {
        self.poisoned
    }

    pub(crate) const fn poison(&mut self) {
        self.poisoned = true;
    }

    /// Whether all that was complete when `number` was next is synced.
    pub(crate) const fn synced(&self, number: u64) -> bool {
        self.synced >= number
    }

    /// Whether every call before `number` has ended.
    pub(crate) fn settled(&self, number: u64) -> bool {
        self.running.iter().all(|&running| running >= number)
    }

    /// A stable write starts.
    pub(crate) fn begin(&mut self) -> u64 {
        let number = self.next;
        self.next += 1;
        self.running.push(number);
        number
    }

    /// An `fdatasync` starts, unless one is running.
    pub(crate) fn begin_sync(&mut self) -> Option<u64> {
        if self.syncing.is_some() {
            return None;
        }
        let number = self.begin();
        self.syncing = Some(number);
        Some(number)
    }

    /// A call has ended, well or not.
    pub(crate) fn end(&mut self, number: u64, well: bool) {
        self.running.retain(|&running| running != number);
        if self.syncing == Some(number) {
            self.syncing = None;
            if well {
                self.synced = number;
            }
        }
        if !well {
            self.poison();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flush_does_not_share_an_fdatasync_that_was_running_before_it() {
        let mut gate = Gate::new();
        let first = gate.begin_sync().unwrap();
        let needs = gate.now();
        assert_eq!(gate.begin_sync(), None);

        gate.end(first, true);
        assert!(!gate.synced(needs));

        let second = gate.begin_sync().unwrap();
        gate.end(second, true);
        assert!(gate.synced(needs));
    }

    #[test]
    fn a_call_is_settled_only_when_those_that_overlap_its_end_have_ended() {
        let mut gate = Gate::new();
        let early = gate.begin();
        let call = gate.begin();
        gate.end(call, true);
        let barrier = gate.now();
        let late = gate.begin();

        assert!(!gate.settled(barrier));
        gate.end(early, true);
        assert!(gate.settled(barrier), "{late} started after the end");
    }
}
