//! Images, looked at.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use labelgate_api::{self as api, BlockSize, ErrorCode, ImagePath, Images, ImagesQuery};
use labelgate_registry::ImageId;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use uuid::Uuid;

use super::answer::{count, same, source};
use super::asked::{InPath, InQuery};
use super::failure::{Answer, Denied};
use super::operation::Office;
use super::snapshots::InPoolImage;
use crate::config::Image;
use crate::image::look;
use crate::state::{InForce, Source};
use crate::worker::Shared;

/// How long a pool is waited for that is asked about one image.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) async fn list(office: Office, InQuery(asked): InQuery<ImagesQuery>) -> Answer<Images> {
    let in_force = office.state.in_force();
    let wanted = |image: &Image| {
        let store = asked.store.as_ref();
        let label = asked.label.as_ref().map(api::Label::get);
        store.is_none_or(|store| image.store.name == store.as_str())
            && (label.is_none() || image.audience.label() == label)
    };
    let all = in_force.all_images().filter(|(image, _)| wanted(image));
    let mut all: Vec<_> = all
        .map(|(image, source)| (Arc::clone(image), source, followed_by(&in_force, image)))
        .collect();
    all.sort_by(|(a, ..), (b, ..)| (&a.store.name, &a.name).cmp(&(&b.store.name, &b.name)));
    let shared = Arc::clone(office.state.shared());
    // Each file is asked; a store that hangs must hold nobody but who asks.
    let described = spawn_blocking(move || {
        let described = all
            .iter()
            .map(|(image, source, follows)| describe(image, *source, *follows, &shared));
        described.collect::<Result<_, _>>()
    });
    let images = described
        .await
        .map_err(|error| Denied::new(ErrorCode::Internal, error))??;
    Ok(Json(Images { images }))
}

pub(super) async fn show(office: Office, InPath(path): InPath<ImagePath>) -> Answer<api::Image> {
    let (store, name) = (path.store.as_str(), path.image.as_str());
    let mut image = view(&office, store, name).await?;
    image.snapshots = snapshots(&office, store, name).await;
    Ok(Json(image))
}

/// How many snapshots an image in a pool has, if that is known soon.
async fn snapshots(office: &Office, store: &str, name: &str) -> Option<u64> {
    let (image, _) = find(&office.state.in_force(), store, name).ok()?;
    let pool = InPoolImage::of(&office.state, &image).ok()?;
    let snapshots = timeout(PATIENCE, pool.snapshots()).await.ok()?.ok()?;
    Some(count(snapshots.len()))
}

/// An image as it is now.
pub(super) async fn view(office: &Office, store: &str, name: &str) -> Result<api::Image, Denied> {
    let in_force = office.state.in_force();
    let (image, source) = find(&in_force, store, name)?;
    let follows = followed_by(&in_force, &image);
    let shared = Arc::clone(office.state.shared());
    let described = spawn_blocking(move || describe(&image, source, follows, &shared));
    described
        .await
        .map_err(|error| Denied::new(ErrorCode::Internal, error))?
}

/// An image that is in force, with where it is declared.
pub(super) fn find(
    in_force: &InForce,
    store: &str,
    name: &str,
) -> Result<(Arc<Image>, Source), Denied> {
    let found = in_force.image(store, name);
    let found = found.map(|(image, source)| (Arc::clone(image), source));
    found.ok_or_else(|| Denied::not_found("image", format_args!("{store}/{name}")))
}

/// The machine that an image follows.
pub(super) fn followed_by(in_force: &InForce, image: &Image) -> Option<Uuid> {
    let id: ImageId = image.to_string().parse().ok()?;
    let record = in_force.snapshot.images.get(&id)?;
    Some(record.follows.as_ref()?.vm)
}

fn describe(
    image: &Image,
    declared: Source,
    follows: Option<Uuid>,
    shared: &Shared,
) -> Result<api::Image, Denied> {
    let extent = look(image).ok();
    let block_size = BlockSize::try_from(image.block_size);
    Ok(api::Image {
        store: same(&image.store.name)?,
        name: same(&image.name)?,
        target: image.target.to_string(),
        label: image.audience.label().cloned().map(Into::into),
        content: image.is_content(),
        follows,
        file: image.file.clone(),
        // A missing file is made of this size when it is first served.
        size: extent.map(|extent| extent.size).or(image.size),
        allocated: extent.map(|extent| extent.allocated),
        block_size: block_size.map_err(|why| Denied::new(ErrorCode::Internal, why))?,
        read_only: image.read_only,
        direct: image.direct,
        serial: image.designator.serial.to_string(),
        naa: format!("{:016x}", u64::from_be_bytes(image.designator.naa)),
        source: source(declared),
        poisoned: shared.poison.contains(image.designator.serial),
        reservations: shared.reservations.description(image.designator.serial),
        snapshots: None,
    })
}
