//! The image that a new one is a copy of.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use labelgate_api::{ErrorCode, ImageAccess, LabelChoice};
use labelgate_control::Handed;

use super::failure::Denied;
use super::images::unfit;
use super::operation::Office;
use crate::config::{Audience, Image};
use crate::image::{Opened, lock_within};

/// How long a worker without clients may take to let go.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether an image may be copied for those who are to have the copy: content for anyone, the
/// image of a label only for that label.
pub(super) fn check_label(from: &Image, to: &ImageAccess) -> Result<(), Denied> {
    let Audience::Label(label) = &from.audience else {
        return Ok(());
    };
    match to {
        ImageAccess::Label(LabelChoice::Given(to)) if to.get() == label => Ok(()),
        _ => {
            let message = format!("image {from} is {label}'s, and a copy would be another's");
            Err(
                Denied::new(ErrorCode::Unsupported, message).hint(format_args!(
                    "give the copy the label {label}, and change that afterwards"
                )),
            )
        }
    }
}

/// Opens an image to be copied, or finds it for an importer to open, when nobody is on it. Nobody
/// writes it while what is returned, or what the importer makes of it, is there open.
pub(super) async fn copied(
    office: &Office,
    image: &Arc<Image>,
) -> Result<(Handed, OwnedFd), Denied> {
    if office
        .state
        .shared()
        .poison
        .contains(image.designator.serial)
    {
        let message = format!("image {image} has lost writes");
        return Err(Denied::new(ErrorCode::Unsupported, message)
            .hint("check it and serve it again first: labelgate image clear"));
    }
    if let Audience::Label(label) = &image.audience {
        let label = label.clone();
        office
            .operate(async move |turn| {
                let labels = turn.state().labels().describe().await;
                let mut mine = labels.iter().filter(|other| other.label == label);
                // A worker without clients holds its images until it has been idle for long.
                if mine.any(|other| other.clients.is_empty() && other.worker.is_some()) {
                    turn.kill_worker(&label, "an image of its label is copied")
                        .await;
                }
                Ok(())
            })
            .await?;
    }
    let to_read = Image {
        read_only: true,
        direct: false,
        ..Image::clone(image)
    };
    let manner = office.state.shared().manner(&to_read);
    let manner = manner.map_err(|error| unfit(image, &error.into()))?;
    let opened = lock_within(Arc::new(to_read), Arc::new(manner), PATIENCE).await;
    let Opened { file, handed, .. } = opened.map_err(|error| match error.is_held() {
        true => Denied::new(ErrorCode::InUse, format_args!("image {image} is in use"))
            .hint("shut the VM down first: what it writes meanwhile would be in half of the copy"),
        false => unfit(image, &error),
    })?;
    Ok((handed, file))
}
