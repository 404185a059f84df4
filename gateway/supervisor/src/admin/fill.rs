//! New images that are filled: from what a client sends, or from another image.
//!
//! It takes long, so that nobody else waits for it: the label is chosen and everything is checked
//! in one turn, the image is filled in none, and taken into the registry in another.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use labelgate_api::{self as api, CloneImage, ErrorCode, ImagePath, ImportQuery, Progress, Step};
use labelgate_mac::Label;
use labelgate_registry::{self as registry, Change};
use tokio::sync::mpsc;

use super::asked::{AskedBy, InBody, InPath, InQuery};
use super::available::available;
use super::clones;
use super::copied::copied;
use super::failure::Denied;
use super::feed::{BodyStream, Pieces, feed};
use super::image_view::{find, view};
use super::images::{Home, Wanted, access, check_store, create_as, new_image, unfit, with_file};
use super::kept::only_files;
use super::levels::Chosen;
use super::operation::{Office, record, recorded};
use crate::audit::{Event, Record};
use crate::config::Image;
use crate::image;
use crate::import::{
    ImageFormat, ImportBlame, ImportError, ImportJob, ImportProgress, Imported, duplicate, import,
};
use crate::state::Turn;

/// The longest time that filling an image may take.
const TIME: Duration = Duration::from_secs(24 * 3600);
/// How long nothing may move.
const PATIENCE: Duration = Duration::from_secs(60);
/// What an answer of many lines is.
const LINES_OF_JSON: &str = "application/x-ndjson";
/// Lines of progress that wait for the client, at most; further ones are left out.
const LINES: usize = 16;

pub(super) async fn from_body(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(path): InPath<ImagePath>,
    InQuery(asked): InQuery<ImportQuery>,
    body: Body,
) -> Result<Response, Denied> {
    let wanted = Wanted {
        home: Home::Directory,
        store: path.store,
        name: path.image,
        file: None,
        size: None,
        block_size: asked.block_size,
        read_only: asked.read_only,
        direct: asked.direct,
    };
    let format = match asked.format {
        api::ImageFormat::Auto => None,
        api::ImageFormat::Raw => Some(ImageFormat::Raw),
        api::ImageFormat::Qcow2 => Some(ImageFormat::Qcow2),
    };
    let filling = Filling {
        wanted,
        access: asked.label,
        source: Source::Body(body, format),
        max_size: asked.max_size,
        event: Event::ImageImport,
        asked_by,
    };
    begin(office, filling)
}

pub(super) async fn from_image(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(path): InPath<ImagePath>,
    InBody(asked): InBody<CloneImage>,
) -> Result<Response, Denied> {
    let in_force = office.state.in_force();
    let (image, _) = find(&in_force, path.store.as_str(), path.image.as_str())?;
    if image.store.pool().is_some() {
        let created = async {
            let body = clones::body(&image, asked)?;
            create_as(office, Event::ImageClone, asked_by, body).await
        };
        let step = Step::Result(Box::new(created.await?));
        return Ok(([(CONTENT_TYPE, LINES_OF_JSON)], line(&step)).into_response());
    }
    if image.is_kept() {
        return Err(only_files(
            &image,
            "has no bytes on this machine to be copied",
        ));
    }
    if let Some(snapshot) = &asked.snapshot {
        let message = format!("image {image} is a file, and has no snapshot {snapshot}");
        return Err(Denied::new(ErrorCode::Unsupported, message)
            .hint("leave the snapshot out, and shut down what writes it: it is copied as it is"));
    }
    let wanted = Wanted {
        home: Home::Directory,
        store: asked.store,
        name: asked.name,
        file: None,
        size: asked.size,
        block_size: api::BlockSize::try_from(image.block_size)
            .map_err(|why| Denied::new(ErrorCode::Internal, why))?,
        read_only: asked.read_only,
        direct: asked.direct,
    };
    let filling = Filling {
        wanted,
        access: asked.label,
        source: Source::Image(image),
        max_size: None,
        event: Event::ImageClone,
        asked_by,
    };
    begin(office, filling)
}

/// What is to be filled, from what, for whom.
struct Filling {
    wanted: Wanted,
    access: api::ImageAccess,
    source: Source,
    max_size: Option<u64>,
    event: Event,
    asked_by: String,
}

enum Source {
    Body(Body, Option<ImageFormat>),
    Image(Arc<Image>),
}

/// Answers with lines while the image is filled. Who goes away ends it.
fn begin(office: Office, filling: Filling) -> Result<Response, Denied> {
    let busy = || {
        Denied::new(ErrorCode::Busy, "as many images are being filled as may be")
            .hint("wait until one is done")
    };
    let places = Arc::clone(&office.fillings);
    let place = places.try_acquire_owned().map_err(|_| busy())?;
    let (pieces, body) = feed();
    let mut stop = office.stop.clone();
    tokio::spawn(async move {
        let _place = place;
        let step = tokio::select! {
            result = fill(&office, filling, &pieces) => match result {
                Ok(image) => Step::Result(Box::new(image)),
                Err(denied) => Step::Error(denied.0),
            },
            () = super::server::stopped(&mut stop) => Step::Error(api::Failure::new(
                ErrorCode::Unavailable,
                "the gateway stops, and nothing of the image remains",
            )),
        };
        // A client that is gone needs no answer.
        let _ = pieces.send(Ok(line(&step))).await;
    });
    Ok(([(CONTENT_TYPE, LINES_OF_JSON)], body).into_response())
}

fn line(step: &Step) -> Bytes {
    let mut line = serde_json::to_vec(step).unwrap_or_default();
    line.push(b'\n');
    line.into()
}

/// Fills an image, from its label to its place in the registry.
async fn fill(office: &Office, filling: Filling, pieces: &Pieces) -> Result<api::Image, Denied> {
    let Filling {
        wanted,
        access: asked,
        source,
        max_size,
        event,
        asked_by,
    } = filling;
    let name = format!("{}/{}", wanted.store, wanted.name);
    let copied_from = match &source {
        Source::Body(..) => None,
        Source::Image(image) => Some(Arc::clone(image)),
    };
    let plan = plan(office, &wanted, asked, copied_from, &asked_by).await?;
    let Plan { new, image, chosen } = plan;
    let label = chosen.label.clone();
    let mut halts = office.state.shared().serving.halts();
    let done = tokio::select! {
        done = run(office, &image, &label, source, (wanted.size, max_size), pieces) => done,
        () = pieces.closed() => Err(Denied::new(
            ErrorCode::Cancelled,
            "who asked has gone away, and nothing of the image remains",
        )),
        // Nor is an importer left with bytes of somebody's that nothing keeps it to.
        halted = halts.halted() => Err(Denied::new(ErrorCode::Unavailable, halted)),
    };
    let own = office.clone();
    office
        .settle(async move |turn, still| {
            let taken = match (done, still) {
                (Ok(_), Ok(())) => take_in(&turn, new, &image).await,
                (Ok(_), Err(denied)) => Err(leave_out(&image, denied).await),
                (Err(denied), _) => Err(denied),
            };
            let record = Record {
                image: Some(&name),
                ..record(event, &asked_by).label(&label)
            };
            let taken = recorded(record, taken).await;
            chosen.keep_if(&turn, taken).await?;
            if !image.is_content() {
                available(turn.state().labels(), &label, image.target.as_str()).await;
            }
            view(&own, &image.store.name, &image.name).await
        })
        .await
}

/// What an image is going to be.
struct Plan {
    new: registry::Image,
    image: Arc<Image>,
    chosen: Chosen,
}

async fn plan(
    office: &Office,
    wanted: &Wanted,
    asked: api::ImageAccess,
    copied_from: Option<Arc<Image>>,
    asked_by: &str,
) -> Result<Plan, Denied> {
    let (wanted, asked_by) = (wanted.clone(), asked_by.to_owned());
    office
        .operate(async move |turn| {
            let name = format!("{}/{}", wanted.store, wanted.name);
            check_store(&turn, wanted.store.as_str())?;
            if let Some(from) = copied_from {
                super::copied::check_label(&from, &asked)?;
            }
            let (chosen, content) = access(&turn, &asked_by, &asked, &name).await?;
            let checked = async {
                let mut new = new_image(&wanted, &chosen, content)?;
                // The file decides, once it is there.
                new.size = None;
                let next = turn.check(&Change::AddImage(new.clone()))?;
                let (image, _) = find(&next, wanted.store.as_str(), wanted.name.as_str())?;
                if image.is_kept() {
                    return Err(only_files(&image, "is not filled by the gateway"));
                }
                match with_file(&image, image::look).await {
                    Err(image::OpenError::Missing) => Ok((new, image)),
                    Ok(_) => Err(unfit(&image, &image::OpenError::Exists)
                        .hint("choose another name, or remove the file")),
                    Err(error) => Err(unfit(&image, &error)),
                }
            };
            match checked.await {
                Ok((new, image)) => Ok(Plan { new, image, chosen }),
                Err(denied) => chosen.keep_if(&turn, Err(denied)).await,
            }
        })
        .await
}

/// Runs the importer, and says how far it is.
async fn run(
    office: &Office,
    image: &Arc<Image>,
    label: &Label,
    source: Source,
    (size, max_size): (Option<u64>, Option<u64>),
    pieces: &Pieces,
) -> Result<Imported, Denied> {
    let shared = office.state.shared();
    let uid = match &shared.uids {
        Some(uids) => Some(
            uids.of(label)
                .map_err(|e| Denied::new(ErrorCode::Full, e))?,
        ),
        None => None,
    };
    let context = shared.provider.importer(image.audience.label());
    let manner = shared
        .manner(image)
        .map_err(|e| Denied::new(ErrorCode::Full, e))?;
    let source_store = match &source {
        Source::Image(from) => from.store.directory().map(Path::to_owned),
        Source::Body(..) => None,
    };
    let kept = || only_files(image, "is not filled by the gateway");
    let store = image.store.directory().ok_or_else(kept)?;
    let job = ImportJob {
        manner: &manner,
        source_store: source_store.as_deref(),
        program: &shared.importer,
        label: image.audience.label(),
        context: context.as_ref(),
        uid,
        cgroups: shared.cgroups.as_deref(),
        store,
        file: &image.file,
        block_size: image.block_size,
        min_size: size.unwrap_or(0),
        max_size,
        time: TIME,
        patience: PATIENCE,
    };
    let (progress, said) = mpsc::channel(LINES);
    let filled = async {
        let filled = match source {
            Source::Body(body, format) => {
                import(job, format, BodyStream::new(body), progress).await
            }
            Source::Image(from) => {
                let copied = copied(office, &from).await?;
                duplicate(job, copied, progress).await
            }
        };
        filled.map_err(|error| failed(&error))
    };
    let (filled, ()) = tokio::join!(filled, report(said, pieces));
    filled
}

/// Passes on how far an import is, as fast as the client takes it.
async fn report(mut said: mpsc::Receiver<ImportProgress>, pieces: &Pieces) {
    while let Some(ImportProgress { done, total, .. }) = said.recv().await {
        let step = Step::Progress(Progress { done, total });
        if pieces.send(Ok(line(&step))).await.is_err() {
            return;
        }
    }
}

/// Takes a filled image into the registry; if that does not work, its file goes.
async fn take_in(turn: &Turn, new: registry::Image, image: &Arc<Image>) -> Result<(), Denied> {
    match turn.change(Change::AddImage(new)).await {
        Ok(_) => Ok(()),
        Err(error) => Err(leave_out(image, error.into()).await),
    }
}

/// Deletes the file of an image that was filled for nothing.
async fn leave_out(image: &Arc<Image>, why: Denied) -> Denied {
    if let Err(error) = with_file(image, image::delete).await {
        tracing::warn!(%image, "what was imported for nothing stays: {error}");
    }
    why
}

fn failed(error: &ImportError) -> Denied {
    let code = match (error, error.blame()) {
        (ImportError::Stalled { .. } | ImportError::Late { .. }, _) => ErrorCode::TimedOut,
        (_, None) => ErrorCode::Cancelled,
        (_, Some(ImportBlame::Image)) => ErrorCode::BadImage,
        (_, Some(ImportBlame::Space)) => ErrorCode::Full,
        (ImportError::File(_), _) => ErrorCode::Storage,
        (_, Some(ImportBlame::Gateway)) => ErrorCode::Internal,
    };
    let text = error.to_string();
    match text.split_once("; ") {
        Some((what, hint)) => Denied::new(code, what).hint(hint),
        None => Denied::new(code, text),
    }
}
