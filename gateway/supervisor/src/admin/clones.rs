//! Images in pools that are clones of others.

use std::sync::Arc;

use labelgate_api::{CloneImage, CloneSource, CreateImage, ErrorCode, ImageAccess, LabelChoice};
use labelgate_control::{KeptName, KeptRelative, MAX_PARENTS, Text};
use labelgate_registry::{self as registry, Change, InPool};

use super::backends::refused;
use super::failure::Denied;
use super::kept::{keysmith, there_already, whole};
use crate::config::Image;
use crate::kept::{AccessError, Keysmith, KeysmithError, Kinship, place};
use crate::state::Turn;

/// Whether an image may be its label's, as far as it is a clone or has clones.
pub(super) async fn check_relatives(
    turn: &Turn,
    image: &Image,
    keysmith: &Keysmith,
) -> Result<(), Denied> {
    let Some(label) = image.audience.label() else {
        return Ok(());
    };
    let in_force = turn.state().in_force();
    let kinship = Kinship {
        label,
        names: turn.state().shared().keysmiths.names(),
        catalogue: &in_force.images,
    };
    let place = place(image).map_err(|why| Denied::new(ErrorCode::Invalid, why))?;
    let parents = kinship.parents(keysmith, image, place).await;
    parents.map(drop).map_err(|error| denied(image, &error))
}

fn denied(image: &Image, error: &AccessError) -> Denied {
    if let AccessError::Keysmith(error) = error {
        return refused(error);
    }
    let text = format!("image {image}: {error}");
    match text.split_once("; ") {
        Some((what, hint)) => Denied::new(ErrorCode::Unsupported, what).hint(hint),
        None => Denied::new(ErrorCode::Unsupported, text),
    }
}

/// Makes a new image that is a clone. It is there before it is in the registry: one that is only there would
/// be made empty when it is first served, were the gateway killed in between.
pub(super) async fn make(
    turn: &Turn,
    mut new: registry::Image,
    (image, source): (&Arc<Image>, &CloneSource),
) -> Result<(), Denied> {
    let place = place(image).map_err(|why| Denied::new(ErrorCode::Invalid, why))?;
    let of = InPool::parse(&source.image).map_err(|why| Denied::new(ErrorCode::Invalid, why))?;
    let keysmith = match image.store.pool() {
        Some(_) => keysmith(turn, image)?,
        None => {
            let message = format!("image {image} would be in no pool, and only there are clones");
            return Err(Denied::new(ErrorCode::Unsupported, message));
        }
    };
    check_source(turn, image, &keysmith, of).await?;
    let snapshot = source.snapshot.as_str();
    let snapshots = keysmith
        .snapshots(of)
        .await
        .map_err(|e| missing(source, &e))?;
    let size = snapshots.iter().find(|one| one.name.as_str() == snapshot);
    let size = size.ok_or_else(|| missing(source, &KeysmithError::Missing))?;
    new.size = Some(whole(image, size.size)?);
    turn.check(&Change::AddImage(new.clone()))?;
    let there = keysmith.look(place).await.map_err(|e| refused(&e))?;
    if there.is_some() {
        return Err(there_already(image));
    }
    let made = keysmith.clone_image(place, of, snapshot).await;
    made.map_err(|error| refused(&error))?;
    let Err(error) = turn.change(Change::AddImage(new)).await else {
        return Ok(());
    };
    if let Err(error) = keysmith.remove(place).await {
        tracing::warn!(%image, "what was cloned for nothing stays: {error}");
    }
    Err(error.into())
}

/// Whether an image's label may have a clone of what is here.
async fn check_source(
    turn: &Turn,
    image: &Image,
    keysmith: &Keysmith,
    of: InPool<'_>,
) -> Result<(), Denied> {
    let (Some(label), Some(pool)) = (image.audience.label(), image.store.pool()) else {
        return Ok(());
    };
    let in_force = turn.state().in_force();
    let kinship = Kinship {
        label,
        names: turn.state().shared().keysmiths.names(),
        catalogue: &in_force.images,
    };
    let mut all = keysmith.parents(of).await.map_err(|e| refused(&e))?;
    if all.len() >= MAX_PARENTS {
        let message = format!("image {image} would have more than {MAX_PARENTS} images behind it");
        return Err(Denied::new(ErrorCode::Unsupported, message)
            .hint("make one of them an image of its own first (rbd flatten)"));
    }
    let long = |why| Denied::new(ErrorCode::Invalid, why);
    all.push(KeptRelative {
        pool: Text::new(pool.rbd.pool.as_str()).map_err(long)?,
        name: KeptName {
            namespace: Text::new(of.namespace).map_err(long)?,
            image: Text::new(of.image).map_err(long)?,
        },
        id: Text::default(),
    });
    let checked = kinship.check_parents(image, &all);
    checked.map_err(|why| {
        let text = format!("image {image}: {why}");
        let what = text.split_once("; ").map_or(text.as_str(), |(what, _)| what);
        Denied::new(ErrorCode::Unsupported, what).hint(
            "clone within one label, or what is no image of the gateway's; or make a copy that shares nothing \
             (rbd deep cp) and take that in",
        )
    })
}

fn missing(source: &CloneSource, error: &KeysmithError) -> Denied {
    let CloneSource { image, snapshot } = source;
    match error {
        KeysmithError::Missing => {
            let message = format!("there is no snapshot {image}@{snapshot} in the pool");
            Denied::new(ErrorCode::NotFound, message).hint(format_args!(
                "make one: rbd snap create POOL/{image}@{snapshot}"
            ))
        }
        error => refused(error),
    }
}

/// A clone's key reads all of what it is a clone of: it is for the same label.
fn check_label(image: &Image, to: &ImageAccess) -> Result<(), Denied> {
    let own = image.audience.label();
    match to {
        ImageAccess::Label(LabelChoice::Given(to)) if Some(to.get()) == own => Ok(()),
        _ => {
            let label = &image.audience;
            let message = format!("image {image} is {label}'s, and a clone would be another's");
            Err(Denied::new(ErrorCode::Unsupported, message).hint(format_args!(
                "give the clone the label {label}; for another label, make a copy that shares nothing (rbd deep \
                 cp) and take that in with --existing --file"
            )))
        }
    }
}

/// What is to be created, when an image in a pool is to be cloned.
pub(super) fn body(image: &Image, asked: CloneImage) -> Result<CreateImage, Denied> {
    check_label(image, &asked.label)?;
    let Some(snapshot) = asked.snapshot else {
        let message = format!("image {image} is in a pool, where clones are made of snapshots");
        return Err(Denied::new(ErrorCode::Invalid, message).hint(format_args!(
            "make one (labelgate image snapshot create {image}@NAME), and clone {image}@NAME"
        )));
    };
    if asked.store.as_str() != image.store.name {
        let message = format!("image {image} is cloned within its store");
        return Err(Denied::new(ErrorCode::Unsupported, message));
    }
    Ok(CreateImage {
        store: asked.store,
        name: asked.name,
        label: asked.label,
        size: asked.size,
        clone_of: Some(CloneSource {
            image: image.file.display().to_string(),
            snapshot,
        }),
        file: None,
        block_size: image
            .block_size
            .try_into()
            .map_err(|why| Denied::new(ErrorCode::Internal, why))?,
        read_only: asked.read_only,
        direct: asked.direct,
    })
}
