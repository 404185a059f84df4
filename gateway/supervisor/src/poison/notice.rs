//! What an admin is told about poisoned images, and what an admin tells by deleting a mark.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use labelgate_control::Serial;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime as Rfc3339};

use super::PoisonMarks;
use crate::audit::{Decision, Event, Record};
use crate::config::Image;

/// Takes an image as poisoned from now on, tells the admin, and writes the mark.
pub async fn poisoned(image: &Image, why: &str, marks: &Arc<PoisonMarks>) {
    let serial = image.designator.serial;
    let path = marks.path(serial);
    marks.remember(serial, text(image, why, &path));
    record(image, Event::ImagePoisoned, Decision::Note, why);
    tracing::error!(
        label = %image.audience, %image,
        "{why}: DATA THAT WAS ACKNOWLEDGED MAY BE LOST. Every read and write of the image answers \
         MEDIUM ERROR, also after restarts, until an admin acts: {}",
        remedy(image, &path)
    );
    let marks = Arc::clone(marks);
    let written = tokio::task::spawn_blocking(move || marks.write(serial)).await;
    let error = match written {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(panic) => panic.to_string(),
    };
    complain_unwritten(&path, &error);
}

/// Says at the start which images are poisoned.
pub fn announce(marks: &PoisonMarks, images: &[Arc<Image>]) {
    for serial in marks.all() {
        let path = marks.path(serial);
        match find(images, serial) {
            Some(image) => still_poisoned(image, &path),
            None => tracing::warn!(
                "{} is the mark of a poisoned image that is not configured",
                path.display()
            ),
        }
    }
}

/// Takes in which marks an admin has deleted, for the images of a new configuration.
pub async fn read_again(marks: &Arc<PoisonMarks>, images: &[Arc<Image>]) {
    let reading = Arc::clone(marks);
    let changes = match tokio::task::spawn_blocking(move || reading.read_again()).await {
        Ok(Ok(changes)) => changes,
        Ok(Err(error)) => {
            return tracing::error!(
                "the marks of poisoned images cannot be read, so those stay poisoned: {error}"
            );
        }
        Err(panic) => return tracing::error!("reading the marks of poisoned images: {panic}"),
    };
    for image in changes.cleared.iter().filter_map(|&s| find(images, s)) {
        let reason = "its mark of poison was deleted";
        record(image, Event::ImageCleared, Decision::Allow, reason);
        tracing::warn!(label = %image.audience, %image, "the image is served again: {reason}");
    }
    for image in changes.found.iter().filter_map(|&s| find(images, s)) {
        let reason = "a mark of poison was made by hand";
        record(image, Event::ImagePoisoned, Decision::Note, reason);
        still_poisoned(image, &marks.path(image.designator.serial));
    }
    for (serial, error) in &changes.unwritten {
        complain_unwritten(&marks.path(*serial), &error.to_string());
    }
}

fn find(images: &[Arc<Image>], serial: Serial) -> Option<&Arc<Image>> {
    images
        .iter()
        .find(|image| image.designator.serial == serial)
}

fn record(image: &Image, event: Event, decision: Decision, reason: &str) {
    let name = image.to_string();
    let record = Record {
        label: image.audience.label(),
        image: Some(&name),
        ..Record::new(event, decision)
    };
    record.reason(reason).write();
}

fn still_poisoned(image: &Image, path: &Path) {
    tracing::error!(
        label = %image.audience, %image,
        "the image is poisoned: every read and write answers MEDIUM ERROR until an admin acts: {}",
        remedy(image, path)
    );
}

fn complain_unwritten(path: &Path, error: &str) {
    tracing::error!(
        "{}: {error}: the image is poisoned for as long as labelgated runs, but A RESTART WOULD \
         FORGET IT. Mend that and reload (SIGHUP): then the mark is written",
        path.display()
    );
}

/// What an admin has to do.
fn remedy(image: &Image, mark: &Path) -> String {
    format!(
        "make its store sound{}, check or restore the image, then delete {} and reload labelgated \
         (SIGHUP)",
        uncache(image),
        mark.display()
    )
}

/// What a keeper holds is not in this kernel's page cache.
fn uncache(image: &Image) -> String {
    match image.is_kept() {
        true => String::new(),
        false => format!(
            ", drop what the kernel has cached of it (dd if={} iflag=nocache count=0)",
            file(image)
        ),
    }
}

fn file(image: &Image) -> String {
    image.store.place_of(&image.file)
}

/// What a mark says.
fn text(image: &Image, why: &str, path: &Path) -> String {
    let mut when = String::new();
    if Rfc3339.format_time(&mut Writer::new(&mut when)).is_err() {
        when = format!("{:?}", SystemTime::now());
    }
    format!(
        "image: {image}\nlabel: {}\nfile:  {}\nwhen:  {when}\nwhy:   {why}; data that was \
         acknowledged may be lost\nwhat to do: {}\n",
        image.audience,
        file(image),
        remedy(image, path)
    )
}
