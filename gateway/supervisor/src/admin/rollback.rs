//! Rolling an image back to a snapshot.
//!
//! That takes as long as the image has objects. So nobody's turn waits for it: in one turn the image is
//! taken from its worker, then it is rolled back, and in another turn it is given back. Meanwhile it has a
//! mark of poison: a gateway that dies before the end must not be followed by one that serves what is
//! half of each. The mark goes with the end, unless there is another reason for it: writes that were lost
//! before, or while the image was taken away; whether it is sound is not known by having been rolled back.

use std::sync::Arc;

use axum::Json;
use labelgate_api::{ErrorCode, Revocation, RollBack, SnapshotPath};
use labelgate_control::Serial;
use tokio::task::spawn_blocking;

use super::asked::{AskedBy, InBody, InPath};
use super::backends::refused;
use super::failure::{Answer, Denied};
use super::image_view::find;
use super::operation::{Office, record, recorded, revocation};
use super::snapshots::{InPoolImage, check_idle};
use crate::audit::{Event, Record};
use crate::config::Image;
use crate::kept::KeysmithError;
use crate::poison::PoisonMarks;
use crate::state::Turn;

pub(super) async fn roll_back(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(path): InPath<SnapshotPath>,
    InBody(asked): InBody<RollBack>,
) -> Answer<Revocation> {
    // To its end, even if the client does not wait.
    let done = tokio::spawn(async move {
        let rolling = Rolling {
            office,
            asked_by,
            path,
        };
        rolling.run(asked.force).await
    });
    let done = done.await;
    done.unwrap_or_else(|error| Err(Denied::new(ErrorCode::Internal, error)))
        .map(Json)
}

struct Rolling {
    office: Office,
    asked_by: String,
    path: SnapshotPath,
}

/// An image that nobody has any more.
struct Taken {
    image: Arc<Image>,
    revoked: Revocation,
}

impl Rolling {
    async fn run(self, force: bool) -> Result<Revocation, Denied> {
        let snapshot = self.path.snapshot.to_string();
        let taken = self.take(force).await?;
        let image = &taken.image;
        let rolled = match InPoolImage::of(&self.office.state, image) {
            Ok(pool) => roll(&pool, image, &snapshot).await,
            Err(denied) => Err((denied, Change::None)),
        };
        self.give_back(taken, rolled).await
    }

    /// Takes the image from whoever has it.
    async fn take(&self, force: bool) -> Result<Taken, Denied> {
        let (asked_by, path) = (self.asked_by.clone(), self.path.clone());
        self.office
            .operate(async move |turn| {
                let in_force = turn.state().in_force();
                let (image, _) = find(&in_force, path.store.as_str(), path.image.as_str())?;
                let (name, reason) = (image.to_string(), format!("snapshot {}", path.snapshot));
                let about = Record {
                    image: Some(&name),
                    label: image.audience.label(),
                    ..record(Event::ImageRollback, &asked_by)
                };
                match take_from_all(&turn, &image, path.snapshot.as_str(), force, about).await {
                    Ok(taken) => Ok(taken),
                    Err(denied) => recorded(about.reason(&reason), Err(denied)).await,
                }
            })
            .await
    }

    async fn give_back(
        self,
        taken: Taken,
        rolled: Result<(), (Denied, Change)>,
    ) -> Result<Revocation, Denied> {
        // Not as one of the operations, of which there can be too many: nobody would have the image then.
        let turn = self.office.state.turn().await;
        let Taken { image, revoked } = taken;
        let snapshot = self.path.snapshot.as_str();
        let marked = match rolled {
            // An admin who has deleted the mark meanwhile did not know of this.
            Err((_, Change::Some)) => mark_for_good(&turn, &image, snapshot).await,
            _ => unmark(&turn, &image).await,
        };
        let shared = turn.state().shared();
        shared.withheld.release(image.designator.serial);
        turn.look_again().await;
        let (name, reason) = (image.to_string(), format!("snapshot {snapshot}"));
        let about = Record {
            image: Some(&name),
            label: image.audience.label(),
            ..record(Event::ImageRollback, &self.asked_by)
        };
        let rolled = rolled.map_err(|(denied, _)| denied).and(marked);
        recorded(about.reason(&reason), rolled).await?;
        Ok(revoked)
    }
}

/// Whether some of an image may have been changed.
enum Change {
    None,
    Some,
}

async fn take_from_all(
    turn: &Turn,
    image: &Arc<Image>,
    snapshot: &str,
    force: bool,
    about: Record<'_>,
) -> Result<Taken, Denied> {
    let pool = InPoolImage::of(turn.state(), image)?;
    if image.read_only {
        let message = format!("image {image} is read-only");
        return Err(Denied::new(ErrorCode::Unsupported, message));
    }
    check_idle(turn, image)?;
    pool.check_snapshot(snapshot).await?;
    let sessions = sessions_that_may_be_on(turn, image).await;
    if sessions > 0 && !force {
        let message = format!("{sessions} sessions may be on image {image}");
        return Err(Denied::new(ErrorCode::InUse, message).hint(
            "shut the VMs down first, which would not see what they have cached; or use --force, which ends \
             the sessions",
        ));
    }
    mark(turn, image, snapshot).await?;
    let shared = turn.state().shared();
    shared.withheld.add(image.designator.serial);
    let changed = turn.look_again().await;
    let revoked = match revocation(&changed, about).await {
        Ok(revoked) => revoked,
        Err(denied) => {
            shared.withheld.release(image.designator.serial);
            unmark(turn, image).await?;
            turn.look_again().await;
            return Err(denied);
        }
    };
    Ok(Taken {
        image: Arc::clone(image),
        revoked,
    })
}

/// How many sessions are on an image, with those that do not say which they are on.
async fn sessions_that_may_be_on(turn: &Turn, image: &Image) -> usize {
    let labels = turn.state().labels().describe().await;
    let mine = labels
        .iter()
        .filter(|one| image.audience.label().is_none_or(|own| *own == one.label));
    let mine = mine.flat_map(|one| &one.clients);
    let on_it = |target: &labelgate_control::Text<223>| *target == image.target;
    mine.filter(|client| client.target.as_ref().is_none_or(on_it))
        .count()
}

/// Sees to it that no later gateway serves what is half of each.
async fn mark(turn: &Turn, image: &Image, snapshot: &str) -> Result<(), Denied> {
    let marked = write_mark(turn, image, snapshot, PoisonMarks::remember_passing).await;
    if marked.is_err() {
        unmark(turn, image).await?;
    }
    marked
}

/// The same when it is known to be half of each: until an admin says otherwise.
async fn mark_for_good(turn: &Turn, image: &Image, snapshot: &str) -> Result<(), Denied> {
    write_mark(turn, image, snapshot, PoisonMarks::renew).await
}

async fn write_mark(
    turn: &Turn,
    image: &Image,
    snapshot: &str,
    remember: fn(&PoisonMarks, Serial, String),
) -> Result<(), Denied> {
    let marks = Arc::clone(&turn.state().shared().poison);
    let serial = image.designator.serial;
    let text = format!(
        "image: {image}\nwhy:   rolling it back to snapshot {snapshot} has not come to its end\nwhat to do: \
         labelgate image snapshot rollback {image}@{snapshot}, and then labelgate image clear\n"
    );
    let written = spawn_blocking(move || {
        remember(&marks, serial, text);
        marks.write(serial)
    });
    let written = written.await.map_err(|error| error.to_string());
    let written = written.and_then(|written| written.map_err(|error| error.to_string()));
    written.map_err(|error| {
        let message = format!("that image {image} is being rolled back cannot be noted: {error}");
        Denied::new(ErrorCode::Storage, message).hint("look at state_dir")
    })
}

/// Takes that mark away, and no other.
async fn unmark(turn: &Turn, image: &Image) -> Result<(), Denied> {
    let marks = Arc::clone(&turn.state().shared().poison);
    let serial = image.designator.serial;
    let removed = spawn_blocking(move || marks.clear_passing(serial)).await;
    let removed = removed.map_err(|error| Denied::new(ErrorCode::Internal, error))?;
    removed.map_err(|error| Denied::new(ErrorCode::Storage, error))
}

async fn roll(
    pool: &InPoolImage<'_>,
    image: &Image,
    snapshot: &str,
) -> Result<(), (Denied, Change)> {
    // Images never shrink: what the snapshot had less of reads as zeros.
    let there = pool.keysmith.look(pool.place).await;
    let there = there.map_err(|error| (refused(&error), Change::None))?;
    let size = there.max(image.size);
    match pool.keysmith.roll_back(pool.place, snapshot).await {
        Ok(()) => {}
        Err(KeysmithError::Busy(said)) => {
            let message = format!("another client has image {image} open: {said}");
            let hint = "shut down what uses it, or wait until its lock is free";
            let denied = Denied::new(ErrorCode::InUse, message).hint(hint);
            return Err((denied, Change::None));
        }
        Err(error @ KeysmithError::Missing) => return Err((refused(&error), Change::None)),
        Err(error) => return Err(half(image, &error)),
    }
    let Some(size) = size else {
        return Ok(());
    };
    let grown = pool.keysmith.grow(pool.place, size).await;
    grown.map_err(|error| half(image, &error))
}

fn half(image: &Image, error: &KeysmithError) -> (Denied, Change) {
    let denied = refused(error).hint(format_args!(
        "the image may hold some of both, and is poisoned: have it rolled back again, and then \
         \"labelgate image clear {image}\""
    ));
    (denied, Change::Some)
}
