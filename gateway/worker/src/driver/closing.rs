//! How connections end.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long a peer may take to receive what was queued before an orderly end.
pub(crate) const DRAIN: Duration = Duration::from_secs(10);

/// How long a peer may take to close its side after we have closed ours. Closing at once, with
/// bytes of the peer unread, would send a reset, which can destroy an answer still on its way.
pub(crate) const LINGER: Duration = Duration::from_secs(1);

/// How far a connection's end has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It has not begun.
    Open,
    /// What is queued is being sent; what arrives is dropped.
    Draining(Instant),
    /// Our side is closed; what arrives is dropped until the peer has closed its own.
    Lingering(Instant),
    /// Nothing more goes in or out; the kernel may still hold memory of it.
    Ended,
}

impl Phase {
    /// When patience ends.
    pub(crate) const fn deadline(self) -> Option<Instant> {
        match self {
            Self::Draining(until) | Self::Lingering(until) => Some(until),
            Self::Open | Self::Ended => None,
        }
    }
}

/// When the patience with which connection ends.
#[derive(Debug, Default)]
pub(crate) struct Deadlines(BTreeSet<(Instant, u32)>);

impl Deadlines {
    /// A connection goes from one phase to another.
    pub(crate) fn change(&mut self, slot: u32, from: Phase, to: Phase) {
        if let Some(until) = from.deadline() {
            self.0.remove(&(until, slot));
        }
        if let Some(until) = to.deadline() {
            self.0.insert((until, slot));
        }
    }

    /// When the next one ends.
    pub(crate) fn earliest(&self) -> Option<Instant> {
        self.0.first().map(|&(until, _)| until)
    }

    /// A connection whose patience has ended by `now`; it goes on to be named until its phase
    /// changes.
    pub(crate) fn expired(&self, now: Instant) -> Option<u32> {
        self.0
            .first()
            .filter(|&&(until, _)| until <= now)
            .map(|&(_, slot)| slot)
    }
}
