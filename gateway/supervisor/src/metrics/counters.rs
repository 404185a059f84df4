//! What is counted for all labels together, and where each label's meter is.

use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use dashmap::DashMap;
use labelgate_control::Datagrams;
use labelgate_mac::Label;
use prometheus::{IntCounterVec, IntGauge, Registry};

use super::catalogue;
use super::declaration::{Declaration, LabelValue, label_values};
use super::label::{Cause, LabelMeter};
use crate::refusal::Reason;

/// What became of a configuration that was read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reloaded {
    /// It is in force.
    Applied,
    /// Something is wrong with it.
    Refused,
}

label_values! {
    Reloaded {
        Applied => "applied",
        Refused => "refused",
    }
}

/// What became of a connection that a greeter was to receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Greeted {
    /// It was given to a worker.
    Accepted,
    /// It has asked for ports or mounted, which was all it wanted.
    Ended,
    /// The client went away.
    Departed,
    /// It took too long.
    Late,
    /// It gave its place to others.
    Displaced,
    /// The greeter refused it.
    Refused,
    /// None of its CHAP algorithms is allowed.
    Algorithm,
    /// Its CHAP response is wrong.
    WrongResponse,
    /// Nobody has its CHAP name.
    UnknownName,
    /// It sent a challenge of the gateway's own back.
    Reflected,
    /// It wants the gateway to prove itself, for which there is no secret.
    NoReverseSecret,
    /// No lease of its label runs.
    NoLease,
    /// Nobody has its token.
    UnknownToken,
    /// What it wants to mount is not there.
    UnknownPath,
    /// The file handle that it shows is none, or not its own.
    WrongHandle,
    /// The gateway could not do what it should.
    Internal,
    /// The greeter died, or broke its protocol.
    Greeter,
    /// What it wanted was no longer to be had.
    NoLonger,
    /// There is no room for its label's worker.
    NoRoom,
}

label_values! {
    Greeted {
        Accepted => "accepted",
        Ended => "ended",
        Departed => "departed",
        Late => "late",
        Displaced => "displaced",
        Refused => "refused",
        Algorithm => "algorithm",
        WrongResponse => "wrong_response",
        UnknownName => "unknown_name",
        Reflected => "reflected",
        NoReverseSecret => "no_reverse_secret",
        NoLease => "no_lease",
        UnknownToken => "unknown_token",
        UnknownPath => "unknown_path",
        WrongHandle => "wrong_handle",
        Internal => "internal",
        Greeter => "greeter",
        NoLonger => "no_longer",
        NoRoom => "no_room",
    }
}

/// What became of a datagram that asked the port mapper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Answered,
    Silent,
    Limited,
}

label_values! {
    Asked {
        Answered => "answered",
        Silent => "silent",
        Limited => "limited",
    }
}

/// Whether a greeter, or a keysmith, became ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Started {
    Ready,
    Failed,
}

label_values! {
    Started {
        Ready => "ready",
        Failed => "failed",
    }
}

/// A counter for each value of one label.
#[derive(Debug)]
struct Tally<V> {
    counters: IntCounterVec,
    values: PhantomData<fn(V)>,
}

impl<V: LabelValue> Tally<V> {
    /// With every value there from the start, at zero: a rate needs a first value.
    fn new(declaration: &Declaration, registry: &Registry) -> Result<Self, prometheus::Error> {
        let counters = IntCounterVec::new(declaration.opts(), declaration.labels)?;
        for value in V::ALL {
            counters.get_metric_with_label_values(&[value.value()])?;
        }
        registry.register(Box::new(counters.clone()))?;
        let values = PhantomData;
        Ok(Self { counters, values })
    }

    fn add(&self, value: V) {
        self.add_all(value, 1);
    }

    fn add_all(&self, value: V, count: u32) {
        let counter = self.counters.with_label_values(&[value.value()]);
        counter.inc_by(count.into());
    }
}

/// What the gateway counts.
#[derive(Debug)]
pub struct Metrics {
    pub(super) registry: Registry,
    refusals: Tally<Reason>,
    reloads: Tally<Reloaded>,
    reload_success: IntGauge,
    greeted: Tally<Greeted>,
    greeter_starts: Tally<Started>,
    greeter_deaths: Tally<Cause>,
    datagrams: Tally<Asked>,
    keysmith_starts: Tally<Started>,
    certificates: Mutex<Certificates>,
    labels: DashMap<Label, Arc<LabelMeter>>,
}

/// When certificates end, in seconds since 1970.
#[derive(Debug, Clone, Default)]
pub(super) struct Certificates {
    /// Those of hosts.
    pub(super) hosts: Vec<(String, i64)>,
    /// The gateway's own.
    pub(super) own: Option<i64>,
}

impl Metrics {
    /// Everything at zero.
    ///
    /// # Errors
    /// A declaration in the catalogue breaks Prometheus' rules, or is there twice.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let reload_success = IntGauge::with_opts(catalogue::RELOAD_SUCCESS.opts())?;
        registry.register(Box::new(reload_success.clone()))?;
        // The configuration it was started with.
        reload_success.set(1);
        Ok(Self {
            refusals: Tally::new(&catalogue::REFUSALS, &registry)?,
            reloads: Tally::new(&catalogue::RELOADS, &registry)?,
            reload_success,
            greeted: Tally::new(&catalogue::GREETED, &registry)?,
            greeter_starts: Tally::new(&catalogue::GREETER_STARTS, &registry)?,
            greeter_deaths: Tally::new(&catalogue::GREETER_DEATHS, &registry)?,
            datagrams: Tally::new(&catalogue::PORTMAP_DATAGRAMS, &registry)?,
            keysmith_starts: Tally::new(&catalogue::KEYSMITH_STARTS, &registry)?,
            certificates: Mutex::default(),
            labels: DashMap::new(),
            registry,
        })
    }

    /// The certificates of hosts, by their names, and the gateway's own end then.
    pub fn certificates(&self, hosts: Vec<(String, i64)>, own: Option<i64>) {
        let certificates = self.certificates.lock();
        *certificates.unwrap_or_else(PoisonError::into_inner) = Certificates { hosts, own };
    }

    /// When they end.
    pub(super) fn certificates_end(&self) -> Certificates {
        let certificates = self.certificates.lock();
        certificates.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A connection was refused.
    pub fn refused(&self, reason: Reason) {
        self.refusals.add(reason);
    }

    /// A connection that a greeter was to receive got to a worker, or did not.
    pub fn greeted(&self, result: Greeted) {
        self.greeted.add(result);
    }

    /// A greeter was started, and became ready or not.
    pub fn greeter_started(&self, ready: bool) {
        let result = if ready {
            Started::Ready
        } else {
            Started::Failed
        };
        self.greeter_starts.add(result);
    }

    /// A keysmith was started, and became ready or not.
    pub fn keysmith_started(&self, ready: bool) {
        let result = if ready {
            Started::Ready
        } else {
            Started::Failed
        };
        self.keysmith_starts.add(result);
    }

    /// So many datagrams came to the port mapper, which says so itself.
    pub fn datagrams(&self, counted: Datagrams) {
        self.datagrams.add_all(Asked::Answered, counted.answered);
        self.datagrams.add_all(Asked::Silent, counted.silent);
        self.datagrams.add_all(Asked::Limited, counted.limited);
    }

    /// A greeter that had received a connection, or a port mapper, is reaped.
    pub fn greeter_ended(&self, cause: Cause) {
        self.greeter_deaths.add(cause);
    }

    /// A configuration was read again.
    pub fn reloaded(&self, result: Reloaded) {
        self.reloads.add(result);
        self.reload_success
            .set((result == Reloaded::Applied).into());
    }

    /// Where a label is counted.
    #[must_use]
    pub fn label(&self, label: &Label) -> Arc<LabelMeter> {
        Arc::clone(&self.labels.entry(label.clone()).or_default())
    }

    /// Every label's meter, in the order of their names.
    pub(super) fn labels(&self) -> Vec<(String, Arc<LabelMeter>)> {
        let meters = self.labels.iter();
        let mut all: Vec<_> = meters
            .map(|entry| (entry.key().to_string(), Arc::clone(entry.value())))
            .collect();
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        all
    }
}
