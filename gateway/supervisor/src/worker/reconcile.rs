//! Bringing a label's worker in line with the configuration, and its images to it.
//!
//! What is taken away is not believed to be gone because the worker says so. A connection's
//! socket is shut down here. An image is gone when its lock is free, which is when the last
//! descriptor and the last I/O on it are. A worker that does not let go in time is killed, which
//! costs the connections of its label and of no other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use labelgate_control::{AddImage, Handed, MAX_KEEPERS, Text, ToKeeper, ToWorker};
use tokio::time::{sleep, timeout};

use super::file_name::file_name;
use super::images::{Difference, ImageState, LOCK_PATIENCE, Served, describe};
use super::kept_images::Kept;
use super::service::{Looked, Seat, Service, Shared};
use crate::audit::{Decision, Event, Record};
use crate::config::Image;
use crate::image::{LockFailure, OpenError, Opened, lock_within};

/// How soon an image is tried again whose lock somebody held when the worker wanted it.
const HELD_PAUSE: Duration = Duration::from_millis(50);
/// How long a worker may take to give up what was taken from it.
const LEAVE_PATIENCE: Duration = Duration::from_secs(1);
/// How long an image's lock may take to be free after its worker gave it up.
const PROBE_PATIENCE: Duration = Duration::from_millis(500);
/// An image that was refused is tried again for a new connection after this long.
const RETRY: Duration = Duration::from_secs(5);

impl Service {
    /// Opens every image of the label, for a worker that has just been started.
    pub(super) fn open_all(&mut self) {
        for image in self.wanted() {
            self.open(image);
        }
    }

    pub(super) fn wanted(&self) -> Vec<Arc<Image>> {
        let images = self.shared.images.borrow();
        let label = self.shared.assignment.images_of(&self.label);
        let all = images.of(&label);
        let served = all.filter(|image| !self.shared.withheld.contains(image.designator.serial));
        served.map(Arc::clone).collect()
    }

    /// Opens an image, which may take as long as a predecessor holds it.
    fn open(&mut self, image: Arc<Image>) {
        self.open_after(Duration::ZERO, image);
    }

    fn open_after(&mut self, pause: Duration, image: Arc<Image>) -> u32 {
        let number = self.images.add(Arc::clone(&image));
        if image.is_kept() {
            self.open_kept(number, &image);
            return number;
        }
        let settled = self.shared.settling.of(image.designator.serial);
        let manner = self.shared.manner(&image);
        self.looking.spawn(async move {
            sleep(pause).await;
            settled.await;
            let opened = match manner {
                Ok(manner) => lock_within(image, Arc::new(manner), LOCK_PATIENCE).await,
                Err(error) => Err(error.into()),
            };
            Looked::Opened(number, opened)
        });
        number
    }

    /// An image that a keeper is to hold gets its anchor when its slot's turn comes.
    fn open_kept(&mut self, number: u32, image: &Image) {
        let slot = self.slots.of(&image.store);
        if let Some(served) = self.images.get_mut(number) {
            served.kept = slot.map(Kept::new);
        }
        if slot.is_some() {
            return;
        }
        let most = usize::try_from(MAX_KEEPERS).unwrap_or_default();
        if self.slots.all.len() >= most {
            let why = format!("its label has images of more than {most} stores with keepers");
            return self.refuse_kept(number, &why);
        }
        self.dismiss("it gets an image of a store that it was not told of at its start");
    }

    /// The worker has found the image's lock held by somebody, whom the kernel's table did not show
    /// a moment ago. It gets the image again, but not for ever.
    pub(super) fn reopen_held(&mut self, number: u32) -> bool {
        let Some(served) = self.images.get_mut(number) else {
            return false;
        };
        let until = served.held_until;
        if until <= Instant::now() {
            let holder = "another process".to_owned();
            let held = OpenError::Lock(LockFailure::Held { holder });
            self.refuse_image(number, &held);
            return true;
        }
        let image = Arc::clone(&served.image);
        self.images.remove(number);
        self.meter.image_taken(number);
        let again = self.open_after(HELD_PAUSE, image);
        if let Some(served) = self.images.get_mut(again) {
            served.held_until = until;
        }
        true
    }

    /// No worker has the image any more: finds out whether all its writes are on its store. Nobody
    /// has it before that is known.
    pub(super) fn settle_writes(&self, served: Served) {
        let Shared {
            settling, poison, ..
        } = &*self.shared;
        if let Some(witness) = served.witness
            && !served.poisoned
        {
            settling.begin(served.image, witness, Arc::clone(poison));
        }
    }

    /// Asks the lock whether the worker has really given an image up.
    pub(super) fn probe(&mut self, number: u32) {
        let Some(served) = self.images.get_mut(number) else {
            return;
        };
        let (image, anchor) = (Arc::clone(&served.image), served.anchor.clone());
        self.looking.spawn(async move {
            let Some(anchor) = anchor else {
                return Looked::Probed(number, Ok(()));
            };
            let ask = async {
                loop {
                    let (anchor, image) = (Arc::clone(&anchor), Arc::clone(&image));
                    let free = tokio::task::spawn_blocking(move || anchor.is_free(&image)).await;
                    match free {
                        Ok(Err(error)) if error.is_held() => sleep(Duration::from_millis(10)).await,
                        Ok(free) => return free,
                        Err(panic) => return Err(OpenError::Store(std::io::Error::other(panic))),
                    }
                }
            };
            let held = || {
                Err(OpenError::Store(std::io::Error::from(
                    std::io::ErrorKind::TimedOut,
                )))
            };
            Looked::Probed(
                number,
                timeout(PROBE_PATIENCE, ask)
                    .await
                    .unwrap_or_else(|_| held()),
            )
        });
    }

    /// An image has been opened, or has been found free, or not.
    pub(super) fn looked(&mut self, looked: Looked) {
        match looked {
            Looked::Opened(number, Ok(opened)) => self.pass_on(number, opened),
            Looked::Opened(number, Err(error)) => self.refuse_image(number, &error),
            Looked::Probed(number, Ok(())) => {
                self.meter.image_taken(number);
                if let Some(served) = self.images.remove(number) {
                    let name = served.image.to_string();
                    let record = Record {
                        image: Some(&name),
                        ..Record::new(Event::ImageRemoved, Decision::Note)
                    };
                    record.label(&self.label).write();
                    let serial = served.image.designator.serial;
                    self.shared.reservations.worker_ended(serial);
                    self.settle_writes(served);
                }
            }
            Looked::Probed(_, Err(_)) => self.kill("it kept an image that was taken from it"),
        }
    }

    /// Gives the worker an image that has been opened for it.
    fn pass_on(&mut self, number: u32, opened: Opened) {
        let ending = self
            .seat
            .process()
            .is_none_or(|process| process.phase.is_ending());
        let store = self
            .images
            .get_mut(number)
            .map(|served| &served.image.store);
        let directory = store.and_then(|store| store.directory());
        let reached = directory.is_none_or(|path| self.told.contains(path));
        if opened.handed == Handed::Path && !reached && !ending {
            return self
                .dismiss("it gets an image of a store that it was not told of at its start");
        }
        let file_name = self.file_name(number);
        // It may have been taken away again meanwhile, or the worker will be gone: then the lock
        // ends here.
        let Some(served) = self.images.get_mut(number).filter(|_| !ending) else {
            return;
        };
        served.state = ImageState::Sent;
        served.policy_loads = self.shared.policy_loads();
        // A file that its worker grows first must be one that it may write to its end.
        let size = opened.anchor.size().max(served.image.size.unwrap_or(0));
        let serial = served.image.designator.serial;
        self.departing.succeeded(serial);
        served.anchor = Some(Arc::new(opened.anchor));
        served.witness = opened.witness;
        served.poisoned = self.shared.poison.contains(serial);
        let slot = self.meter.image_given(number, served.image.to_string());
        let description = AddImage {
            handed: opened.handed,
            file_name,
            ..describe(number, slot, &served.image, served.poisoned)
        };
        let own = !served.image.is_content();
        let reserved = own
            .then(|| self.shared.reservations.record(serial, &self.label))
            .flatten();
        self.let_write(size);
        if let Some(record) = reserved {
            let image = number;
            self.tell(ToWorker::Reservations { image, record });
        }
        self.tell(ToWorker::AddImage(description, opened.file));
    }

    /// What an image is called as a file, unless the worker has another that is called so since
    /// before there was this one; then its serial number has to do, until the next worker.
    pub(super) fn file_name(&mut self, number: u32) -> Text<255> {
        let Some(served) = self.images.get_mut(number) else {
            return Text::default();
        };
        let image = Arc::clone(&served.image);
        let wanted = self.wanted();
        let trees = self.wanted_trees();
        let trees = trees.iter().map(|store| store.name.as_str());
        let name = file_name(&image, wanted.iter().map(Arc::as_ref), trees);
        let has = |other: &Served| other.file_name == name && !other.is_leaving();
        let taken = self.images.iter().any(has);
        let name = match taken {
            true => Text::clean(&image.designator.serial.to_string()),
            false => name,
        };
        if let Some(served) = self.images.get_mut(number) {
            served.file_name = name.clone();
        }
        name
    }

    fn let_write(&mut self, bytes: u64) {
        if let Some(process) = self.seat.process() {
            process.let_write(bytes);
        }
    }

    fn refuse_image(&mut self, number: u32, error: &OpenError) {
        let Some(served) = self.images.get_mut(number) else {
            return;
        };
        served.state = ImageState::Refused { at: Instant::now() };
        let (name, reason) = (served.image.to_string(), error.to_string());
        let record = Record {
            image: Some(&name),
            ..Record::new(Event::Image, Decision::Deny)
        };
        record.label(&self.label).reason(&reason).write();
    }

    /// Tries images again that were refused some time ago.
    pub(super) fn retry_refused_images(&mut self, now: Instant) {
        let before = now.checked_sub(RETRY);
        let refused = before.map(|before| self.images.refused_before(before));
        for number in refused.unwrap_or_default() {
            self.reopen(number);
        }
    }

    /// Opens a refused image again, as a new one.
    fn reopen(&mut self, number: u32) {
        let Some(served) = self.images.get_mut(number) else {
            return;
        };
        let image = Arc::clone(&served.image);
        // Its keeper has it, and its worker has refused it.
        if served.kept.as_ref().is_some_and(|kept| kept.given) {
            self.give_up_kept(number);
        } else {
            self.images.remove(number);
            self.meter.image_taken(number);
        }
        self.open(image);
    }

    /// Takes away what is no longer allowed, adds what is new, and has the rest looked at again.
    pub(super) fn reconcile(&mut self, now: Instant) {
        let Seat::Taken(process) = &self.seat else {
            return;
        };
        let ending = process.phase.is_ending();
        if self.serves_lost_tree() {
            return self.dismiss("a tree that it served was taken away");
        }
        let until = now + LEAVE_PATIENCE;
        let identities = Arc::clone(&self.shared.identities.borrow());
        let cut = self.connections.cut_strangers(&identities, until);
        self.revoking.note_sessions(cut.len());
        let marks = &self.shared.poison;
        let poisoned = |image: &Image| marks.contains(image.designator.serial);
        let Difference { gone, fresh, kept } = self.images.difference(&self.wanted(), poisoned);
        // What is only given anew, to be served in another way, is not lost to anyone.
        let comes_back = |target: &Text<223>| fresh.iter().any(|image| image.target == *target);
        let mut lost = self.images.targets_of(&gone);
        lost.retain(|target| !comes_back(target));
        let takes = !cut.is_empty() || !lost.is_empty();
        if takes && !self.connections.one_stays(&lost) {
            return self.dismiss("what it served was taken away, and nobody else is connected");
        }
        for connection in cut {
            self.tell(ToWorker::CloseConnection { connection });
        }
        for number in gone {
            self.take_away(number, until);
        }
        // One that is about to end needs nothing more; its successor gets all of it.
        if ending {
            return;
        }
        for image in fresh {
            self.open(image);
        }
        for (number, image) in kept {
            self.refresh(number, image);
        }
    }

    fn take_away(&mut self, number: u32, until: Instant) {
        let Some(served) = self.images.get_mut(number) else {
            return;
        };
        let target = &served.image.target;
        match served.state {
            ImageState::Sent | ImageState::Open(_) => {
                served.state = ImageState::Leaving { until };
                let sessions = self.connections.count_on(target);
                self.revoking.note_sessions(sessions);
                self.tell(ToWorker::RemoveImage { image: number });
            }
            // The worker had it, and says that it could not serve it.
            ImageState::Refused { .. } if served.anchor.is_some() => {
                served.state = ImageState::Probing;
                self.probe(number);
            }
            ImageState::Opening | ImageState::Refused { .. }
                if served.kept.as_ref().is_some_and(Kept::may_be_open) =>
            {
                self.give_up_kept(number);
            }
            ImageState::Opening | ImageState::Refused { .. } => {
                self.images.remove(number);
            }
            ImageState::Leaving { .. } | ImageState::Probing => {}
        }
    }

    /// Has a keeper look at an image's size again, which is to be no less than this.
    fn refresh_kept(&mut self, number: u32, kept: Kept, size: Option<u64>) {
        let refused = |served: &Served| matches!(served.state, ImageState::Refused { .. });
        if self
            .images
            .get_mut(number)
            .is_some_and(|served| refused(served))
        {
            self.reopen(number);
        } else if kept.given && size.is_some() {
            let image = number;
            self.tell_keeper(kept.slot, ToKeeper::RefreshImage { image, size });
        }
    }

    fn refresh(&mut self, number: u32, image: Arc<Image>) {
        let Some(served) = self.images.get_mut(number) else {
            return;
        };
        let size = image.size;
        let grows = size != served.image.size;
        served.image = image;
        if let Some(kept) = served.kept {
            return self.refresh_kept(number, kept, size.filter(|_| grows));
        }
        let present = served.anchor.as_ref().map_or(0, |anchor| anchor.size());
        match served.state {
            ImageState::Open(_) => {
                self.let_write(size.unwrap_or(0).max(present));
                self.tell(ToWorker::RefreshImage {
                    image: number,
                    size,
                });
            }
            ImageState::Refused { .. } => self.reopen(number),
            _ => {}
        }
    }
}
