//! The command window of a session: ExpCmdSN, MaxCmdSN and what covers them.

use super::credit::{Ledger, Promise};
use crate::pdu::Numbers;
use crate::serial::{CmdSn, StatSn};

/// What to do with a request, by its CmdSN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It is next.
    Next,
    /// > RFC 7143, 4.2.2.1: "The target MUST silently ignore any non-immediate command outside of
    /// > this range or non-immediate duplicates within the range."
    Ignore,
    /// A command before it is missing, and on a session's only connection it can no longer come.
    Gap,
}

/// The numbering of one session, which has one connection.
#[derive(Debug)]
pub(crate) struct Window {
    exp_cmd_sn: CmdSn,
    max_cmd_sn: CmdSn,
    stat_sn: StatSn,
    promise: Promise,
}

impl Window {
    /// The window of a session whose next command will be `exp_cmd_sn`; nothing is promised yet.
    pub(crate) fn new(exp_cmd_sn: CmdSn, stat_sn: StatSn, ledger: &mut Ledger) -> Self {
        let promise = ledger.join();
        Self {
            exp_cmd_sn,
            max_cmd_sn: exp_cmd_sn.minus(1),
            stat_sn,
            promise,
        }
    }

    /// A non-immediate request has arrived. If it is next it takes its place: [`Window::settle`]
    /// gives that back when it is over.
    pub(crate) fn arrive(&mut self, cmd_sn: CmdSn) -> Arrival {
        if !cmd_sn.is_within(self.exp_cmd_sn, self.max_cmd_sn) {
            return Arrival::Ignore;
        }
        if cmd_sn != self.exp_cmd_sn {
            return Arrival::Gap;
        }
        self.exp_cmd_sn = self.exp_cmd_sn.next();
        Arrival::Next
    }

    /// A non-immediate request is over.
    pub(crate) fn settle(&mut self, ledger: &mut Ledger) {
        ledger.settle(&mut self.promise);
    }

    /// The session is gone.
    pub(crate) fn leave(&mut self, ledger: &mut Ledger, orphans: u32) {
        ledger.leave(&mut self.promise, orphans);
    }

    /// Whether the initiator has been told that it may send nothing.
    pub(crate) fn is_closed(&self) -> bool {
        self.max_cmd_sn.precedes(self.exp_cmd_sn)
    }

    /// Numbers for a PDU that carries a status.
    pub(crate) fn status(&mut self, ledger: &mut Ledger) -> Numbers {
        let numbers = self.plain(ledger);
        self.stat_sn = self.stat_sn.next();
        numbers
    }

    /// Numbers for a PDU that carries none.
    pub(crate) fn plain(&mut self, ledger: &mut Ledger) -> Numbers {
        while ledger.promise(&mut self.promise) {
            self.max_cmd_sn = self.max_cmd_sn.next();
        }
        Numbers {
            stat_sn: self.stat_sn,
            exp_cmd_sn: self.exp_cmd_sn,
            max_cmd_sn: self.max_cmd_sn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> (Window, Ledger) {
        let mut ledger = Ledger::new(16, 2, 2, 4);
        let mut window = Window::new(CmdSn::new(u32::MAX), StatSn::new(7), &mut ledger);
        window.plain(&mut ledger);
        (window, ledger)
    }

    #[test]
    fn the_window_closes_when_its_places_are_taken_and_moves_on_when_they_are_settled() {
        let (mut window, mut ledger) = window();
        for n in 0..4 {
            assert_eq!(window.arrive(CmdSn::new(u32::MAX).plus(n)), Arrival::Next);
        }

        assert_eq!(
            window.arrive(CmdSn::new(3)),
            Arrival::Ignore,
            "beyond MaxCmdSN"
        );
        let closed = window.plain(&mut ledger);
        assert_eq!(closed.max_cmd_sn, closed.exp_cmd_sn.minus(1));

        window.settle(&mut ledger);
        assert_eq!(window.plain(&mut ledger).max_cmd_sn, CmdSn::new(3));
        assert_eq!(window.arrive(CmdSn::new(3)), Arrival::Next);
    }

    #[test]
    fn old_duplicates_are_ignored_and_gaps_are_seen() {
        let (mut window, _ledger) = window();

        assert_eq!(window.arrive(CmdSn::new(u32::MAX - 1)), Arrival::Ignore);
        assert_eq!(window.arrive(CmdSn::new(0)), Arrival::Gap);
    }

    #[test]
    fn only_statuses_take_a_stat_sn() {
        let (mut window, mut ledger) = window();

        assert_eq!(window.plain(&mut ledger).stat_sn, StatSn::new(7));
        assert_eq!(window.status(&mut ledger).stat_sn, StatSn::new(7));
        assert_eq!(window.status(&mut ledger).stat_sn, StatSn::new(8));
    }
}
