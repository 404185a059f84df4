//! The service of one label: everything that happens to its worker, its images and its
//! connections, one thing at a time.
//!
//! Each label has a task of its own, so that one label's start, its slow store or its stuck worker
//! delays no other label.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use labelgate_mac::Label;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::connections::{Candidate, Connections, Queue};
use super::departing::Departing;
use super::describe::Description;
use super::images::Images;
use super::process::{Happened, Process};
use super::revocation::{Ended, Revoking};
use super::room::Room;
use super::slots::Slots;
use super::state::Vacancy;
use super::trees::Trees;
use super::vigil::Vigil;
use crate::assignment::Assignment;
use crate::audit::{Decision, Event, Record, Throttle};
use crate::catalogue::Catalogue;
use crate::cgroups::Cgroups;
use crate::config::{GatewaySection, Identities, Image, NfsSection, Store};
use crate::image::{Manner, OpenError, Opened};
use crate::kept::{Anchors, Counts, Keysmiths, Traces, Withheld};
use crate::metrics::{LabelMeter, Metrics, Served, render};
use crate::poison::{PoisonMarks, Settling};
use crate::program::Program;
use crate::provider::{Halts, MayServe, Provider};
use crate::refusal::Refusal;
use crate::reservations::Reservations;
use crate::uid::{NoUid, Uids};

/// Audit records of one label's workers: a guest must not fill the trail.
const EVENTS_PER_SECOND: u32 = 50;
const EVENTS_AT_ONCE: u32 = 500;

/// What all labels' services share.
#[derive(Debug)]
pub struct Shared {
    /// `[gateway]`.
    pub section: GatewaySection,
    /// `[nfs]`.
    pub nfs: NfsSection,
    /// Which worker is handed what.
    pub assignment: Box<dyn Assignment>,
    /// What enforces labels.
    pub provider: Arc<Provider>,
    /// Whether it does so now.
    pub serving: MayServe,
    /// The gateway's own program.
    pub own: Program,
    /// The worker's program.
    pub program: Program,
    /// The importer's program.
    pub importer: Program,
    /// The keeper's program.
    pub keeper: Program,
    /// Those who make keys of stores that are no directories.
    pub keysmiths: Keysmiths,
    /// Where the anchors of images are that are no files.
    pub anchors: Anchors,
    /// Whom the backends have let in.
    pub traces: Traces,
    /// How many keepers images on upstream targets have had.
    pub counts: Counts,
    /// Whose UID is whose; `None` when the supervisor cannot give out any.
    pub uids: Option<Arc<Uids>>,
    /// Cgroups for workers, where there are any.
    pub cgroups: Option<Arc<Cgroups>>,
    /// What there is for workers.
    pub room: Room,
    /// Who is who at the moment.
    pub identities: watch::Sender<Arc<Identities>>,
    /// What is to be served at the moment.
    pub images: watch::Sender<Arc<Catalogue>>,
    /// Which images are poisoned.
    pub poison: Arc<PoisonMarks>,
    /// Which images nobody is served for the moment.
    pub withheld: Withheld,
    /// What images are reserved for.
    pub reservations: Arc<Reservations>,
    /// Images whose last worker may have lost something.
    pub settling: Settling,
    /// Rations the audit records of refused connections.
    pub refusals: Throttle,
    /// The number of the next connection.
    pub next_connection: AtomicU64,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

impl Shared {
    /// Whether another version of the gateway is installed than the one that runs.
    pub fn is_replaced(&self) -> bool {
        let programs = [&self.own, &self.program, &self.importer, &self.keeper];
        programs.into_iter().any(Program::is_replaced)
    }

    /// How an image gets to its worker.
    ///
    /// # Errors
    /// There is no UID for its label.
    pub fn manner(&self, image: &Image) -> Result<Manner, NoUid> {
        let Some(selinux) = self.provider.selinux() else {
            return Ok(Manner::Open);
        };
        let domains = selinux.domains();
        let Some(label) = image.audience.label() else {
            return Ok(Manner::Content {
                context: Box::new(domains.content()),
                draft: Box::new(domains.draft()),
            });
        };
        let owner = self.uids.as_ref().map(|uids| uids.of(label));
        Ok(Manner::Path {
            context: Box::new(domains.image(label)),
            owner: owner.transpose()?,
        })
    }

    /// How many policies the kernel has loaded by now, where SELinux enforces.
    pub(super) fn policy_loads(&self) -> Option<u32> {
        let status = self.provider.selinux()?.status();
        status.ok().map(|status| status.policy_loads)
    }

    /// Everything that is counted, in Prometheus' text format. It reads `/proc`, so it is not to
    /// be called where something else waits.
    ///
    /// # Errors
    /// A fault of ours: the text cannot be made.
    pub fn render_metrics(&self) -> Result<String, prometheus::Error> {
        let catalogue = Arc::clone(&self.images.borrow());
        let served = Served {
            images: catalogue.all(),
            poison: &self.poison,
            serving: self.serving.check().is_ok(),
            selinux: self
                .provider
                .selinux()
                .and_then(|selinux| selinux.status().ok()),
            refusals: &self.refusals,
        };
        render(&self.metrics, served)
    }
}

/// What a label's service is asked to do.
#[derive(Debug)]
pub enum Request {
    /// Serve this connection.
    Connection(Box<Candidate>),
    /// Serve what [`Shared::images`] says now, to those who [`Shared::identities`] says now.
    Reconcile {
        /// Told what has ended, when everything that is no longer allowed verifiably has.
        done: oneshot::Sender<Ended>,
    },
    /// Kill the worker, if there is one. Who connects gets a new one without delay.
    Kill {
        /// Why: for the audit trail.
        why: String,
        /// Told when it is reaped and its last I/O has ended.
        done: oneshot::Sender<Ended>,
    },
    /// Say what there is.
    Describe {
        /// Told.
        answer: oneshot::Sender<Description>,
    },
    /// End the worker, and then the service.
    Stop,
}

/// What became of opening, or probing, an image.
#[derive(Debug)]
pub(super) enum Looked {
    /// It was to be opened.
    Opened(u32, Result<Opened, OpenError>),
    /// Somebody was to have let go of it.
    Probed(u32, Result<(), OpenError>),
}

/// A label's worker, or the place for it.
#[derive(Debug)]
pub(super) enum Seat {
    /// There is none.
    Vacant(Vacancy),
    /// There is one.
    Taken(Box<Process>),
    /// For the moment in which one becomes the other.
    Changing,
}

impl Seat {
    /// What the worker does next; nothing, without one.
    async fn happened(&mut self) -> Happened {
        match self {
            Self::Taken(process) => process.happened().await,
            Self::Vacant(_) | Self::Changing => std::future::pending().await,
        }
    }

    pub(super) fn process(&mut self) -> Option<&mut Process> {
        match self {
            Self::Taken(process) => Some(process),
            Self::Vacant(_) | Self::Changing => None,
        }
    }
}

/// The service of one label.
#[derive(Debug)]
pub struct Service {
    pub(super) label: Label,
    pub(super) shared: Arc<Shared>,
    /// Where the label is counted.
    pub(super) meter: Arc<LabelMeter>,
    pub(super) seat: Seat,
    pub(super) images: Images,
    /// The stores beneath which the worker may open images.
    pub(super) told: BTreeSet<PathBuf>,
    /// The stores whose trees the worker was handed.
    pub(super) trees_told: Vec<Arc<Store>>,
    /// The trees that the worker is handed when it has ids for their owners.
    pub(super) unmapped: Option<Trees>,
    /// Why no worker of this label could have any, and when that was.
    pub(super) unmappable: Option<(Instant, String)>,
    pub(super) looking: JoinSet<Looked>,
    /// The keepers of the worker.
    pub(super) slots: Slots,
    /// When it is looked next whether the kernel still lets them serve.
    pub(super) vigil: Vigil,
    pub(super) queue: Queue,
    pub(super) connections: Connections,
    pub(super) revoking: Revoking,
    pub(super) halts: Halts,
    pub(super) departing: Departing,
    pub(super) stopping: bool,
    /// What went wrong last, for connections that waited in vain.
    pub(super) trouble: Option<String>,
    /// Rations what the label's workers have to say for the audit trail.
    pub(super) events: Throttle,
}

impl Service {
    /// The service of a label. There must be only one for each label.
    #[must_use]
    pub fn new(label: Label, shared: Arc<Shared>) -> Self {
        Self {
            meter: shared.metrics.label(&label),
            halts: shared.serving.halts(),
            label,
            shared,
            seat: Seat::Vacant(Vacancy::first()),
            images: Images::default(),
            told: BTreeSet::new(),
            trees_told: Vec::new(),
            unmapped: None,
            unmappable: None,
            looking: JoinSet::new(),
            slots: Slots::new(),
            vigil: Vigil::default(),
            queue: Queue::default(),
            connections: Connections::default(),
            revoking: Revoking::default(),
            departing: Departing::default(),
            stopping: false,
            trouble: None,
            events: Throttle::new(EVENTS_PER_SECOND, EVENTS_AT_ONCE),
        }
    }

    /// Serves until it is stopped and its worker is reaped.
    pub async fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        loop {
            self.settle(Instant::now());
            let vacant = matches!(self.seat, Seat::Vacant(_)) && self.slots.is_empty();
            if self.stopping && vacant {
                // What its worker has lost is to be written down before the gateway ends.
                return self.shared.settling.all().await;
            }
            let deadline = self.deadline();
            let deadline = deadline.map(tokio::time::Instant::from_std);
            let far = tokio::time::Instant::now() + Duration::from_secs(86_400);
            tokio::select! {
                request = requests.recv(), if !self.stopping => self.requested(request),
                happened = self.seat.happened() => self.happened(happened).await,
                Some(looked) = self.looking.join_next() => {
                    if let Ok(looked) = looked {
                        self.looked(looked);
                    }
                }
                event = self.slots.happened() => self.slot_event(event).await,
                () = self.departing.next() => {}
                () = self.halts.changed() => {}
                () = tokio::time::sleep_until(deadline.unwrap_or(far)) => {}
            }
        }
    }

    fn requested(&mut self, request: Option<Request>) {
        let now = Instant::now();
        match request {
            Some(Request::Connection(candidate)) => {
                if let Err(candidate) = self.queue.push(*candidate, now) {
                    let busy = Refusal::Busy("too many connections wait for the label's worker");
                    self.refuse(&candidate, &busy);
                }
                self.retry_refused_images(now);
            }
            Some(Request::Reconcile { done }) => {
                self.revoking.wait(done);
                self.reconcile(now);
            }
            Some(Request::Kill { why, done }) => {
                self.revoking.wait(done);
                self.dismiss(&why);
            }
            Some(Request::Describe { answer }) => {
                // Whoever asked may have given up.
                let _ = answer.send(self.describe());
            }
            Some(Request::Stop) | None => self.stop(now),
        }
    }

    async fn happened(&mut self, happened: Happened) {
        match happened {
            Happened::Said(message) => self.said(message).await,
            Happened::Violation(violation) => self.kill(&violation.to_string()),
            Happened::Deaf => self.does_not_listen(),
            Happened::Closed => {
                // A draining worker closes it on its way out.
                let draining = self.seat.process().is_some_and(|p| p.phase.is_draining());
                if !draining {
                    self.kill("it closed its control socket");
                }
            }
            Happened::Exited(status) => self.exited(status).await,
        }
    }

    /// Refuses a connection, which ends with it.
    pub(super) fn refuse(&self, candidate: &Candidate, why: &Refusal) {
        self.shared.metrics.refused(why.reason());
        let record = Record {
            identity: Some(&candidate.identity.name),
            peer: Some(candidate.peer),
            ..Record::new(Event::Connection, Decision::Deny)
        };
        let reason = why.to_string();
        let record = record.label(&self.label).reason(&reason);
        self.shared.refusals.write(&record);
    }
}
