//! Taking something away from a label, and being sure that it is gone.
//!
//! Nothing here relies on those it is taken from. Sockets are shut down by the supervisor. If no
//! connection may stay after that, the worker is killed and reaped at once: it has nothing left to
//! do. Otherwise it is asked, and killed if it has not let go in time. In either case an image is
//! gone when its lock is free, which is when the last I/O on it has ended: requests of a process
//! that is dead may still be on their way in the kernel.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::images::Served;
use super::service::{Seat, Service};
use super::state::Phase;
use crate::refusal::Refusal;

/// A worker that was killed lets go of its connections within this time, or a fault is noted.
const LEAVE_PATIENCE: Duration = Duration::from_secs(1);

/// What ended because something was taken away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ended {
    /// Connections that were ended.
    pub sessions: u64,
    /// Workers that were killed.
    pub workers: u64,
}

impl std::ops::AddAssign for Ended {
    fn add_assign(&mut self, other: Self) {
        self.sessions = self.sessions.saturating_add(other.sessions);
        self.workers = self.workers.saturating_add(other.workers);
    }
}

/// Those who wait until what was taken away is gone, and what has ended for them so far.
#[derive(Debug, Default)]
pub(super) struct Revoking {
    waiting: Vec<oneshot::Sender<Ended>>,
    ended: Ended,
}

impl Revoking {
    /// Adds someone who waits.
    pub(super) fn wait(&mut self, done: oneshot::Sender<Ended>) {
        self.waiting.push(done);
    }

    /// Whether anyone still waits.
    pub(super) fn is_waited_for(&self) -> bool {
        self.waiting.iter().any(|done| !done.is_closed())
    }

    /// Notes connections that were ended, if anyone waits for that.
    pub(super) fn note_sessions(&mut self, sessions: usize) {
        if !self.waiting.is_empty() {
            let sessions = u64::try_from(sessions).unwrap_or(u64::MAX);
            self.ended += Ended {
                sessions,
                workers: 0,
            };
        }
    }

    /// Notes that the worker was killed, if anyone waits for that.
    pub(super) fn note_killed(&mut self) {
        if !self.waiting.is_empty() {
            self.ended += Ended {
                sessions: 0,
                workers: 1,
            };
        }
    }

    /// Tells those who wait.
    fn report(&mut self) {
        let ended = std::mem::take(&mut self.ended);
        for done in self.waiting.drain(..) {
            // Whoever waited may have given up.
            let _ = done.send(ended);
        }
    }
}

impl Service {
    /// Kills the worker because it has nothing left to do, which is no fault of its own.
    pub(super) fn dismiss(&mut self, why: &str) {
        if let Some(process) = self.seat.process() {
            process.dismiss(why);
        }
    }

    /// Ends everything if the gateway may not serve, or might not for a while.
    pub(super) fn obey_halts(&mut self, now: Instant) {
        if let Some(halted) = self.halts.news() {
            self.connections.cut_all(now + LEAVE_PATIENCE);
            self.dismiss(&halted.to_string());
        }
        if let Err(halted) = self.shared.serving.check() {
            while let Some(candidate) = self.queue.pop() {
                self.refuse(&candidate, &Refusal::Halted(halted.clone()));
            }
        }
    }

    /// The worker that had an image is reaped: waits for what the kernel still does with it.
    pub(super) fn depart(&mut self, served: &Served) {
        if let Some(anchor) = served.anchor.clone() {
            self.departing.add(Arc::clone(&served.image), anchor);
        }
    }

    /// Tells those who wait for it that nothing is left of what was taken away.
    pub(super) fn report_reconciled(&mut self) {
        let killed = matches!(&self.seat, Seat::Taken(process) if process.phase == Phase::Killed);
        let leaving = self.images.is_one_leaving() || self.connections.is_one_cut();
        if !killed && !leaving && self.departing.is_empty() && !self.slots.owe() {
            self.revoking.report();
        }
    }
}
