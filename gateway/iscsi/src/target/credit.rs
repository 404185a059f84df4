//! Credits: what may be promised to initiators.
//!
//! > RFC 7143, 4.2.2.1: "The target MUST NOT ... transmit a MaxCmdSN value that is less than
//! > ExpCmdSN-1"; "MaxCmdSN and ExpCmdSN fields are used by the initiator ... for flow control".
//!
//! An initiator may send every command up to MaxCmdSN at once, each with FirstBurstLength bytes of
//! unsolicited data. So a place in the window is a promise of that much memory, and no more places
//! are promised, over all connections, than the reserve has slots.

/// The slots of the reserve, and who has been promised how many.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// Slots beyond those guaranteed to every possible connection that nobody has; below zero as
    /// long as operations without an initiator hold more than that.
    spare: i64,
    guaranteed: u32,
    largest_window: u32,
    connections: u32,
    /// All spare slots there are.
    total: u32,
}

/// What one connection has been promised: commands outstanding plus places advertised.
#[derive(Debug, Default)]
pub(crate) struct Promise {
    slots: u32,
}

impl Ledger {
    pub(crate) fn new(slots: u32, connections: u32, guaranteed: u32, largest_window: u32) -> Self {
        let total = slots.saturating_sub(connections.saturating_mul(guaranteed));
        Self {
            spare: i64::from(total),
            guaranteed,
            largest_window,
            connections: 0,
            total,
        }
    }

    /// A connection reached full feature phase.
    pub(crate) fn join(&mut self) -> Promise {
        self.connections += 1;
        Promise::default()
    }

    /// It is gone. Of its commands, `orphans` are still in the kernel's hands: their slots are not
    /// free before [`Ledger::orphan_ended`].
    pub(crate) fn leave(&mut self, promise: &mut Promise, orphans: u32) {
        self.spare += i64::from(promise.slots.saturating_sub(self.guaranteed));
        self.spare -= i64::from(orphans);
        promise.slots = 0;
        self.connections = self.connections.saturating_sub(1);
    }

    /// An operation whose initiator was gone has ended.
    pub(crate) fn orphan_ended(&mut self) {
        self.spare += 1;
    }

    /// Promises one more slot, if the connection's fair share and the reserve allow.
    pub(crate) fn promise(&mut self, promise: &mut Promise) -> bool {
        if promise.slots >= self.guaranteed {
            if promise.slots >= self.share() || self.spare <= 0 {
                return false;
            }
            self.spare -= 1;
        } else if self.spare < 0 {
            return false;
        }
        promise.slots += 1;
        true
    }

    /// A command has ended: its slot is free.
    pub(crate) fn settle(&mut self, promise: &mut Promise) {
        debug_assert!(promise.slots > 0, "a command that ends was promised a slot");
        if promise.slots > self.guaranteed {
            self.spare += 1;
        }
        promise.slots = promise.slots.saturating_sub(1);
    }

    /// What one connection may hold while so many share the reserve. There is a share left for the
    /// next one: an idle connection cannot take back what it was promised, so whoever comes second
    /// (the destination of a live migration) must find something.
    fn share(&self) -> u32 {
        let fair = self.guaranteed + self.total / (self.connections + 1);
        fair.min(self.largest_window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_lone_connection_leaves_a_share_for_a_second_one() {
        let mut ledger = Ledger::new(256, 64, 2, 128);
        let mut promise = ledger.join();

        while ledger.promise(&mut promise) {}
        let mut second = ledger.join();
        while ledger.promise(&mut second) {}

        assert_eq!((promise.slots, second.slots), (66, 44));
    }

    #[test]
    fn a_newcomer_gets_its_guarantee_whatever_the_others_hold() {
        let mut ledger = Ledger::new(10, 4, 2, 128);
        let mut first = ledger.join();
        while ledger.promise(&mut first) {}
        let mut second = ledger.join();
        while ledger.promise(&mut second) {}
        let mut third = ledger.join();

        let got = std::iter::from_fn(|| ledger.promise(&mut third).then_some(())).count();

        assert_eq!((first.slots, second.slots, got), (3, 2, 2));
    }

    proptest! {
        #[test]
        fn never_more_is_promised_than_there_is(ops in proptest::collection::vec((0_u8..4, 0_usize..8), 1..2000)) {
            let mut orphans = 0;
            let mut ledger = Ledger::new(64, 8, 2, 40);
            let mut promises: Vec<Option<Promise>> = (0..8).map(|_| None).collect();
            for (op, who) in ops {
                match (op, promises[who].as_mut()) {
                    (0, None) => promises[who] = Some(ledger.join()),
                    (1, Some(promise)) => {
                        let left = promise.slots / 2;
                        ledger.leave(promise, left);
                        orphans += left;
                        promises[who] = None;
                    }
                    (3, None) if orphans > 0 => {
                        ledger.orphan_ended();
                        orphans -= 1;
                    }
                    (2, Some(promise)) if promise.slots > 0 => ledger.settle(promise),
                    (_, Some(promise)) => drop(ledger.promise(promise)),
                    _ => {}
                }
                let promised: u32 = promises.iter().flatten().map(|p| p.slots).sum();
                prop_assert!(promised + orphans <= 64);
            }
        }
    }
}
