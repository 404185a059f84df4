//! Starting, feeding, shutting out and following the keepers of a label's worker.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use labelgate_control::{
    ConfigureKeeper, Handed, KeepImage, KeeperLimits, Library, MAX_KEEPERS, Text, ToKeeper,
    ToWorker, memory_bytes,
};
use labelgate_mac::Context;

use super::service::Service;
use super::slots::{Ground, LOST_AFTER, Slot, SlotEvent};
use crate::audit::{Decision, Event, Record};
use crate::config::{Place, Store};
use crate::kept::{Keeper, Start, What, bell, on_volume, shared_memory};
use crate::provider::Network;
use crate::worker::Death;

/// The most images of one store that a label has from one keeper.
const IMAGES: u32 = 1024;
/// How long a keeper tries to connect.
const CONNECT: Duration = Duration::from_secs(10);
/// The most connections that a keeper has at a time.
const INSTANCES: usize = 256;

/// What a worker that has keepers is told before its stores.
pub(super) type KeptStart = (Ground, Vec<Slot>);

impl Service {
    /// The stores whose images keepers hold for the label, as many as a worker may have.
    fn kept_stores(&self) -> Vec<Arc<Store>> {
        let mut stores: Vec<Arc<Store>> = Vec::new();
        for image in self.wanted().iter().filter(|image| image.is_kept()) {
            if !stores.iter().any(|store| store.is_same_place(&image.store)) {
                stores.push(Arc::clone(&image.store));
            }
        }
        stores.sort_by(|one, other| one.name.cmp(&other.name));
        stores.truncate(usize::try_from(MAX_KEEPERS).unwrap_or_default());
        stores
    }

    /// What a new worker shares with its keepers, if it has any.
    pub(super) fn prepare_slots(&self, now: Instant) -> io::Result<Option<KeptStart>> {
        let stores = self.kept_stores();
        if stores.is_empty() {
            return Ok(None);
        }
        let bytes = memory_bytes(self.shared.section.pool_bytes);
        let ground = Ground {
            memory: shared_memory("labelgate-buffers", bytes)?,
            bell: bell()?,
        };
        let slot = |store| Ok(Slot::new(store, labelgate_queue_pair::create()?, now));
        let slots = stores.into_iter().map(slot).collect::<io::Result<_>>()?;
        Ok(Some((ground, slots)))
    }

    /// Tells a worker what it shares with its keepers.
    pub(super) fn introduce_slots((ground, slots): &KeptStart) -> io::Result<Vec<ToWorker>> {
        let mut messages = vec![
            ToWorker::Memory(ground.memory.try_clone()?),
            ToWorker::Bell(ground.bell.try_clone()?),
        ];
        for slot in slots {
            messages.push(ToWorker::Queues(slot.queues.try_clone()?));
        }
        Ok(messages)
    }

    /// Takes in what has happened to a keeper, or for one.
    pub(super) async fn slot_event(&mut self, event: SlotEvent) {
        let now = Instant::now();
        match event {
            SlotEvent::Errand(errand) => self.fetched(errand, now),
            SlotEvent::News(news) => {
                let Some(number) = self.slots.with_keeper(news.number) else {
                    return;
                };
                match news.what {
                    What::Said(said) => {
                        if !self.keeper_said(number, said) {
                            self.kill_keeper(number, "it broke the control protocol");
                        }
                    }
                    What::Ended { death, lived } => self.keeper_ended(number, &death, lived, now),
                }
            }
        }
    }

    /// Does everything that is due for keepers.
    pub(super) fn advance_slots(&mut self, now: Instant) {
        let count = u32::try_from(self.slots.all.len()).unwrap_or(u32::MAX);
        for number in 0..count {
            self.advance_slot(number, now);
        }
        let closed =
            |slot: &Slot| slot.closing && !slot.busy && !slot.revoke && slot.keeper.is_none();
        if !self.slots.all.is_empty() && self.slots.all.iter().all(closed) {
            self.slots.all.clear();
        }
        self.meter.keepers(self.slots.keepers());
    }

    fn advance_slot(&mut self, number: u32, now: Instant) {
        let told = self
            .images
            .of_slot(number)
            .any(|(_, kept)| kept.told.is_some());
        let unanchored = self.images.unanchored(number, now);
        let anchored = self.images.of_slot(number).any(|(_, kept)| kept.anchored);
        let Some(slot) = self.slots.get(number) else {
            return;
        };
        slot.needed = told;
        let overdue = slot.ready && !slot.served && slot.waits_no_longer(now);
        if slot.is_missed() && now.saturating_duration_since(slot.down_since) >= LOST_AFTER {
            self.lose(number);
        }
        if overdue {
            self.serve(number);
        }
        let Some(slot) = self.slots.get(number) else {
            return;
        };
        if slot.busy || !slot.is_due(now) {
            return;
        }
        slot.not_before = None;
        if slot.keeper.is_some() {
            if !slot.closing && !slot.revoke && !unanchored.is_empty() {
                self.send_to_anchor(number, unanchored);
            }
            return;
        }
        if slot.revoke {
            self.send_to_shut(number);
        } else if slot.closing || slot.clearing {
        } else if !unanchored.is_empty() {
            self.send_to_anchor(number, unanchored);
        } else if anchored && let Err(error) = self.start_keeper(number) {
            self.keeper_not_started(number, &error, now);
        }
    }

    /// Whether a keeper would reach its backend, as far as the policy goes.
    pub(super) fn check_reach(&self, store: &Store, context: Option<&Context>) -> io::Result<()> {
        let to = match &store.place {
            Place::Directory { .. } => return Ok(()),
            Place::Rbd(_) => Network::Ceph,
            Place::Gluster(_) => Network::Gluster,
            Place::Iscsi(_) => Network::Iscsi,
            Place::Nfs(_) => Network::Nfs,
        };
        let reach = self.shared.provider.check_reach(context, to);
        reach.map_err(io::Error::other)
    }

    fn start_keeper(&mut self, number: u32) -> io::Result<()> {
        let news = self.slots.news.0.clone();
        let at = self.slots.next;
        let Some(ground) = &self.slots.ground else {
            return Ok(());
        };
        let (memory, bell) = (ground.memory.try_clone()?, ground.bell.try_clone()?);
        let Some(slot) = self
            .slots
            .all
            .get(usize::try_from(number).unwrap_or(usize::MAX))
        else {
            return Ok(());
        };
        let uids = self.shared.uids.as_ref();
        let uid = uids.map(|uids| uids.of_keepers(&self.label)).transpose();
        let context = self.shared.provider.keeper(&self.label);
        self.check_reach(&slot.store, context.as_ref())?;
        let store = slot.store.name.clone();
        let anchors = match context {
            Some(_) => Some(self.shared.anchors.directory_of(&store)?),
            None => None,
        };
        let introduction = vec![
            ToKeeper::Configure(self.configure_keeper(&slot.store, context.as_ref())?),
            ToKeeper::Memory(memory),
            ToKeeper::Queues(slot.queues.try_clone()?),
            ToKeeper::Bell(bell),
        ];
        let start = Start {
            program: &self.shared.keeper,
            kind: "keeper",
            of: &format!("{} {store}", self.label),
            label: Some(&self.label),
            context,
            uid: uid.map_err(io::Error::other)?,
            cgroups: self.shared.cgroups.as_deref(),
        };
        let keeper = Keeper::start(at, start, introduction, anchors, news)?;
        self.slots.next += 1;
        self.meter.keeper_started();
        let record = Record {
            pid: Some(keeper.pid()),
            image: Some(&store),
            ..Record::new(Event::KeeperStart, Decision::Allow)
        };
        record.label(&self.label).write();
        self.images.none_given(number);
        if let Some(slot) = self.slots.get(number) {
            (slot.ready, slot.dismissed) = (false, false);
            slot.keeper = Some(keeper);
            slot.doubt.cleared();
        }
        Ok(())
    }

    /// Who a keeper is.
    fn configure_keeper(
        &self,
        store: &Store,
        context: Option<&Context>,
    ) -> io::Result<ConfigureKeeper> {
        let library = match &store.place {
            Place::Gluster(gluster) => {
                Library::Gluster(Box::new(on_volume(gluster).map_err(io::Error::other)?))
            }
            Place::Iscsi(_) => Library::Iscsi,
            Place::Nfs(_) => Library::Nfs,
            Place::Rbd(_) | Place::Directory { .. } => Library::Rbd,
        };
        Ok(ConfigureKeeper {
            label: self.label.clone(),
            store: Text::clean(&store.name),
            unprivileged: self.shared.uids.is_none(),
            context: context.map(|context| Text::clean(&context.to_string())),
            opens_anchors: context.is_some(),
            library,
            limits: KeeperLimits {
                images: IMAGES,
                connect_milliseconds: u32::try_from(CONNECT.as_millis()).unwrap_or(u32::MAX),
            },
        })
    }

    fn keeper_not_started(&mut self, number: u32, error: &io::Error, now: Instant) {
        let Some(slot) = self.slots.get(number) else {
            return;
        };
        slot.failed(Duration::ZERO, now);
        let store = slot.store.name.clone();
        let reason = error.to_string();
        let record = Record {
            image: Some(&store),
            ..Record::new(Event::KeeperStart, Decision::Deny)
        };
        record.label(&self.label).reason(&reason).write();
        // Nobody waits for what cannot be started: its images are refused, and tried again.
        for image in self.images.untold(number) {
            self.refuse_kept(image, &reason);
        }
    }

    /// Gives a keeper the images that it has not been given yet.
    pub(super) fn feed(&mut self, number: u32) {
        let handed = match self.shared.provider.selinux() {
            Some(_) => Handed::Path,
            None => Handed::Opened,
        };
        let ready = self.slots.get(number).is_some_and(|slot| slot.ready);
        if !ready {
            return;
        }
        let now = Instant::now();
        for (image, disk) in self.images.to_be_given(number, now) {
            let anchor = match self.shared.anchors.open_for(&disk, handed) {
                Ok(anchor) => anchor,
                Err(error) => {
                    tracing::error!(label = %self.label, image = %disk, "its anchor: {error}");
                    self.images.no_anchor(image);
                    self.images.put_off(image, now);
                    continue;
                }
            };
            let keep = KeepImage {
                image,
                handed,
                read_only: disk.read_only,
                size: disk.size.filter(|_| !disk.read_only),
            };
            self.images.now_given(image);
            self.tell_keeper(number, ToKeeper::AddImage(keep, anchor));
        }
        self.serve(number);
    }

    /// Lets the worker work with a keeper that has all that its predecessor had; or what it could open,
    /// when it is known that it cannot open the rest, or has taken too long for it. It says of that that
    /// it is not ready.
    pub(super) fn serve(&mut self, number: u32) {
        let Some(slot) = self.slots.get(number) else {
            return;
        };
        let waits = slot.waits_until.is_some();
        if slot.served || !slot.ready || !self.images.are_enough(number, waits) {
            return;
        }
        let Some(Ok(bell)) = slot.keeper.as_ref().map(Keeper::bell) else {
            return;
        };
        (slot.served, slot.lost) = (true, false);
        self.tell(ToWorker::Keeper { slot: number, bell });
    }

    pub(super) fn tell_keeper(&mut self, number: u32, message: ToKeeper) {
        if let Some(keeper) = self.slots.get(number).and_then(|slot| slot.keeper.as_ref()) {
            keeper.tell(message);
        }
    }

    pub(super) fn kill_keeper(&mut self, number: u32, why: &str) {
        if let Some(keeper) = self.slots.get(number).and_then(|slot| slot.keeper.as_ref()) {
            keeper.kill(why);
        }
    }

    /// Kills a keeper, for another to take its place, through no fault of what it was asked for.
    pub(super) fn replace_keeper(&mut self, number: u32, why: &str) {
        if let Some(slot) = self.slots.get(number) {
            slot.replaced = true;
        }
        self.kill_keeper(number, why);
    }

    /// Notes how a keeper is known to its backend.
    pub(super) fn connected(&mut self, number: u32, instance: Text<512>) -> bool {
        let Some(slot) = self.slots.get(number) else {
            return false;
        };
        for entity in &slot.entities {
            if let Err(error) = self.shared.traces.note(entity, &instance) {
                tracing::warn!(entity, "its connection cannot be written down: {error}");
            }
        }
        slot.instances.insert(instance);
        slot.instances.len() <= INSTANCES
    }

    fn keeper_ended(&mut self, number: u32, death: &Death, lived: Duration, now: Instant) {
        self.meter.keeper_ended(death.cause());
        let Some(slot) = self.slots.get(number) else {
            return;
        };
        let pid = slot.keeper.as_ref().map(Keeper::pid);
        (slot.keeper, slot.ready, slot.waits_until) = (None, false, None);
        let served = std::mem::replace(&mut slot.served, false);
        let (dismissed, closing) = (slot.dismissed, slot.closing);
        // What it was asked for has no part in its end.
        let wanted = std::mem::take(&mut slot.replaced) | dismissed;
        slot.down_since = now;
        slot.revoke = true;
        if dismissed || *death == Death::Orderly {
            slot.backoff.ended();
        } else {
            slot.failed(lived, now);
        }
        slot.clearing = !closing;
        let store = slot.store.name.clone();
        let reason = death.to_string();
        let record = Record {
            pid,
            image: Some(&store),
            ..Record::new(Event::KeeperEnd, Decision::Note)
        };
        record.label(&self.label).reason(&reason).write();
        if *death != Death::Orderly && !dismissed {
            tracing::warn!(label = %self.label, store, served, "keeper is gone: {reason}");
        }
        self.images.none_given(number);
        if !closing {
            self.tell(ToWorker::KeeperGone {
                slot: number,
                blamed: !wanted,
            });
        }
    }

    /// The worker has cleared a slot's queues.
    pub(super) fn said_cleared(&mut self, number: u32) -> bool {
        let slot = self.slots.get(number);
        slot.is_some_and(|slot| std::mem::replace(&mut slot.clearing, false))
    }

    /// Tells the worker that there will be no keeper for a while.
    fn lose(&mut self, number: u32) {
        let Some(slot) = self.slots.get(number) else {
            return;
        };
        slot.lost = true;
        let store = slot.store.name.clone();
        self.meter.keeper_lost();
        let record = Record {
            image: Some(&store),
            ..Record::new(Event::KeeperLost, Decision::Note)
        };
        let reason = "there has been none for so long that clients are told so";
        record.label(&self.label).reason(reason).write();
        self.tell(ToWorker::KeeperLost { slot: number });
    }
}
