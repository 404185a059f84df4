//! Images that a backend keeps: made, grown and deleted by the keysmith of their store, if it has one.
//!
//! A volume of Gluster's has none. What there is on it nobody here can see: an image is made, and
//! grown, by its label's keeper, when it is served. What is on an upstream target is made and grown
//! there.

use std::sync::Arc;

use labelgate_api::ErrorCode;
use labelgate_control::Serial;
use labelgate_mac::Label;
use labelgate_registry::{self as registry, Change};

use super::answer::same;
use super::backends::refused;
use super::clones;
use super::failure::Denied;
use super::image_view::find;
use super::images::Beginning;
use super::snapshots::{InPoolImage, check_idle};
use crate::config::Image;
use crate::kept::{Keysmith, KeysmithError, Names, is_of_a_label, place};
use crate::state::Turn;

/// Where a new image of a label is in a pool, unless an admin says otherwise.
pub(super) fn default_place(names: &Names, label: &Label, name: &str) -> String {
    format!("{}/{name}", names.namespace_of(label))
}

/// The same on a volume, where files stay when their images are removed, and nobody looks whether there
/// is one before it is served: under a name that no other image has had.
pub(super) fn default_file(names: &Names, label: &Label, name: &str, serial: Serial) -> String {
    let number = serial.to_string();
    let number = number.get(..16).unwrap_or(&number);
    // Names on a volume have 96 bytes.
    let name: String = name.chars().take(64).collect();
    format!("{}/{name}.{number}", names.namespace_of(label))
}

pub(super) fn keysmith(turn: &Turn, image: &Image) -> Result<Keysmith, Denied> {
    let keysmith = turn.state().shared().keysmiths.of(&image.store);
    keysmith.ok_or_else(|| Denied::new(ErrorCode::Internal, "its store is no pool"))
}

/// A label's namespace has one key: what is in it is that label's alone.
pub(super) fn check_namespace(names: &Names, image: &Image) -> Result<(), Denied> {
    let place = place(image).map_err(|why| Denied::new(ErrorCode::Invalid, why))?;
    let own = image
        .audience
        .label()
        .map(|label| names.namespace_of(label));
    if !is_of_a_label(place.namespace) || own.as_deref() == Some(place.namespace) {
        return Ok(());
    }
    let message = format!(
        "image {image} is in the namespace {}, which is another label's",
        place.namespace
    );
    let hint = if image.store.gluster().is_some() {
        "what is there is all that label's; copy the file to another place on the volume, and take the \
         copy in with --existing --file"
    } else {
        "its keys let that label's keeper at everything in it; copy the image to another namespace or to \
         the pool's own (rbd deep cp), and take the copy in with --existing --file"
    };
    Err(Denied::new(ErrorCode::Unsupported, message).hint(hint))
}

/// Whether an image may be given another label here. A file on a volume has one there, too, which
/// another label's keeper would refuse, and should.
pub(super) fn check_relabelling(image: &Image) -> Result<(), Denied> {
    if image.store.gluster().is_none() {
        return Ok(());
    }
    let place = image.store.place_of(&image.file);
    let message =
        format!("image {image} is the file {place}, which has its label on the volume, too");
    Err(Denied::new(ErrorCode::Unsupported, message).hint(
        "remove the image without --delete-data, copy its file, which then has no label, and take the \
         copy in with --existing --file",
    ))
}

/// Takes a new image in. It is made after it is in the registry: were the gateway killed in
/// between, it would be made when it is first served.
pub(super) async fn make(
    turn: &Turn,
    mut new: registry::Image,
    beginning: Beginning,
) -> Result<(), Denied> {
    let id = new.id();
    let empty = beginning == Beginning::Empty;
    let next = turn.check(&Change::AddImage(new.clone()))?;
    let (image, _) = find(&next, id.store.as_str(), id.name.as_str())?;
    check_namespace(turn.state().shared().keysmiths.names(), &image)?;
    if image.store.upstream().is_some() && empty {
        let message = format!(
            "image {image} is on an upstream target, where logical units are not made by us"
        );
        return Err(Denied::new(ErrorCode::Unsupported, message)
            .hint("make one there, and take it in with --existing --file NUMBER"));
    }
    if image.store.nfs().is_some() && empty {
        let message =
            format!("image {image} is on an upstream server, where files are not made by us");
        return Err(Denied::new(ErrorCode::Unsupported, message).hint(
            "make one there (truncate -s SIZE), and take it in with --existing --file PATH",
        ));
    }
    if let Beginning::Clone(source) = beginning {
        return clones::make(turn, new, (&image, &source)).await;
    }
    if image.store.pool().is_none() {
        turn.change(Change::AddImage(new)).await?;
        return Ok(());
    }
    let place = place(&image).map_err(|why| Denied::new(ErrorCode::Invalid, why))?;
    let keysmith = keysmith(turn, &image)?;
    let there = keysmith.look(place).await.map_err(|e| refused(&e))?;
    match (there, empty) {
        (Some(_), true) => return Err(there_already(&image)),
        (None, false) => return Err(not_there(&image)),
        (Some(size), false) => {
            clones::check_relatives(turn, &image, &keysmith).await?;
            new.size = Some(whole(&image, size)?);
        }
        (None, true) => {}
    }
    let size = new.size.unwrap_or_default();
    turn.change(Change::AddImage(new)).await?;
    if !empty {
        return Ok(());
    }
    match keysmith.create(place, size).await {
        // A worker that was asked for it meanwhile has had it made, of the same size and empty.
        Ok(()) | Err(KeysmithError::Exists) => Ok(()),
        Err(error) => {
            turn.change(Change::RemoveImage(id)).await?;
            Err(refused(&error))
        }
    }
}

/// What is left of an image over whole blocks is not served.
pub(super) fn whole(image: &Image, size: u64) -> Result<u64, Denied> {
    let block = u64::from(image.block_size);
    match size / block * block {
        0 => Err(Denied::new(
            ErrorCode::Unsupported,
            format_args!("image {image} has {size} bytes, which is no block"),
        )),
        whole => Ok(whole),
    }
}

pub(super) fn there_already(image: &Image) -> Denied {
    let place = image.store.place_of(&image.file);
    Denied::new(
        ErrorCode::Exists,
        format_args!("there is an image {place} already"),
    )
    .hint("leave the size out to take it in as it is, or choose another name")
}

fn not_there(image: &Image) -> Denied {
    let place = image.store.place_of(&image.file);
    Denied::new(
        ErrorCode::NotFound,
        format_args!("there is no image {place}"),
    )
    .hint("give a size to have it made, or say where it is with --file NAMESPACE/IMAGE")
}

/// Makes an image larger: by its keeper, if it has one, when the registry says so; otherwise by the
/// keysmith, after that.
pub(super) async fn grow(turn: &Turn, image: &Arc<Image>, size: u64) -> Result<(), Denied> {
    let change = Change::ResizeImage {
        image: same(&image.to_string())?,
        size,
    };
    check_idle(turn, image)?;
    if image.store.upstream().is_some() {
        let place = image.store.place_of(&image.file);
        let message = format!("image {image} is {place}");
        return Err(Denied::new(ErrorCode::Unsupported, message).hint(
            "make the logical unit larger on its target: the gateway and its clients notice by themselves",
        ));
    }
    if image.store.pool().is_none() {
        // Its keeper makes nothing smaller.
        turn.change(change).await?;
        return Ok(());
    }
    let place = place(image).map_err(|why| Denied::new(ErrorCode::Invalid, why))?;
    let keysmith = keysmith(turn, image)?;
    let there = keysmith.look(place).await.map_err(|e| refused(&e))?;
    if let Some(there) = there
        && size < there / u64::from(image.block_size) * u64::from(image.block_size)
    {
        let message = format!("image {image} has {there} bytes, and images never shrink");
        return Err(Denied::new(ErrorCode::Invalid, message)
            .hint("make a smaller image, and copy what is needed into it"));
    }
    turn.check(&change)?;
    if there.is_some_and(|there| there < size) {
        // A keeper that has the image's lock is asked by its own library, and does it.
        keysmith.grow(place, size).await.map_err(|e| refused(&e))?;
    }
    turn.change(change).await?;
    Ok(())
}

/// Whether an image's data can be deleted. To be asked before the image is taken from anybody.
pub(super) async fn check_deletion(turn: &Turn, image: &Image) -> Result<(), Denied> {
    let place = image.store.place_of(&image.file);
    if image.store.upstream().is_some() {
        let message = format!("image {image} is {place}, which the gateway cannot delete");
        return Err(Denied::new(ErrorCode::Unsupported, message).hint(
            "remove the image without --delete-data, and then its logical unit on the target",
        ));
    }
    if image.store.pool().is_some() {
        return InPoolImage::of(turn.state(), image)?.check_none().await;
    }
    if !image.is_kept() {
        return Ok(());
    }
    let message = format!("image {image} is the file {place}, which the gateway cannot delete");
    Err(Denied::new(ErrorCode::Unsupported, message).hint(
        "remove the image without --delete-data, and then its file, on a mount or on its server",
    ))
}

/// Deletes an image that is nobody's any more.
pub(super) async fn delete(turn: &Turn, image: &Image) -> Result<(), Denied> {
    let place = place(image).map_err(|why| Denied::new(ErrorCode::Invalid, why))?;
    let keysmith = keysmith(turn, image)?;
    keysmith.remove(place).await.map_err(|e| refused(&e))
}

/// That something can be done with files only.
pub(super) fn only_files(image: &Image, what: &str) -> Denied {
    let message = format!("image {image} is in no directory: it {what}");
    Denied::new(ErrorCode::Unsupported, message).hint(
        "create it with its size, and write it through the gateway, with qemu-img convert for \
         instance",
    )
}
