//! The audit trail: one structured record per decision.
//!
//! Records are events of the tracing target `audit`, which [`crate::logging`] writes to standard
//! output as JSON lines. `record` counts them, so that a gap shows.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use labelgate_mac::Label;

use crate::rate::Rate;

/// The tracing target of the audit trail.
pub const TARGET: &str = "audit";

static RECORDS: AtomicU64 = AtomicU64::new(1);

/// What a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A connection, admitted or refused.
    Connection,
    /// An image, opened for a worker or not.
    Image,
    /// An image of which a flush has failed.
    ImagePoisoned,
    /// An image that an admin has declared sound again.
    ImageCleared,
    /// An image that was taken away from a label.
    ImageRemoved,
    /// A worker, started or not.
    WorkerStart,
    /// A worker's end.
    WorkerEnd,
    /// A login, accepted or refused by a worker.
    Login,
    /// A logout.
    Logout,
    /// A session replaced by a new one of the same initiator.
    SessionReinstated,
    /// A client that broke its protocol.
    ProtocolError,
    /// A new configuration, taken or not.
    Reload,
    /// Records that were too many to be written singly.
    Suppressed,
}

impl Event {
    const fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Image => "image",
            Self::ImagePoisoned => "image-poisoned",
            Self::ImageCleared => "image-cleared",
            Self::ImageRemoved => "image-removed",
            Self::WorkerStart => "worker-start",
            Self::WorkerEnd => "worker-end",
            Self::Login => "login",
            Self::Logout => "logout",
            Self::SessionReinstated => "session-reinstated",
            Self::ProtocolError => "protocol-error",
            Self::Reload => "reload",
            Self::Suppressed => "suppressed",
        }
    }
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It was allowed.
    Allow,
    /// It was refused.
    Deny,
    /// There was nothing to decide: it happened.
    Note,
}

impl Decision {
    const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Note => "note",
        }
    }
}

/// One record. What is not known is left out.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// What it is about.
    pub event: Event,
    /// What was decided.
    pub decision: Decision,
    /// The label concerned.
    pub label: Option<&'a Label>,
    /// The identity of the client.
    pub identity: Option<&'a str>,
    /// The client's address.
    pub peer: Option<SocketAddr>,
    /// The number of the connection.
    pub connection: Option<u64>,
    /// The image: `store/name`.
    pub image: Option<&'a str>,
    /// The initiator's name, as it gave it.
    pub initiator: Option<&'a str>,
    /// The target's name, as the initiator gave it.
    pub target: Option<&'a str>,
    /// Why.
    pub reason: Option<&'a str>,
    /// The process of the worker.
    pub pid: Option<u32>,
}

impl<'a> Record<'a> {
    /// A record without particulars.
    #[must_use]
    pub const fn new(event: Event, decision: Decision) -> Self {
        Self {
            event,
            decision,
            label: None,
            identity: None,
            peer: None,
            connection: None,
            image: None,
            initiator: None,
            target: None,
            reason: None,
            pid: None,
        }
    }

    /// With the label concerned.
    #[must_use]
    pub const fn label(mut self, label: &'a Label) -> Self {
        self.label = Some(label);
        self
    }

    /// With the reason.
    #[must_use]
    pub const fn reason(mut self, reason: &'a str) -> Self {
        self.reason = Some(reason);
        self
    }

    /// Writes it.
    pub fn write(&self) {
        tracing::info!(
            target: TARGET,
            record = RECORDS.fetch_add(1, Ordering::Relaxed),
            event = self.event.name(),
            decision = self.decision.name(),
            label = self.label.map(tracing::field::display),
            identity = self.identity,
            peer = self.peer.map(tracing::field::display),
            connection = self.connection,
            image = self.image,
            initiator = self.initiator,
            target = self.target,
            pid = self.pid,
            reason = self.reason,
        );
    }
}

/// Lets so many records through that a flood of refusals fills no disk, and counts the others.
#[derive(Debug)]
pub struct Throttle {
    state: Mutex<(Rate, u64)>,
}

impl Throttle {
    /// So many records at once, and so many per second in the long run.
    #[must_use]
    pub fn new(per_second: u32, burst: u32) -> Self {
        let state = Mutex::new((Rate::new(per_second, burst, Instant::now()), 0));
        Self { state }
    }

    /// Writes the record, or counts it.
    pub fn write(&self, record: &Record<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (rate, suppressed) = &mut *state;
        if rate.take(Instant::now()).is_err() {
            *suppressed = suppressed.saturating_add(1);
            return;
        }
        let missed = std::mem::take(suppressed);
        drop(state);
        write_suppressed(missed);
        record.write();
    }

    /// Writes down how many were only counted so far.
    pub fn flush(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let missed = std::mem::take(&mut state.1);
        drop(state);
        write_suppressed(missed);
    }
}

fn write_suppressed(count: u64) {
    if count > 0 {
        let reason = format!("{count} records were too many to be written singly");
        Record::new(Event::Suppressed, Decision::Note)
            .reason(&reason)
            .write();
    }
}
