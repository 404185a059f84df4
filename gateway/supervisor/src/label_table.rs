//! The services of all labels.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dashmap::DashMap;
use labelgate_mac::Label;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::refusal::Refusal;
use crate::sources::{LabelPlace, LabelPlaces};
use crate::worker::{Candidate, Description, Ended, Lack, Request, Service, Shared};

/// Requests that wait for one label's service.
const REQUESTS: usize = 1024;

/// The services of all labels. A label has at most one, from its first connection until the
/// gateway stops: this is what makes its vacancy, and thereby its worker, the only one.
#[derive(Debug)]
pub struct LabelTable {
    shared: Arc<Shared>,
    /// No guard of this map is ever held across an await.
    labels: DashMap<Label, Entry>,
    tasks: Mutex<JoinSet<()>>,
}

/// How to reach a label's service.
#[derive(Debug, Clone)]
struct Entry {
    requests: mpsc::Sender<Request>,
    places: Arc<LabelPlaces>,
}

/// What became of what was taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// What has ended.
    pub ended: Ended,
    /// Whether all that was to end verifiably has.
    pub complete: bool,
}

impl Verdict {
    async fn of(waiting: Vec<oneshot::Receiver<Ended>>, patience: Duration) -> Self {
        let mut ended = Ended::default();
        let all = async {
            for one in waiting {
                // A service that ends has ended everything.
                ended += one.await.unwrap_or_default();
            }
        };
        let complete = timeout(patience, all).await.is_ok();
        Self { ended, complete }
    }
}

/// A label's service has too much to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the label's service has too much to do")]
pub struct Busy;

impl LabelTable {
    /// An empty table.
    #[must_use]
    pub fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            labels: DashMap::new(),
            tasks: Mutex::new(JoinSet::new()),
        }
    }

    /// A place among the connections of a label; without one, the reason.
    pub fn place(&self, label: &Label) -> Result<LabelPlace, Refusal> {
        self.shared.serving.check()?;
        let limit = self.shared.section.limits.connections_per_label;
        let place = self.entry(label).places.admit(limit);
        place.ok_or(Refusal::LabelFull(limit))
    }

    /// What is lacking for this label to be served: nothing if it has a worker, or could have one. Neither is
    /// promised for the next moment.
    pub fn room_for(&self, label: &Label) -> Result<(), Lack> {
        let label = self.shared.assignment.worker_of(label);
        let known = || self.labels.contains_key(&label);
        match self.shared.room.look() {
            Err(_) if known() && self.shared.metrics.label(&label).has_worker() => Ok(()),
            room => room,
        }
    }

    /// Somebody was refused because there was no room: counts that as a worker that could not be started.
    pub fn note_refused(&self, label: &Label) {
        let label = self.shared.assignment.worker_of(label);
        // A label is counted for as long as it has a service.
        let _ = self.entry(&label);
        self.shared.metrics.label(&label).start_failed();
    }

    /// Hands a connection to its label's service; it ends if that has too much to do.
    pub fn connect(&self, candidate: Candidate) -> Result<(), Busy> {
        let label = self.shared.assignment.worker_of(&candidate.label);
        let entry = self.entry(&label);
        let handed = entry
            .requests
            .try_send(Request::Connection(Box::new(candidate)));
        handed.map_err(|_| Busy)
    }

    /// Brings every label's worker in line with what is published, and waits for what was taken
    /// away to be gone; at most for `patience`.
    pub async fn reconcile(&self, patience: Duration) -> Verdict {
        let mut waiting = Vec::new();
        for requests in self.all() {
            let (done, ended) = oneshot::channel();
            // A service that ends needs nothing.
            if requests.send(Request::Reconcile { done }).await.is_ok() {
                waiting.push(ended);
            }
        }
        Verdict::of(waiting, patience).await
    }

    /// Kills a label's worker, if it has one, and waits for its last I/O to end; at most for
    /// `patience`.
    pub async fn kill(&self, label: &Label, why: &str, patience: Duration) -> Verdict {
        let requests = self.labels.get(label).map(|entry| entry.requests.clone());
        let mut waiting = Vec::new();
        if let Some(requests) = requests {
            let (done, ended) = oneshot::channel();
            let why = why.to_owned();
            if requests.send(Request::Kill { why, done }).await.is_ok() {
                waiting.push(ended);
            }
        }
        Verdict::of(waiting, patience).await
    }

    /// What there is of every label that has had a connection.
    pub async fn describe(&self) -> Vec<Description> {
        let mut waiting = Vec::new();
        for requests in self.all() {
            let (answer, described) = oneshot::channel();
            if requests.send(Request::Describe { answer }).await.is_ok() {
                waiting.push(described);
            }
        }
        let mut all = Vec::new();
        for described in waiting {
            // One that ends meanwhile has nothing left.
            all.extend(described.await);
        }
        all
    }

    /// What there is of one label, if it has had a connection.
    pub async fn describe_one(&self, label: &Label) -> Option<Description> {
        let requests = self.labels.get(label)?.requests.clone();
        let (answer, described) = oneshot::channel();
        requests.send(Request::Describe { answer }).await.ok()?;
        described.await.ok()
    }

    /// Ends every worker and waits, at most for `patience`. Answers whether all have ended.
    pub async fn stop(&self, patience: Duration) -> bool {
        for requests in self.all() {
            let _ = requests.send(Request::Stop).await;
        }
        let mut tasks = {
            let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *tasks)
        };
        let ended = async { while tasks.join_next().await.is_some() {} };
        timeout(patience, ended).await.is_ok()
    }

    fn all(&self) -> Vec<mpsc::Sender<Request>> {
        self.labels
            .iter()
            .map(|entry| entry.requests.clone())
            .collect()
    }

    fn entry(&self, label: &Label) -> Entry {
        if let Some(entry) = self.labels.get(label) {
            return entry.clone();
        }
        let make = || {
            let (requests, received) = mpsc::channel(REQUESTS);
            let service = Service::new(label.clone(), Arc::clone(&self.shared));
            let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            tasks.spawn(service.run(received));
            let places = Arc::default();
            Entry { requests, places }
        };
        // The map's shard is locked meanwhile: nobody else makes one too.
        self.labels
            .entry(label.clone())
            .or_insert_with(make)
            .clone()
    }
}
