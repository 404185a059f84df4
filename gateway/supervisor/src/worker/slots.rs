//! The slots of a label's worker, each with the keepers that hold the images of one store for it,
//! one after the other.
//!
//! A keeper that has died is followed by another, once it is reaped, the worker has cleared the
//! slot's queues, and the backend has shut the dead one out. Keys live as long as a keeper: its
//! successor has others.

use std::collections::{BTreeSet, HashSet};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::backoff::Backoff;
use super::doubt::Doubt;
use crate::config::Store;
use crate::kept::{AccessError, Anchored, Entity, Instance, Keeper, News};

/// News of keepers that wait to be heard.
const NEWS: usize = 256;

/// A keeper that has come up is waited for so long by those whose images it has open already, until it
/// has the others of its predecessor, too: longer than one waits for a lock.
const OTHERS_WAIT: Duration = Duration::from_secs(10);

/// A worker is told that there is no keeper when there has been none for this long.
pub(super) const LOST_AFTER: Duration = Duration::from_secs(30);

/// What all slots of a worker have together.
#[derive(Debug)]
pub(super) struct Slots {
    pub(super) all: Vec<Slot>,
    /// What the worker and its keepers share, while there is a worker.
    pub(super) ground: Option<Ground>,
    pub(super) errands: JoinSet<Errand>,
    pub(super) news: (mpsc::Sender<News>, mpsc::Receiver<News>),
    /// The number of the next keeper. News of one that is forgotten are told from others by it.
    pub(super) next: u64,
    /// Who has been shut out since this gateway began: nothing of an earlier one's is left.
    pub(super) known: BTreeSet<Entity>,
}

/// What a worker and its keepers share.
#[derive(Debug)]
pub(super) struct Ground {
    /// The worker's buffers.
    pub(super) memory: OwnedFd,
    /// What its keepers ring.
    pub(super) bell: OwnedFd,
}

/// What is done for a slot while its service goes on.
#[derive(Debug)]
pub(super) struct Errand {
    /// Which slot.
    pub(super) slot: u32,
    /// What became of it.
    pub(super) result: Fetched,
}

/// What became of an errand.
#[derive(Debug)]
pub(super) enum Fetched {
    /// Anchors were to be written.
    Anchored(Anchored),
    /// A keeper that is gone, and whoever had its keys, was to be shut out.
    Shut(Result<(), AccessError>),
}

/// What has happened to any slot.
#[derive(Debug)]
pub(super) enum SlotEvent {
    News(News),
    Errand(Errand),
}

/// A slot of a worker.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) store: Arc<Store>,
    pub(super) queues: OwnedFd,
    pub(super) keeper: Option<Keeper>,
    /// Whether the keeper is confined and takes images.
    pub(super) ready: bool,
    /// Until when the worker is not given a keeper that has not opened all that it should.
    pub(super) waits_until: Option<Instant>,
    /// Whether the worker works with it.
    pub(super) served: bool,
    /// Whether the worker was told that there is none.
    pub(super) lost: bool,
    /// Whether the worker has images of it.
    pub(super) needed: bool,
    /// Since when there is none that serves.
    pub(super) down_since: Instant,
    /// Whether the worker has still to clear the queues.
    pub(super) clearing: bool,
    /// Whether an errand is under way for it.
    pub(super) busy: bool,
    /// When the next thing may be tried.
    pub(super) not_before: Option<Instant>,
    pub(super) backoff: Backoff,
    /// Whether the keeper may be the reason why images are not open.
    pub(super) doubt: Doubt,
    /// The keeper was killed for another to take its place.
    pub(super) replaced: bool,
    /// The keys are to be taken back, and whoever has come in with them is to be shut out.
    pub(super) revoke: bool,
    /// The keeper was killed for no fault of its own.
    pub(super) dismissed: bool,
    /// The worker is gone.
    pub(super) closing: bool,
    /// Who may come in by keys that were made.
    pub(super) entities: BTreeSet<Entity>,
    /// What has come in, as the keepers say.
    pub(super) instances: HashSet<Instance>,
}

impl Slots {
    pub(super) fn new() -> Self {
        Self {
            all: Vec::new(),
            ground: None,
            errands: JoinSet::new(),
            news: mpsc::channel(NEWS),
            next: 0,
            known: BTreeSet::new(),
        }
    }

    /// Whether nothing is left of any keeper, and no key.
    pub(super) const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether access that is to be taken away is not gone yet.
    pub(super) fn owe(&self) -> bool {
        self.all.iter().any(|slot| slot.revoke || slot.closing)
    }

    /// The slot of a store.
    pub(super) fn of(&self, store: &Store) -> Option<u32> {
        let mut all = (0..).zip(&self.all);
        let found = all.find(|(_, slot)| slot.store.is_same_place(store));
        found.map(|(number, _)| number)
    }

    pub(super) fn get(&mut self, slot: u32) -> Option<&mut Slot> {
        self.all.get_mut(usize::try_from(slot).ok()?)
    }

    /// The slot of a living keeper.
    pub(super) fn with_keeper(&self, keeper: u64) -> Option<u32> {
        let mut all = (0..).zip(&self.all);
        let is_it = |slot: &Slot| slot.keeper.as_ref().is_some_and(|k| k.number() == keeper);
        let found = all.find(|(_, slot)| is_it(slot));
        found.map(|(number, _)| number)
    }

    /// How many keepers there are.
    pub(super) fn keepers(&self) -> usize {
        self.all.iter().filter(|slot| slot.keeper.is_some()).count()
    }

    /// Waits for something to happen to one of them.
    pub(super) async fn happened(&mut self) -> SlotEvent {
        tokio::select! {
            Some(news) = self.news.1.recv() => SlotEvent::News(news),
            Some(Ok(errand)) = self.errands.join_next() => SlotEvent::Errand(errand),
            else => std::future::pending().await,
        }
    }

    /// When something will be due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let idle = self.all.iter().filter(|slot| !slot.busy);
        let waiting = idle.filter_map(|slot| slot.not_before);
        let losing = self.all.iter().filter(|slot| slot.is_missed());
        let losing = losing.filter_map(|slot| slot.down_since.checked_add(LOST_AFTER));
        let serving = self.all.iter().filter(|slot| slot.ready && !slot.served);
        let serving = serving.filter_map(|slot| slot.waits_until);
        waiting.chain(losing).chain(serving).min()
    }
}

impl Slot {
    pub(super) fn new(store: Arc<Store>, queues: OwnedFd, now: Instant) -> Self {
        Self {
            store,
            queues,
            keeper: None,
            ready: false,
            waits_until: None,
            served: false,
            lost: false,
            needed: false,
            down_since: now,
            clearing: false,
            busy: false,
            not_before: None,
            backoff: Backoff::default(),
            doubt: Doubt::default(),
            replaced: false,
            revoke: false,
            dismissed: false,
            closing: false,
            entities: BTreeSet::new(),
            instances: HashSet::new(),
        }
    }

    /// Something for it has failed, and is tried again after a while.
    pub(super) fn failed(&mut self, lived: Duration, now: Instant) {
        self.not_before = now.checked_add(self.backoff.failed(lived));
    }

    /// Whether its worker waits for a keeper, and does not know yet that it does so in vain.
    pub(super) const fn is_missed(&self) -> bool {
        self.needed && !self.served && !self.lost && !self.closing
    }

    /// The keeper takes images now.
    pub(super) fn now_ready(&mut self, now: Instant) {
        self.ready = true;
        self.waits_until = now.checked_add(OTHERS_WAIT);
    }

    /// Whether the worker may be given a keeper that has not opened all that it should. Asked when that
    /// time is over, it is not waited for any more.
    pub(super) fn waits_no_longer(&mut self, now: Instant) -> bool {
        if self.waits_until.is_some_and(|at| at <= now) {
            self.waits_until = None;
        }
        self.waits_until.is_none()
    }

    /// Whether images may be let in at once.
    pub(super) const fn lets_in(&self) -> bool {
        let gone = self.keeper.is_none() && self.clearing;
        !self.busy && !self.revoke && !self.closing && !gone && self.not_before.is_none()
    }

    /// Whether something may be tried.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.not_before.is_none_or(|at| at <= now)
    }
}
