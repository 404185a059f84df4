//! What a label's keepers say, of which nothing is believed further than it is bounded.

use std::sync::Arc;
use std::time::{Duration, Instant};

use labelgate_control::{AddKept, FromKeeper, KeptShape, NotServed, Text, ToWorker};

use crate::config::Place;

use super::images::ImageState;
use super::kept_images::Kept;
use super::service::Service;

/// No backend has larger blocks, in bytes.
const LARGEST_BLOCK: u32 = 64 << 20;
/// A keeper that cannot open again anything that its worker has is followed by another after so long.
const AGAIN: Duration = Duration::ZERO;
/// Why a keeper is ended that has others open.
const DOUBTFUL: &str = "it has opened nothing for a while, and may be the reason itself";

impl Service {
    /// Takes in a message; one that makes no sense now is a violation, for which the keeper dies.
    pub(super) fn keeper_said(&mut self, slot: u32, message: FromKeeper) -> bool {
        match message {
            FromKeeper::Ready { confinement } => self.keeper_ready(slot, &confinement),
            FromKeeper::Connected { instance } => self.connected(slot, instance),
            // The images that it speaks of have gone with their worker.
            _ if self.slots.get(slot).is_some_and(|slot| slot.closing) => true,
            FromKeeper::ImageOpened { image, result } => self.keeper_opened(slot, image, result),
            FromKeeper::ImageRefreshed { image, result } => match result {
                Ok(shape) => self.keeper_shaped(slot, image, shape),
                Err(why) => {
                    tracing::warn!(label = %self.label, image, "image cannot be resized: {why}");
                    // It may have been given back meanwhile, since it could not be opened.
                    self.images.of_slot(slot).any(|(number, _)| number == image)
                }
            },
            FromKeeper::ImageResized { image, shape } => self.keeper_shaped(slot, image, shape),
            FromKeeper::ImageFenced { image } => {
                let given = self.is_given(slot, image);
                self.replace_keeper(slot, "its backend has shut it out");
                given
            }
            FromKeeper::ImageRemoved { image } => self.is_given(slot, image),
        }
    }

    fn keeper_ready(&mut self, number: u32, confinement: &[Text<128>]) -> bool {
        let label = &self.label;
        let Some(slot) = self.slots.get(number).filter(|slot| !slot.ready) else {
            return false;
        };
        slot.now_ready(Instant::now());
        let store = &slot.store.name;
        let confinement: Vec<&str> = confinement.iter().map(Text::as_str).collect();
        tracing::info!(%label, store, "keeper is confined: {}", confinement.join(", "));
        self.feed(number);
        true
    }

    /// Whether a keeper has been told to open an image.
    fn is_given(&self, slot: u32, image: u32) -> bool {
        let mut all = self.images.of_slot(slot);
        all.any(|(number, kept)| number == image && kept.given)
    }

    fn keeper_opened(
        &mut self,
        slot: u32,
        number: u32,
        result: Result<KeptShape, NotServed>,
    ) -> bool {
        let waits =
            |(image, kept): (u32, &Kept)| image == number && kept.given && kept.shape.is_none();
        if !self.images.of_slot(slot).any(waits) {
            // It may have been taken away meanwhile, but then its keeper was killed.
            return false;
        }
        match result {
            Ok(shape) => {
                if let Some(slot) = self.slots.get(slot) {
                    slot.doubt.cleared();
                }
                self.keeper_shaped(slot, number, shape)
            }
            Err(why) => {
                self.keeper_cannot_open(slot, number, &why);
                true
            }
        }
    }

    fn keeper_cannot_open(&mut self, slot: u32, number: u32, why: &NotServed) {
        let Some(served) = self.images.get_mut(number) else {
            return;
        };
        let told = served.kept.as_ref().is_some_and(|kept| kept.told.is_some());
        let reason = format!("its keeper cannot open it: {why}");
        let now = Instant::now();
        if !told {
            if let Some(kept) = &mut served.kept {
                kept.given = false;
            }
            self.refuse_kept(number, &reason);
            if self.is_doubtful(slot, why, now) {
                self.replace_keeper(slot, DOUBTFUL);
            }
            return;
        }
        tracing::error!(label = %self.label, image = %served.image, "{reason}");
        self.images.put_off(number, now);
        if self.is_doubtful(slot, why, now) {
            return self.replace_keeper(slot, DOUBTFUL);
        }
        if self.images.is_one_given(slot) {
            // It is nobody's harm but its own clients', who are told that it is not ready.
            return self.serve(slot);
        }
        // What the worker has outstanding waits for the next keeper.
        if let Some(slot) = self.slots.get(slot) {
            slot.failed(AGAIN, now);
        }
        self.replace_keeper(slot, "it can open nothing of what its predecessor had open");
    }

    /// Whether a keeper that could not open an image has been unable for so long that another one is to try.
    /// Not where a session is all that it has of its backend, which it makes anew by itself: there its
    /// server is away.
    fn is_doubtful(&mut self, slot: u32, why: &NotServed, now: Instant) -> bool {
        let Some(slot) = self.slots.get(slot) else {
            return false;
        };
        if !matches!(slot.store.place, Place::Rbd(_) | Place::Gluster(_)) {
            return false;
        }
        match why {
            NotServed::Unreachable(_) => slot.doubt.failed(now),
            // Its backend has told it so.
            NotServed::Held | NotServed::Unfit(_) => {
                slot.doubt.cleared();
                false
            }
            NotServed::Refused { .. } | NotServed::Withheld => false,
        }
    }

    /// An image is open in its keeper and looks so now.
    fn keeper_shaped(&mut self, slot: u32, number: u32, shape: KeptShape) -> bool {
        if !self.is_given(slot, number) || !is_sound(shape) {
            return false;
        }
        self.images.now_open(number, shape);
        let Some(served) = self.images.get_mut(number) else {
            return false;
        };
        let opening = matches!(served.state, ImageState::Opening);
        // The worker is not told of one that it has been told to give up.
        let has = matches!(served.state, ImageState::Sent | ImageState::Open(_));
        let Some(kept) = &mut served.kept else {
            return false;
        };
        match kept.told {
            Some(before) if before != shape && has => {
                kept.told = Some(shape);
                tracing::info!(label = %self.label, image = %served.image,
                    "image changed: {} bytes", shape.size);
                if let ImageState::Open(open) = &mut served.state {
                    open.size = shape.size;
                }
                let image = number;
                self.tell(ToWorker::KeptShape { image, shape });
            }
            None if opening => self.pass_on_kept(slot, number, shape),
            _ => {}
        }
        self.serve(slot);
        true
    }

    /// Gives the worker an image that its keeper holds.
    fn pass_on_kept(&mut self, slot: u32, number: u32, shape: KeptShape) {
        let ending = self
            .seat
            .process()
            .is_none_or(|process| process.phase.is_ending());
        let file_name = self.file_name(number);
        let Some(served) = self.images.get_mut(number).filter(|_| !ending) else {
            return;
        };
        served.state = ImageState::Sent;
        if let Some(kept) = &mut served.kept {
            kept.told = Some(shape);
        }
        let image = Arc::clone(&served.image);
        let serial = image.designator.serial;
        served.poisoned = self.shared.poison.contains(serial);
        let poisoned = served.poisoned;
        let meter = self.meter.image_given(number, image.to_string());
        if let Some(record) = self.shared.reservations.record(serial, &self.label) {
            let image = number;
            self.tell(ToWorker::Reservations { image, record });
        }
        self.tell(ToWorker::AddKept(AddKept {
            image: number,
            slot: meter,
            keeper: slot,
            target: image.target.clone(),
            file_name,
            serial,
            naa: image.designator.naa,
            block_size: image.block_size,
            read_only: image.read_only,
            poisoned,
            shape,
        }));
    }

    /// The worker has given up an image that a keeper holds: what it says is not enough, so nobody
    /// has access to it any more before it counts as gone.
    pub(super) fn give_up_kept(&mut self, number: u32) {
        let Some(served) = self.images.get_mut(number) else {
            return;
        };
        served.state = ImageState::Probing;
        let name = served.image.to_string();
        if let Some(slot) = served.kept.as_ref().map(|kept| kept.slot) {
            self.retire(slot, &format!("image {name} was taken from its label"));
        }
    }
}

/// Whether an image can look so.
const fn is_sound(shape: KeptShape) -> bool {
    shape.size >> 63 == 0
        && shape.physical_block.is_power_of_two()
        && shape.physical_block <= LARGEST_BLOCK
}
