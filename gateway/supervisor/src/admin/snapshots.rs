//! Snapshots of images in pools.

use std::sync::Arc;

use axum::Json;
use jiff::Timestamp;
use labelgate_api::{
    self as api, CreateSnapshot, Done, ErrorCode, ImagePath, SnapshotPath, Snapshots,
};
use labelgate_control::KeptSnapshot;
use labelgate_registry::InPool;

use super::answer::same;
use super::asked::{AskedBy, InBody, InPath};
use super::backends::refused;
use super::failure::{Answer, Denied};
use super::image_view::find;
use super::operation::{Office, record, recorded};
use crate::audit::{Event, Record};
use crate::config::Image;
use crate::kept::{Keysmith, place};
use crate::state::{State as Everything, Turn};

pub(super) async fn list(office: Office, InPath(path): InPath<ImagePath>) -> Answer<Snapshots> {
    let in_force = office.state.in_force();
    let (image, _) = find(&in_force, path.store.as_str(), path.image.as_str())?;
    let snapshots = InPoolImage::of(&office.state, &image)?.snapshots().await?;
    let snapshots = snapshots.iter().filter_map(|one| describe(one).ok());
    Ok(Json(Snapshots {
        snapshots: snapshots.collect(),
    }))
}

pub(super) async fn create(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(path): InPath<ImagePath>,
    InBody(CreateSnapshot { name }): InBody<CreateSnapshot>,
) -> Answer<api::Snapshot> {
    office
        .operate(async move |turn| {
            let in_force = turn.state().in_force();
            let (image, _) = find(&in_force, path.store.as_str(), path.image.as_str())?;
            let (text, reason) = (image.to_string(), format!("snapshot {name}"));
            let about = Record {
                image: Some(&text),
                label: image.audience.label(),
                ..record(Event::ImageSnapshot, &asked_by)
            };
            let made = make(&turn, &image, name.as_str()).await;
            recorded(about.reason(&reason), made).await.map(Json)
        })
        .await
}

async fn make(turn: &Turn, image: &Image, name: &str) -> Result<api::Snapshot, Denied> {
    let pool = InPoolImage::of(turn.state(), image)?;
    check_idle(turn, image)?;
    if pool.snapshot(name).await?.is_some() {
        let message = format!("image {image} has a snapshot {name} already");
        return Err(Denied::new(ErrorCode::Exists, message).hint(format_args!(
            "take another name, or remove it: labelgate image snapshot rm {image}@{name}"
        )));
    }
    let made = pool.keysmith.snap(pool.place, name).await;
    made.map_err(|error| refused(&error))?;
    let there = pool.snapshot(name).await?;
    describe(&there.ok_or_else(|| Denied::new(ErrorCode::Storage, "the snapshot is gone again"))?)
}

pub(super) async fn remove(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(path): InPath<SnapshotPath>,
) -> Answer<Done> {
    office
        .operate(async move |turn| {
            let in_force = turn.state().in_force();
            let (image, _) = find(&in_force, path.store.as_str(), path.image.as_str())?;
            let name = path.snapshot.as_str();
            let (text, reason) = (image.to_string(), format!("snapshot {name}"));
            let about = Record {
                image: Some(&text),
                label: image.audience.label(),
                ..record(Event::ImageSnapshotDelete, &asked_by)
            };
            let removed = async {
                let pool = InPoolImage::of(turn.state(), &image)?;
                check_idle(&turn, &image)?;
                pool.check_snapshot(name).await?;
                let removed = pool.keysmith.remove_snapshot(pool.place, name).await;
                removed.map_err(|error| refused(&error))
            };
            recorded(about.reason(&reason), removed.await).await?;
            Ok(Json(Done {}))
        })
        .await
}

/// An image in a pool, and who can be asked about it.
pub(super) struct InPoolImage<'a> {
    pub(super) keysmith: Keysmith,
    pub(super) place: InPool<'a>,
    image: &'a Image,
}

impl<'a> InPoolImage<'a> {
    pub(super) fn of(state: &Arc<Everything>, image: &'a Image) -> Result<Self, Denied> {
        let keysmith = state.shared().keysmiths.of(&image.store);
        let Some(keysmith) = keysmith.filter(|_| image.store.pool().is_some()) else {
            let message = format!("image {image} is in no pool, and only these have snapshots");
            return Err(Denied::new(ErrorCode::Unsupported, message)
                .hint("of a file, \"labelgate image clone\" makes a copy"));
        };
        Ok(Self {
            keysmith,
            place: place(image).map_err(|why| Denied::new(ErrorCode::Invalid, why))?,
            image,
        })
    }

    pub(super) async fn snapshots(&self) -> Result<Vec<KeptSnapshot>, Denied> {
        let all = self.keysmith.snapshots(self.place).await;
        all.map_err(|error| refused(&error))
    }

    async fn snapshot(&self, name: &str) -> Result<Option<KeptSnapshot>, Denied> {
        let all = self.snapshots().await?;
        Ok(all.into_iter().find(|one| one.name.as_str() == name))
    }

    /// That there is such a snapshot.
    pub(super) async fn check_snapshot(&self, name: &str) -> Result<(), Denied> {
        let image = self.image;
        match self.snapshot(name).await? {
            Some(_) => Ok(()),
            None => Err(Denied::new(
                ErrorCode::NotFound,
                format_args!("image {image} has no snapshot {name}"),
            )
            .hint(format_args!(
                "\"labelgate image snapshot list {image}\" shows what there is"
            ))),
        }
    }

    /// That it has no snapshots, which would be lost with its data; none that are not listed either.
    pub(super) async fn check_none(&self) -> Result<(), Denied> {
        let there = self.keysmith.describe(self.place).await;
        let count = match there.map_err(|error| refused(&error))? {
            Some(there) if there.snapshots > 0 => there.snapshots,
            _ => return Ok(()),
        };
        let image = self.image;
        let listed = self.snapshots().await?;
        let how = match listed.iter().find_map(|one| describe(one).ok()) {
            Some(first) => format!("labelgate image snapshot rm {image}@{}", first.name),
            None => "rbd snap ls --all, rbd snap rm".to_owned(),
        };
        let message = format!("image {image} has {count} snapshots");
        let hint = format!("remove each of them first: {how}");
        Err(Denied::new(ErrorCode::InUse, message).hint(hint))
    }
}

/// That an image is not being rolled back.
pub(super) fn check_idle(turn: &Turn, image: &Image) -> Result<(), Denied> {
    match turn
        .state()
        .shared()
        .withheld
        .contains(image.designator.serial)
    {
        false => Ok(()),
        true => Err(Denied::new(
            ErrorCode::InUse,
            format_args!("image {image} is being rolled back"),
        )
        .hint("wait until that is done")),
    }
}

fn describe(snapshot: &KeptSnapshot) -> Result<api::Snapshot, Denied> {
    let seconds = i64::try_from(snapshot.created).unwrap_or(i64::MAX);
    Ok(api::Snapshot {
        name: same(snapshot.name.as_str())?,
        size: snapshot.size,
        created: Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX),
    })
}
