//! Images change.

use std::sync::Arc;

use axum::Json;
use labelgate_api::{
    self as api, ClearImage, ErrorCode, ImageAccess, ImagePath, LabelChoice, LabelImage,
    RelabelledImage, ResizeImage, ResizedImage, Revocation,
};
use labelgate_mac::Label;
use labelgate_registry::Change;
use tokio::task::spawn_blocking;

use super::answer::same;
use super::asked::{AskedBy, InBody, InPath};
use super::clones;
use super::failure::{Answer, Denied};
use super::image_view::{find, followed_by, view};
use super::images::{own_label, unfit, with_file, with_manner};
use super::kept;
use super::levels::{choose, let_go};
use super::operation::{Office, record, recorded, revocation};
use super::snapshots::check_idle;
use crate::audit::{Event, Record};
use crate::config::Image;
use crate::image;
use crate::state::{InForce, Source, Turn};

pub(super) async fn relabel(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(path): InPath<ImagePath>,
    InBody(asked): InBody<LabelImage>,
) -> Answer<RelabelledImage> {
    let own = office.clone();
    office
        .operate(async move |turn| {
            let (store, name) = (path.store.as_str(), path.image.as_str());
            let (image, source) = find(&turn.state().in_force(), store, name)?;
            let was = own_label(&image)?;
            let followed = followed_by(&turn.state().in_force(), &image);
            let on_file = turn.state().shared().provider.selinux().is_some() && !image.is_kept();
            if on_file && is_given(&asked.label, was) {
                put_back(&turn, &image, &asked_by).await?;
                return Ok(Json(RelabelledImage {
                    revocation: Revocation::default(),
                    image: view(&own, store, name).await?,
                }));
            }
            if source == Source::File {
                return Err(Denied::declared(format_args!("image {image}")));
            }
            let ImageAccess::Label(choice) = asked.label else {
                let message = "an image with a label of its own does not become content";
                return Err(Denied::new(ErrorCode::Unsupported, message)
                    .hint("import its bytes anew, with --label content"));
            };
            let text = image.to_string();
            let chosen = choose(&turn, &asked_by, choice, &format!("image {text}")).await?;
            let change = Change::RelabelImage {
                image: same(&text)?,
                label: chosen.label.clone(),
            };
            let label = chosen.label.clone();
            let about = Record {
                image: Some(&text),
                was: Some(was),
                ..record(Event::LabelChange, &asked_by).label(&label)
            };
            let relabelled = move_to(&turn, change, store, name).await;
            let changed = recorded(about, relabelled).await;
            let changed = chosen.keep_if(&turn, changed).await?;
            if followed.is_some() {
                // Where it has rested is for others that follow the machine, if there are any.
                let _ = let_go(&turn, was).await;
            }
            Ok(Json(RelabelledImage {
                revocation: revocation(&changed, about).await?,
                image: view(&own, store, name).await?,
            }))
        })
        .await
}

/// Whether it is this label that was asked for.
fn is_given(asked: &ImageAccess, label: &Label) -> bool {
    matches!(asked, ImageAccess::Label(LabelChoice::Given(to)) if to.get() == label)
}

/// Gives an image's file the label that the image has, and which its file has lost: to restorecon,
/// or in a copy.
async fn put_back(turn: &Turn, image: &Arc<Image>, asked_by: &str) -> Result<(), Denied> {
    let text = image.to_string();
    let label = own_label(image)?;
    let about = Record {
        image: Some(&text),
        was: Some(label),
        ..record(Event::LabelChange, asked_by).label(label)
    };
    let noted = with_manner(turn, image, image::note_label).await;
    let noted = noted.map_err(|error| unfit(image, &error));
    recorded(about.reason("its file has it again"), noted).await?;
    // Workers that were refused it try again.
    turn.look_again().await;
    Ok(())
}

/// Gives an image its new label. The file's own label is changed first: while the two differ nobody
/// is served, and the kernel refuses whoever still has it open. If that cannot be done, nothing is.
pub(super) async fn move_to(
    turn: &Turn,
    change: Change,
    store: &str,
    name: &str,
) -> Result<crate::state::Changed, Denied> {
    let next = turn.check(&change)?;
    let (image, _) = find(&next, store, name)?;
    note(turn, &image).await?;
    Ok(turn.change(change).await?)
}

/// Gives the file of an image the label that the image is about to have; of one that a keeper holds, sees
/// whether it may have that.
pub(super) async fn note(turn: &Turn, image: &Arc<Image>) -> Result<(), Denied> {
    if image.is_kept() {
        kept::check_relabelling(image)?;
        kept::check_namespace(turn.state().shared().keysmiths.names(), image)?;
        check_idle(turn, image)?;
        if image.store.pool().is_some() {
            let keysmith = kept::keysmith(turn, image)?;
            clones::check_relatives(turn, image, &keysmith).await?;
        }
        return Ok(());
    }
    match with_manner(turn, image, image::note_label).await {
        // A file that is not there yet says nothing.
        Ok(()) | Err(image::OpenError::Missing) => Ok(()),
        Err(error) => Err(unfit(image, &error)),
    }
}

pub(super) async fn resize(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(path): InPath<ImagePath>,
    InBody(ResizeImage { size }): InBody<ResizeImage>,
) -> Answer<ResizedImage> {
    let own = office.clone();
    office
        .operate(async move |turn| {
            let (store, name) = (path.store.as_str(), path.image.as_str());
            let image = registered(&turn.state().in_force(), store, name)?;
            let text = image.to_string();
            let reason = format!("{size} bytes");
            let about = Record {
                image: Some(&text),
                label: image.audience.label(),
                ..record(Event::ImageResize, &asked_by)
            };
            let grown = grow(&turn, &image, size, store, name).await;
            recorded(about.reason(&reason), grown).await?;
            let image = view(&own, store, name).await?;
            Ok(Json(ResizedImage { image }))
        })
        .await
}

async fn grow(
    turn: &Turn,
    image: &std::sync::Arc<Image>,
    size: u64,
    store: &str,
    name: &str,
) -> Result<(), Denied> {
    own_label(image)?;
    if image.read_only {
        let message = format!("image {image} is read-only");
        return Err(Denied::new(ErrorCode::Unsupported, message));
    }
    if image.is_kept() {
        return kept::grow(turn, image, size).await;
    }
    let there = with_file(image, image::look).await;
    if let Ok(there) = there
        && size < there.size
    {
        let message = format!(
            "image {image} has {} bytes, and images never shrink",
            there.size
        );
        return Err(Denied::new(ErrorCode::Invalid, message)
            .hint("make a smaller image, and copy what is needed into it"));
    }
    let change = Change::ResizeImage {
        image: same(&image.to_string())?,
        size,
    };
    let next = turn.check(&change)?;
    let (larger, _) = find(&next, store, name)?;
    if there.is_ok() {
        let grown = with_manner(turn, &larger, image::enlarge).await;
        grown.map_err(|error| unfit(image, &error))?;
    }
    turn.change(change).await?;
    Ok(())
}

pub(super) async fn clear(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(path): InPath<ImagePath>,
    InBody(asked): InBody<ClearImage>,
) -> Answer<api::Image> {
    let own = office.clone();
    office
        .operate(async move |turn| {
            let (store, name) = (path.store.as_str(), path.image.as_str());
            let in_force = turn.state().in_force();
            let (image, _) = find(&in_force, store, name)?;
            let text = image.to_string();
            let about = Record {
                image: Some(&text),
                label: image.audience.label(),
                ..record(Event::ImageCleared, &asked_by)
            };
            let cleared = match asked.image_was_checked {
                true => unmark(&turn, &image).await,
                false => Err(unchecked(&image)),
            };
            let checked = "the admin says that the image was checked";
            recorded(about.reason(checked), cleared).await?;
            view(&own, store, name).await.map(Json)
        })
        .await
}

fn unchecked(image: &Image) -> Denied {
    let message = format!("nothing was said about whether image {image} was checked");
    let uncache = match image.is_kept() {
        true => String::new(),
        false => format!(
            " drop what the kernel has cached of it (dd if={} iflag=nocache count=0);",
            image.store.place_of(&image.file)
        ),
    };
    Denied::new(ErrorCode::Invalid, message).hint(format_args!(
        "make its store sound;{uncache} check or restore the image; then say so"
    ))
}

async fn unmark(turn: &Turn, image: &Image) -> Result<(), Denied> {
    // Its mark is what keeps the half of it from being served.
    check_idle(turn, image)?;
    let marks = std::sync::Arc::clone(&turn.state().shared().poison);
    let serial = image.designator.serial;
    if !marks.contains(serial) {
        let message = format!("image {image} is not poisoned");
        return Err(Denied::new(ErrorCode::Invalid, message));
    }
    let removed = spawn_blocking(move || marks.clear(serial)).await;
    let removed = removed.map_err(|error| Denied::new(ErrorCode::Internal, error))?;
    removed.map_err(|error| Denied::new(ErrorCode::Storage, error))?;
    let changed = turn.look_again().await;
    if changed.complete {
        Ok(())
    } else {
        Err(Denied::not_ended())
    }
}

/// An image that is in the registry.
pub(super) fn registered(
    in_force: &InForce,
    store: &str,
    name: &str,
) -> Result<std::sync::Arc<Image>, Denied> {
    match find(in_force, store, name)? {
        (image, Source::Registry) => Ok(image),
        (image, Source::File) => Err(Denied::declared(format_args!("image {image}"))),
    }
}
