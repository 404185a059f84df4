//! One record: what a call site has to say.

use std::net::SocketAddr;
use std::time::Duration;

use labelgate_mac::Label;

use crate::body;
use crate::decision::Decision;
use crate::event::Event;
use crate::installed;
use crate::trail::{Ticket, Trail};

/// One record. What is not known is left out.
///
/// It borrows everything, so that a call site names what it has at hand:
///
/// ```
/// use labelgate_audit::{Decision, Event, Record};
///
/// Record {
///     identity: Some("vm-17"),
///     asked_by: Some("uid 1000 (alice)"),
///     ..Record::new(Event::IdentityRemove, Decision::Allow)
/// }
/// .write();
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// What it is about.
    pub event: Event,
    /// What was decided.
    pub decision: Decision,
    /// The label concerned.
    pub label: Option<&'a Label>,
    /// The label that it was before.
    pub was: Option<&'a Label>,
    /// The identity of the client.
    pub identity: Option<&'a str>,
    /// How that identity is proved: `address`, `chap` or `token`. Never what it is proved with.
    pub proof: Option<&'a str>,
    /// The client's address.
    pub peer: Option<SocketAddr>,
    /// The number of the connection.
    pub connection: Option<u64>,
    /// The image, `store/name`; or the store, for its own events and those of its keepers.
    pub image: Option<&'a str>,
    /// The initiator's name, as it gave it.
    pub initiator: Option<&'a str>,
    /// The target's name, as the initiator gave it.
    pub target: Option<&'a str>,
    /// The lease: its ID, and what else identifies it.
    pub lease: Option<&'a str>,
    /// The process of the worker, keeper, keysmith, greeter, port mapper or importer.
    pub pid: Option<u32>,
    /// The admin who asked for it: `uid 1000 (alice)`.
    pub asked_by: Option<&'a str>,
    /// How many records, sessions or whatever else the event counts.
    pub count: Option<u64>,
    /// How long it took until it had verifiably happened.
    pub milliseconds: Option<u64>,
    /// Why.
    pub reason: Option<&'a str>,
}

impl<'a> Record<'a> {
    /// A record without particulars.
    #[must_use]
    pub const fn new(event: Event, decision: Decision) -> Self {
        Self {
            event,
            decision,
            label: None,
            was: None,
            identity: None,
            proof: None,
            peer: None,
            connection: None,
            image: None,
            initiator: None,
            target: None,
            lease: None,
            pid: None,
            asked_by: None,
            count: None,
            milliseconds: None,
            reason: None,
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

    /// With the admin who asked for it.
    #[must_use]
    pub const fn asked_by(mut self, who: &'a str) -> Self {
        self.asked_by = Some(who);
        self
    }

    /// Hands it to the process's trail (see [`crate::install`]). It never waits for a disk.
    pub fn write(&self) {
        match installed::trail() {
            Some(trail) => {
                let _ = self.write_to(&trail);
            }
            None => tracing::warn!("no audit trail is open for: {}", body::encode(self)),
        }
    }

    /// Like [`Record::write`], and waits at most so long until the kernel has the record: from
    /// then on `kill -9` of this process does not lose it. Returns whether that is so; if not,
    /// the reason is in the log.
    ///
    /// This is for changes that an admin asked for, before the answer goes out.
    pub async fn write_through(&self, patience: Duration) -> bool {
        let Some(trail) = installed::trail() else {
            self.write();
            return false;
        };
        match self.write_to(&trail) {
            Some(ticket) => trail.has_written(ticket, patience).await,
            None => false,
        }
    }

    /// Hands it to a trail. `None`: the trail has too much to write; the record is counted as
    /// lost, and the trail will say so.
    pub fn write_to(&self, trail: &Trail) -> Option<Ticket> {
        trail.push(body::encode(self))
    }
}
