//! What a label's keepers may get at: given, taken away, and only then forgotten.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::images::ImageState;
use super::service::{Looked, Service};
use super::slots::{Errand, Fetched, Slot};
use crate::audit::{Decision, Event, Record};
use crate::config::Image;
use crate::kept::{AccessError, Anchored, Entity, Gate, Instance};

type Entities = BTreeSet<Entity>;
type Instances = HashSet<Instance>;

impl Service {
    /// A slot's way into its store.
    fn gate(&self, slot: &Slot) -> Gate {
        Gate {
            shared: Arc::clone(&self.shared),
            label: self.label.clone(),
            store: Arc::clone(&slot.store),
        }
    }

    /// When a keeper is to try again to open something.
    pub(super) fn next_attempt(&self) -> Option<Instant> {
        let lets_in = (0..)
            .zip(&self.slots.all)
            .filter(|(_, slot)| slot.lets_in());
        lets_in
            .filter_map(|(number, _)| self.images.next_attempt(number))
            .min()
    }

    pub(super) fn send_to_anchor(&mut self, number: u32, images: Vec<(u32, Arc<Image>)>) {
        let (known, had) = (self.slots.known.clone(), self.images.told(&images));
        self.send(number, async move |gate, _, _| {
            Fetched::Anchored(gate.anchor(images, known, had).await)
        });
    }

    pub(super) fn send_to_shut(&mut self, number: u32) {
        self.send(number, async move |gate, entities, instances| {
            Fetched::Shut(gate.shut(entities, instances).await)
        });
    }

    fn send<F>(&mut self, number: u32, errand: impl FnOnce(Gate, Entities, Instances) -> F)
    where
        F: Future<Output = Fetched> + Send + 'static,
    {
        self.renew_store(number);
        let Some(slot) = self
            .slots
            .all
            .get(usize::try_from(number).unwrap_or(usize::MAX))
        else {
            return;
        };
        let (entities, instances) = (slot.entities.clone(), slot.instances.clone());
        let errand = errand(self.gate(slot), entities, instances);
        self.slots.errands.spawn(async move {
            Errand {
                slot: number,
                result: errand.await,
            }
        });
        if let Some(slot) = self.slots.get(number) {
            slot.busy = true;
        }
    }

    /// A reload may have given the slot's store another key.
    fn renew_store(&mut self, number: u32) {
        let wanted = self.wanted();
        let Some(slot) = self.slots.get(number) else {
            return;
        };
        let mut stores = wanted.iter().map(|image| &image.store);
        if let Some(store) = stores.find(|store| store.is_same_place(&slot.store)) {
            slot.store = Arc::clone(store);
        }
    }

    pub(super) fn fetched(&mut self, errand: Errand, now: Instant) {
        let number = errand.slot;
        let Some(slot) = self.slots.get(number) else {
            return;
        };
        slot.busy = false;
        match errand.result {
            Fetched::Anchored(anchored) => self.anchored(number, anchored, now),
            Fetched::Shut(Ok(())) => self.shut(number),
            Fetched::Shut(Err(error)) => {
                slot.failed(Duration::ZERO, now);
                let store = slot.store.name.clone();
                self.record_fence(&store, Decision::Deny, &error.to_string());
            }
        }
    }

    fn anchored(&mut self, number: u32, anchored: Anchored, now: Instant) {
        let Anchored { entities, images } = anchored;
        self.slots.known.extend(entities.iter().cloned());
        let Some(slot) = self.slots.get(number) else {
            return;
        };
        slot.entities.extend(entities);
        let mut failed = false;
        for (image, disk, result) in images {
            match result {
                Ok(()) if self.images.is_wanted(image) => self.images.now_anchored(image),
                Ok(()) => self.unwanted(number, &disk),
                Err(error) => {
                    failed = true;
                    self.not_anchored(image, &error, now);
                }
            }
        }
        // What has one is served meanwhile.
        let none = self.images.anchored(number).next().is_none();
        if failed
            && none
            && let Some(slot) = self.slots.get(number)
        {
            slot.failed(Duration::ZERO, now);
        }
        self.feed(number);
    }

    /// An image has got an anchor that was taken away meanwhile: whoever could read it must not go on.
    fn unwanted(&mut self, number: u32, image: &Image) {
        self.remove_anchor(image);
        self.retire(number, &format!("image {image} was taken from its label"));
    }

    /// An image has no anchor. One that no worker has is refused; for one that a worker has, it is
    /// tried again.
    fn not_anchored(&mut self, number: u32, error: &AccessError, now: Instant) {
        let Some(served) = self.images.get_mut(number) else {
            return;
        };
        let told = served.kept.as_ref().is_some_and(|kept| kept.told.is_some());
        if told {
            let image = &served.image;
            tracing::error!(label = %self.label, %image, "its keeper cannot be let in: {error}");
            self.images.put_off(number, now);
        } else {
            self.refuse_kept(number, &error.to_string());
        }
    }

    /// Access was taken away, and that is in force.
    fn shut(&mut self, number: u32) {
        self.meter.keeper_fenced();
        let Some(slot) = self.slots.get(number) else {
            return;
        };
        slot.revoke = false;
        slot.instances.clear();
        let entities = std::mem::take(&mut slot.entities);
        let store = slot.store.name.clone();
        if !entities.is_empty() {
            self.record_fence(
                &store,
                Decision::Note,
                "its keys were taken back, and it is shut out",
            );
        }
        for image in self.images.forget_anchors(number) {
            self.remove_anchor(&image);
        }
        for image in self.images.probing(number) {
            self.looked(Looked::Probed(image, Ok(())));
        }
    }

    /// Takes access away from a slot's keeper, and from whoever may have its keys. What stays with
    /// the label comes back with another keeper and other keys.
    pub(super) fn retire(&mut self, number: u32, why: &str) {
        let Some(slot) = self.slots.get(number) else {
            return;
        };
        slot.revoke = true;
        slot.dismissed = true;
        slot.not_before = None;
        self.kill_keeper(number, why);
    }

    /// The worker is gone: so go its keepers, and their keys.
    pub(super) fn close_slots(&mut self, orderly: bool) {
        self.slots.ground = None;
        for slot in &mut self.slots.all {
            slot.closing = true;
            slot.revoke = true;
            slot.clearing = false;
            slot.dismissed = true;
            slot.not_before = None;
            match &slot.keeper {
                Some(keeper) if orderly && slot.ready => keeper.leave(),
                Some(keeper) => keeper.kill("its worker is gone"),
                None => {}
            }
        }
    }

    fn record_fence(&self, store: &str, decision: Decision, reason: &str) {
        let record = Record {
            image: Some(store),
            ..Record::new(Event::KeeperFence, decision)
        };
        self.events.write(&record.label(&self.label).reason(reason));
    }

    /// An image that a keeper was to hold is not served.
    pub(super) fn refuse_kept(&mut self, number: u32, reason: &str) {
        let Some(served) = self.images.get_mut(number) else {
            return;
        };
        if !matches!(served.state, ImageState::Opening) {
            return;
        }
        served.state = ImageState::Refused { at: Instant::now() };
        let name = served.image.to_string();
        let record = Record {
            image: Some(&name),
            ..Record::new(Event::Image, Decision::Deny)
        };
        record.label(&self.label).reason(reason).write();
    }
}
