//! What is counted of one label.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use labelgate_control::Driver;
use labelgate_pages::{ImageAccount, Page, WorkerSample};

use super::declaration::{LabelValue, label_values};
use super::processes::{Usage, usage};
use super::slots::{Slots, Totals, slots_for};

/// What a worker died of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It had been asked to end, and did.
    Orderly,
    /// The supervisor killed it.
    Killed,
    /// It ended on its own account.
    Exit,
    /// It tried a forbidden system call.
    Seccomp,
    /// The kernel killed it for want of memory.
    Memory,
    /// Another signal ended it.
    Signal,
}

label_values! {
    Cause {
        Orderly => "orderly",
        Killed => "killed",
        Exit => "exit",
        Seccomp => "seccomp",
        Memory => "memory",
        Signal => "signal",
    }
}

/// What is counted of one label. It is shared by the label's service, which counts, and a scrape,
/// which reads; neither waits for the other longer than numbers take to be copied.
#[derive(Debug)]
pub struct LabelMeter {
    pub(super) accepted: AtomicU64,
    pub(super) open: AtomicU64,
    pub(super) images_open: AtomicU64,
    pub(super) starts: AtomicU64,
    pub(super) start_failures: AtomicU64,
    pub(super) suppressed: AtomicU64,
    pub(super) keepers: AtomicU64,
    pub(super) keeper_starts: AtomicU64,
    pub(super) keeper_fences: AtomicU64,
    pub(super) keeper_losses: AtomicU64,
    deaths: Vec<AtomicU64>,
    keeper_deaths: Vec<AtomicU64>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    worker: Option<Worker>,
    totals: Totals,
    /// Of workers that have ended, in seconds.
    cpu: f64,
    /// When it last had a worker.
    active: Instant,
}

#[derive(Debug)]
struct Worker {
    pid: u32,
    slots: Slots,
    driver: Option<Driver>,
    cpu: f64,
}

/// What a scrape reads.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) worker: WorkerSample,
    pub(super) rejected: u64,
    pub(super) images: BTreeMap<String, ImageAccount>,
    /// Whether there is a worker.
    pub(super) running: bool,
    pub(super) driver: Option<Driver>,
    pub(super) usage: Option<Usage>,
    /// Of all workers, in seconds.
    pub(super) cpu: f64,
    /// How long ago it last had a worker.
    pub(super) idle: Duration,
}

impl Default for LabelMeter {
    fn default() -> Self {
        let state = State {
            worker: None,
            totals: Totals::default(),
            cpu: 0.0,
            active: Instant::now(),
        };
        Self {
            accepted: AtomicU64::default(),
            open: AtomicU64::default(),
            images_open: AtomicU64::default(),
            starts: AtomicU64::default(),
            start_failures: AtomicU64::default(),
            suppressed: AtomicU64::default(),
            keepers: AtomicU64::default(),
            keeper_starts: AtomicU64::default(),
            keeper_fences: AtomicU64::default(),
            keeper_losses: AtomicU64::default(),
            deaths: Cause::ALL.iter().map(|_| AtomicU64::default()).collect(),
            keeper_deaths: Cause::ALL.iter().map(|_| AtomicU64::default()).collect(),
            state: Mutex::new(state),
        }
    }
}

fn by_cause(counts: &[AtomicU64]) -> impl Iterator<Item = (Cause, u64)> {
    let causes = Cause::ALL.iter().copied();
    causes.zip(counts.iter().map(|count| count.load(Ordering::Relaxed)))
}

impl LabelMeter {
    /// How many slots the page of a worker with so many images needs.
    #[must_use]
    pub fn slots_for(images: usize) -> u32 {
        slots_for(images)
    }

    /// A connection was given to the worker.
    pub fn accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    /// The worker has so many connections and open images now.
    pub fn holds(&self, connections: usize, images: usize) {
        self.open.store(connections as u64, Ordering::Relaxed);
        self.images_open.store(images as u64, Ordering::Relaxed);
    }

    /// So many of the label's audit records were too many to be written singly so far.
    pub fn suppressed(&self, records: u64) {
        self.suppressed.store(records, Ordering::Relaxed);
    }

    /// A worker was started, which counts in this page.
    pub fn started(&self, pid: u32, page: Page) {
        self.starts.fetch_add(1, Ordering::Relaxed);
        let mut state = self.state();
        let slots = Slots::new(page, &mut state.totals);
        state.worker = Some(Worker {
            pid,
            slots,
            driver: None,
            cpu: 0.0,
        });
    }

    /// Whether there is a worker.
    pub fn has_worker(&self) -> bool {
        self.state().worker.is_some()
    }

    /// A worker could not be started.
    pub fn start_failed(&self) {
        self.start_failures.fetch_add(1, Ordering::Relaxed);
    }

    /// The worker is ready.
    pub fn ready(&self, driver: Driver) {
        if let Some(worker) = &mut self.state().worker {
            worker.driver = Some(driver);
        }
    }

    /// The worker is reaped.
    pub fn ended(&self, cause: Cause) {
        if let Some(count) = self.deaths.get(cause as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let state = &mut *self.state();
        if let Some(worker) = state.worker.take() {
            state.cpu += worker.cpu;
            state.active = Instant::now();
            worker.slots.end(&mut state.totals);
        }
    }

    /// There are so many keepers now.
    pub fn keepers(&self, keepers: usize) {
        self.keepers.store(keepers as u64, Ordering::Relaxed);
    }

    /// A keeper was started.
    pub fn keeper_started(&self) {
        self.keeper_starts.fetch_add(1, Ordering::Relaxed);
    }

    /// A keeper is reaped.
    pub fn keeper_ended(&self, cause: Cause) {
        if let Some(count) = self.keeper_deaths.get(cause as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A keeper that is gone was shut out of its backend, and its keys were taken back.
    pub fn keeper_fenced(&self) {
        self.keeper_fences.fetch_add(1, Ordering::Relaxed);
    }

    /// Clients were told that there is no keeper.
    pub fn keeper_lost(&self) {
        self.keeper_losses.fetch_add(1, Ordering::Relaxed);
    }

    /// The worker is being given an image under this number: the slot it is to count it in.
    pub fn image_given(&self, number: u32, image: String) -> u32 {
        let mut state = self.state();
        let worker = state.worker.as_mut();
        worker.map_or(0, |worker| worker.slots.give(number, image))
    }

    /// The worker no longer has the image of this number.
    pub fn image_taken(&self, number: u32) {
        let state = &mut *self.state();
        if let Some(worker) = &mut state.worker {
            worker.slots.take_back(number, &mut state.totals);
        }
    }

    pub(super) fn deaths(&self) -> impl Iterator<Item = (Cause, u64)> {
        by_cause(&self.deaths)
    }

    pub(super) fn keeper_deaths(&self) -> impl Iterator<Item = (Cause, u64)> {
        by_cause(&self.keeper_deaths)
    }

    /// Reads everything, and forgets images that are not wanted and were not in use within this
    /// time.
    pub(super) fn read(&self, wanted: impl Fn(&str) -> bool, within: Duration) -> Reading {
        // Without the lock, for which the label's service waits.
        let pid = self.state().worker.as_ref().map(|worker| worker.pid);
        let mut used = pid.and_then(usage);
        let state = &mut *self.state();
        let now = state.worker.as_ref().map(|worker| worker.pid);
        if now != pid {
            used = None;
        }
        if let Some(worker) = &mut state.worker {
            worker.cpu = used.map_or(worker.cpu, |usage| usage.cpu.max(worker.cpu));
            worker.slots.read(&mut state.totals);
        }
        state.totals.forget(wanted, within);
        let worker = state.worker.as_ref();
        Reading {
            worker: *state.totals.worker.total(),
            rejected: state.totals.rejected,
            images: state.totals.images(worker.map(|worker| &worker.slots)),
            running: worker.is_some(),
            driver: worker.and_then(|worker| worker.driver),
            usage: used,
            cpu: state.cpu + worker.map_or(0.0, |worker| worker.cpu),
            idle: match worker {
                Some(_) => Duration::ZERO,
                None => state.active.elapsed(),
            },
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
