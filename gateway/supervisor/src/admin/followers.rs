//! Where images are that follow a machine, and what has to be done before they are somewhere else.
//!
//! They *rest* at a level of the gateway's own, which nobody has. When their machine starts they set out
//! for the level of its process, and when its last lease ends they come back. On both ways they are
//! nobody's, and no other machine gets that level: the registry knows that they are out before the first
//! file says so, and that they are back after the last. A gateway that is killed on the way finds them
//! out, and brings them back.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use labelgate_api::ErrorCode;
use labelgate_mac::Label;
use labelgate_registry::{Change, Lease, Snapshot};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::failure::Denied;
use super::image_changes::note;
use super::image_view::find;
use super::leases::text;
use super::operation::{record, recorded, revocation};
use crate::audit::{Event, Record};
use crate::config::{Audience, Image};
use crate::state::{State, Turn};

/// How long a store may take to give one file back the label that it rests at: whoever waits for his turn
/// waits as well, and it is tried again.
const PATIENCE: Duration = Duration::from_secs(20);
/// After images could not be brought back.
const PAUSE: Duration = Duration::from_secs(60);
/// A clock may be set: no sleep is longer than this.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// Who brings images back when nobody has asked for it.
const OWN: &str = "labelgated";

/// Has the images of a machine be at its level, and its lease. If that cannot be done they rest, and
/// the lease is where they do.
pub(super) async fn arrive(
    turn: &Turn,
    asked_by: &str,
    lease: &Lease,
    level: &Label,
) -> Result<Lease, Denied> {
    leave(turn, asked_by, lease).await?;
    let set_out = Change::SetOut {
        vm: lease.vm,
        level: level.clone(),
    };
    // That nobody else has it comes first: what ends then is of somebody who has nothing here.
    turn.check(&set_out)?;
    quiet(turn, level, "a machine is about to start at its level").await?;
    turn.change(set_out).await?;
    let arrived = settle(turn, asked_by, lease, level).await;
    if arrived.is_err()
        && let Err(denied) = leave_at(turn, asked_by, lease.id).await
    {
        tracing::error!(
            "images of machine {} are not back where they rest: {}",
            lease.vm,
            denied.0.message
        );
    }
    arrived
}

async fn settle(
    turn: &Turn,
    asked_by: &str,
    lease: &Lease,
    level: &Label,
) -> Result<Lease, Denied> {
    let why = text(lease);
    relabel(turn, asked_by, (lease.vm, Some(&why)), level).await?;
    let changed = turn
        .change(Change::MoveLease {
            lease: lease.id,
            label: level.clone(),
        })
        .await?;
    if !changed.complete {
        return Err(Denied::not_ended());
    }
    Ok(Lease {
        label: level.clone(),
        ..lease.clone()
    })
}

/// The lease as it is now goes back to where the images rest, and they do.
async fn leave_at(turn: &Turn, asked_by: &str, lease: Uuid) -> Result<(), Denied> {
    let in_force = turn.state().in_force();
    let lease = in_force.snapshot.leases.get(&lease);
    let lease = lease.ok_or_else(|| Denied::not_found("lease", "of this machine"))?;
    leave(turn, asked_by, lease).await
}

/// The machine has ended that ran at the level of this lease, if it did, and its images rest.
async fn leave(turn: &Turn, asked_by: &str, lease: &Lease) -> Result<(), Denied> {
    let in_force = turn.state().in_force();
    let Some(followed) = in_force.snapshot.followed(lease.vm) else {
        return Ok(());
    };
    if lease.label != *followed.rest {
        let back = Change::MoveLease {
            lease: lease.id,
            label: followed.rest.clone(),
        };
        let text = text(lease);
        let about = Record {
            lease: Some(&text),
            ..record(Event::LeaseEnd, asked_by).label(&lease.label)
        };
        let about = about.reason("what ran at its level has ended; the lease stays");
        let changed = turn.change(back).await.map_err(Denied::from);
        let changed = recorded(about, changed).await?;
        revocation(&changed, about).await?;
    }
    bring_back(turn, asked_by, lease.vm).await
}

/// Brings the images of a machine back to where they rest, if they are out and no lease has them. Whoever
/// was served at that level, and what its worker has in memory, is gone before the level can be another's.
pub(super) async fn bring_back(turn: &Turn, asked_by: &str, vm: Uuid) -> Result<(), Denied> {
    let in_force = turn.state().in_force();
    let Some(followed) = in_force.snapshot.followed(vm) else {
        return Ok(());
    };
    let mut leases = in_force.snapshot.leases.values();
    let held = leases.any(|lease| lease.vm == vm && lease.label != *followed.rest);
    if followed.is_at_rest() || held {
        return Ok(());
    }
    quiet(
        turn,
        followed.level,
        "the machine has ended that ran at its level",
    )
    .await?;
    relabel(turn, asked_by, (vm, None), followed.rest).await?;
    turn.change(Change::ComeBack { vm }).await?;
    Ok(())
}

/// Ends the worker of a level, if there is one, and all that is on its way.
async fn quiet(turn: &Turn, level: &Label, why: &str) -> Result<(), Denied> {
    let killed = turn.kill_worker(level, why).await;
    if killed.complete {
        return Ok(());
    }
    let message = format_args!("a worker of the level {level}, or its last I/O, has not ended yet");
    Err(Denied::new(ErrorCode::NotEnded, message)
        .hint("nobody gets that level until it has; look at the store and at labelgated's log"))
}

/// Gives the files of all images that follow a machine a label, each of which is on record.
async fn relabel(
    turn: &Turn,
    asked_by: &str,
    (vm, lease): (Uuid, Option<&str>),
    to: &Label,
) -> Result<(), Denied> {
    let in_force = turn.state().in_force();
    let Some(followed) = in_force.snapshot.followed(vm) else {
        return Ok(());
    };
    let back = followed.rest == to;
    let was = match back {
        true => followed.level.clone(),
        false => followed.rest.clone(),
    };
    let why = format!("it follows machine {vm}");
    for image in images(turn, vm, to)? {
        let text = image.to_string();
        let about = Record {
            image: Some(&text),
            was: Some(&was),
            lease,
            ..record(Event::LabelChange, asked_by).label(to)
        };
        let noted = match back {
            true => note_in_time(turn, &image).await,
            // One that is given up could be done yet, when the image is back.
            false => note(turn, &image).await,
        };
        recorded(about.reason(&why), noted).await?;
    }
    Ok(())
}

/// The images that follow a machine, as they are to be at this label.
fn images(turn: &Turn, vm: Uuid, label: &Label) -> Result<Vec<Arc<Image>>, Denied> {
    let in_force = turn.state().in_force();
    let Some(followed) = in_force.snapshot.followed(vm) else {
        return Ok(Vec::new());
    };
    let images = followed.images().map(|image| {
        let (image, _) = find(&in_force, image.store.as_str(), image.name.as_str())?;
        Ok(Arc::new(Image {
            audience: Audience::Label(label.clone()),
            ..Image::clone(&image)
        }))
    });
    images.collect()
}

async fn note_in_time(turn: &Turn, image: &Arc<Image>) -> Result<(), Denied> {
    let late = || {
        let message = format!("image {image}: its store did not answer in time");
        Err(Denied::new(ErrorCode::TimedOut, message).hint("look at the store"))
    };
    timeout(PATIENCE, note(turn, image))
        .await
        .unwrap_or_else(|_| late())
}

/// The files of a machine's images have the label that they should have had all along.
pub(super) async fn keep(turn: &Turn, lease: &Lease) -> Result<(), Denied> {
    for image in images(turn, lease.vm, &lease.label)? {
        note_in_time(turn, &image).await?;
    }
    Ok(())
}

/// The files of all images that rest have the label that they rest at, whatever this registry is: one
/// that was restored, or is older than the last that a machine's loss of power has left of a file. To be
/// called before any machine starts.
pub(super) async fn look_at_all(turn: &Turn) {
    let in_force = turn.state().in_force();
    let snapshot = &in_force.snapshot;
    for vm in snapshot.all_followed() {
        let rest = snapshot.followed(vm);
        let Some(rest) = rest.filter(labelgate_registry::Followed::is_at_rest) else {
            continue;
        };
        for image in images(turn, vm, rest.rest).unwrap_or_default() {
            if let Err(denied) = note_in_time(turn, &image).await {
                tracing::error!("an image that rests: {}", denied.0.message);
            }
        }
    }
}

/// Brings images back that are out for no machine, for as long as the gateway runs: those of a machine
/// whose lease was over, or had ended when its images could not be brought back, and those that a gateway
/// has left that was killed. `first` is the first turn there is.
pub async fn keep_followers(state: Arc<State>, first: Turn) {
    look_at_all(&first).await;
    drop(first);
    let mut changed = state.watch();
    loop {
        let stragglers = {
            let in_force = changed.borrow_and_update();
            in_force.snapshot.stragglers(Timestamp::now())
        };
        let mut pause = LONGEST_SLEEP;
        let mut all_back = true;
        for vm in stragglers {
            all_back &= fetch(&state, vm).await;
        }
        if !all_back {
            sleep(PAUSE).await;
            pause = Duration::ZERO;
        }
        tokio::select! {
            () = sleep(pause) => {}
            changed = changed.changed() => if changed.is_err() { return },
        }
    }
}

/// Brings the images of one machine back, if they are out still when it is our turn.
async fn fetch(state: &Arc<State>, vm: Uuid) -> bool {
    let turn = state.turn().await;
    if !is_straggler(&turn.state().in_force().snapshot, vm) {
        return true;
    }
    match bring_back(&turn, OWN, vm).await {
        Ok(()) => true,
        Err(denied) => {
            tracing::error!(
                "images of machine {vm}, which has ended, are nobody's, and not back where they rest; nor does \
                 any machine get the level that it had: {}",
                denied.0.message
            );
            false
        }
    }
}

fn is_straggler(snapshot: &Snapshot, vm: Uuid) -> bool {
    snapshot.stragglers(Timestamp::now()).contains(&vm)
}
