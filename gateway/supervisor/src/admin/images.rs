//! Images come and go.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use labelgate_api::{
    self as api, CloneSource, CreateImage, ErrorCode, ImageAccess, ImagePath, LabelChoice,
    RemoveImageQuery, Revocation,
};
use labelgate_registry::{self as registry, BlockSize, Change, fresh_designator};
use tokio::task::spawn_blocking;

use super::answer::same;
use super::asked::{AskedBy, InBody, InPath, InQuery};
use super::available::available;
use super::failure::{Answer, Denied};
use super::image_view::{find, followed_by, view};
use super::kept;
use super::levels::{Chosen, choose, let_go};
use super::operation::{Office, record, recorded, revocation};
use super::snapshots::check_idle;
use crate::audit::{Event, Record};
use crate::config::{Audience, Image, Place, Store};
use crate::image::{self, Manner, OpenError};
use crate::kept::Names;
use crate::state::{Source, Turn};

pub(super) async fn create(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InBody(asked): InBody<CreateImage>,
) -> Answer<api::Image> {
    let created = create_as(office, Event::ImageCreate, asked_by, asked).await;
    created.map(Json)
}

/// Creates an image, and puts that on record as this event.
pub(super) async fn create_as(
    office: Office,
    event: Event,
    asked_by: String,
    asked: CreateImage,
) -> Result<api::Image, Denied> {
    let own = office.clone();
    office
        .operate(async move |turn| {
            let name = format!("{}/{}", asked.store, asked.name);
            let content = matches!(asked.label, ImageAccess::Content);
            let beginning = Beginning::of(&asked, content)?;
            let stores = &turn.state().in_force().stores;
            let store = stores.get(asked.store.as_str());
            let kept = store.is_some_and(|(store, _)| store.is_kept());
            let names = turn.state().shared().keysmiths.names();
            let wanted = Wanted {
                home: store.map_or(Home::Directory, |(store, _)| Home::of(store, names)),
                store: asked.store,
                name: asked.name,
                file: asked.file,
                size: asked.size,
                block_size: asked.block_size,
                read_only: asked.read_only,
                direct: asked.direct,
            };
            check_store(&turn, wanted.store.as_str())?;
            let (chosen, content) = access(&turn, &asked_by, &asked.label, &name).await?;
            let made = match new_image(&wanted, &chosen, content) {
                Ok(new) if kept => kept::make(&turn, new, beginning).await,
                Ok(new) => match beginning {
                    Beginning::Clone(_) => Err(no_clone(&name)),
                    beginning => make(&turn, new, beginning == Beginning::Empty).await,
                },
                Err(denied) => Err(denied),
            };
            let record = Record {
                image: Some(&name),
                ..record(event, &asked_by).label(&chosen.label)
            };
            let made = recorded(record, made).await;
            let label = chosen.label.clone();
            chosen.keep_if(&turn, made).await?;
            let in_force = turn.state().in_force();
            let (image, _) = find(&in_force, wanted.store.as_str(), wanted.name.as_str())?;
            if !content {
                available(turn.state().labels(), &label, image.target.as_str()).await;
            }
            view(&own, wanted.store.as_str(), wanted.name.as_str()).await
        })
        .await
}

/// What a new image begins as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Beginning {
    /// As zeros, of a size that was said.
    Empty,
    /// As what is there already.
    There,
    /// As a clone of what is in its pool.
    Clone(CloneSource),
}

impl Beginning {
    fn of(asked: &CreateImage, content: bool) -> Result<Self, Denied> {
        match (asked.size, &asked.clone_of) {
            (Some(_), Some(_)) => {
                let message = "a clone has the size of what it is a clone of";
                Err(Denied::new(ErrorCode::Invalid, message)
                    .hint("leave the size out, and enlarge it afterwards: labelgate image resize"))
            }
            (Some(_), None) if asked.read_only || content => {
                let message = "an empty image that nobody may write";
                Err(Denied::new(ErrorCode::Invalid, message)
                    .hint("leave the size out to take in a file that is there, or import one"))
            }
            (Some(_), None) => Ok(Self::Empty),
            (None, None) => Ok(Self::There),
            (None, Some(source)) => Ok(Self::Clone(source.clone())),
        }
    }
}

fn no_clone(name: &str) -> Denied {
    let message =
        format!("image {name} would be in no pool, and only there are clones of snapshots");
    Denied::new(ErrorCode::Unsupported, message)
        .hint("\"labelgate image clone STORE/IMAGE STORE/IMAGE\" makes a copy of a file")
}

/// Images of a store that the file declares are declared there too.
pub(super) fn check_store(turn: &Turn, store: &str) -> Result<(), Denied> {
    match turn.state().in_force().stores.get(store) {
        Some((_, Source::Registry)) => Ok(()),
        Some((_, Source::File)) => Err(Denied::declared(format_args!("store {store}")).hint(
            "declare the image there as well, or add another store with \"labelgate store add\"",
        )),
        None => Err(Denied::not_found("store", store)),
    }
}

/// The label of a new image, and whether that is content. Content has a label as well, which is
/// nobody's: its bytes were looked at under it.
pub(super) async fn access(
    turn: &Turn,
    asked_by: &str,
    access: &ImageAccess,
    name: &str,
) -> Result<(Chosen, bool), Denied> {
    let (choice, content) = match access {
        ImageAccess::Label(choice) => (choice.clone(), false),
        ImageAccess::Content => (LabelChoice::Auto, true),
    };
    let what = if content { "content" } else { "image" };
    let chosen = choose(turn, asked_by, choice, &format!("{what} {name}")).await?;
    Ok((chosen, content))
}

/// What the store of a new image is, which says where that is unless an admin does.
#[derive(Debug, Clone)]
pub(super) enum Home {
    Directory,
    /// With what namespaces are called there.
    Pool(Names),
    /// With what directories are called there.
    Volume(Names),
    Target,
    Server,
}

impl Home {
    fn of(store: &Store, names: &Names) -> Self {
        match store.place {
            Place::Directory { .. } => Self::Directory,
            Place::Rbd(_) => Self::Pool(names.clone()),
            Place::Gluster(_) => Self::Volume(names.clone()),
            Place::Iscsi(_) => Self::Target,
            Place::Nfs(_) => Self::Server,
        }
    }
}

/// What a new image shall be like, besides who may open it.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// What its store is.
    pub(super) home: Home,
    pub(super) store: api::StoreName,
    pub(super) name: api::ImageName,
    pub(super) file: Option<PathBuf>,
    pub(super) size: Option<u64>,
    pub(super) block_size: api::BlockSize,
    pub(super) read_only: bool,
    pub(super) direct: bool,
}

pub(super) fn new_image(
    asked: &Wanted,
    chosen: &Chosen,
    content: bool,
) -> Result<registry::Image, Denied> {
    let random = |error| Denied::new(ErrorCode::Internal, error);
    let designator = fresh_designator().map_err(random)?;
    let (label, name) = (&chosen.label, asked.name.as_str());
    let file = match (&asked.file, &asked.home) {
        (Some(file), _) => file.to_string_lossy().into_owned(),
        (None, Home::Volume(names)) => kept::default_file(names, label, name, designator.serial),
        (None, Home::Pool(names)) => kept::default_place(names, label, name),
        (None, Home::Directory) => format!("{name}.img"),
        (None, Home::Server) => {
            let message = "which file of its server the image is was not said";
            return Err(Denied::new(ErrorCode::Invalid, message)
                .hint("say --existing --file PATH, from the exported directory"));
        }
        (None, Home::Target) => {
            let message = "which logical unit of its target the image is was not said";
            return Err(
                Denied::new(ErrorCode::Invalid, message).hint("say --existing --file NUMBER")
            );
        }
    };
    Ok(registry::Image {
        store: same(asked.store.as_str())?,
        name: same(asked.name.as_str())?,
        file: same(&file)?,
        label: chosen.label.clone(),
        designator,
        size: asked.size,
        block_size: match asked.block_size {
            api::BlockSize::B512 => BlockSize::B512,
            api::BlockSize::B4096 => BlockSize::B4096,
        },
        read_only: asked.read_only || content,
        direct: asked.direct,
        content,
        follows: None,
    })
}

/// Takes a new image in. Its file is made after it is in the registry: were the gateway killed in
/// between, the file would be made when the image is first served.
async fn make(turn: &Turn, new: registry::Image, empty: bool) -> Result<(), Denied> {
    let id = new.id();
    let (store, name) = (id.store.to_string(), id.name.to_string());
    let next = turn.check(&Change::AddImage(new.clone()))?;
    let (image, _) = find(&next, &store, &name)?;
    // Whatever is wrong with it is found before anything is changed.
    let looked = with_file(&image, image::look).await;
    match (looked, empty) {
        (Err(OpenError::Missing), true) => {}
        (Ok(_), true) => return Err(there_already(&image)),
        (Ok(_), false) => take_in(turn, &image).await?,
        (Err(error), _) => return Err(unfit(&image, &error)),
    }
    turn.change(Change::AddImage(new)).await?;
    if !empty {
        return Ok(());
    }
    if let Err(error) = with_manner(turn, &image, image::create).await {
        // A worker that was asked for it meanwhile has made it, of the same size and empty.
        if matches!(error, OpenError::Exists) {
            return Ok(());
        }
        turn.change(Change::RemoveImage(id)).await?;
        return Err(unfit(&image, &error));
    }
    Ok(())
}

/// A file that is there becomes an image.
async fn take_in(turn: &Turn, image: &Arc<Image>) -> Result<(), Denied> {
    let taken = with_manner(turn, image, |image, manner| {
        image::adopt(image, manner)?;
        image::open(image, manner).map(drop)
    });
    taken.await.map_err(|error| unfit(image, &error))
}

fn there_already(image: &Image) -> Denied {
    let file = image.file.display();
    let message = format!(
        "there is a file {file} in store {} already",
        image.store.name
    );
    Denied::new(ErrorCode::Exists, message)
        .hint("leave the size out to take it in as it is, or choose another name or file")
}

/// As [`with_file`], what depends on what enforces labels.
pub(super) async fn with_manner(
    turn: &Turn,
    image: &Arc<Image>,
    work: impl FnOnce(&Image, &Manner) -> Result<(), OpenError> + Send + 'static,
) -> Result<(), OpenError> {
    let manner = turn.state().shared().manner(image)?;
    with_file(image, move |image| work(image, &manner)).await
}

/// Does something with an image's file, which may take as long as its store takes.
pub(super) async fn with_file<T: Send + 'static>(
    image: &Arc<Image>,
    work: impl FnOnce(&Image) -> Result<T, OpenError> + Send + 'static,
) -> Result<T, OpenError> {
    let image = Arc::clone(image);
    let done = spawn_blocking(move || work(&image)).await;
    done.unwrap_or_else(|error| Err(OpenError::Store(std::io::Error::other(error))))
}

/// What an image's file is refused for.
pub(super) fn unfit(image: &Image, error: &OpenError) -> Denied {
    let code = match error {
        OpenError::Exists => ErrorCode::Exists,
        OpenError::Escapes => ErrorCode::Invalid,
        OpenError::Missing => ErrorCode::NotFound,
        OpenError::Unfit(_) | OpenError::Relabel { .. } | OpenError::Hidden(_) => {
            ErrorCode::LabelDoubt
        }
        OpenError::Kept => ErrorCode::Unsupported,
        OpenError::Uid(_) => ErrorCode::Full,
        OpenError::Lock(_) => ErrorCode::InUse,
        OpenError::File { error, .. } if error.kind() == std::io::ErrorKind::StorageFull => {
            ErrorCode::Full
        }
        OpenError::Store(_) | OpenError::File { .. } => ErrorCode::Storage,
    };
    let text = error.to_string();
    let (what, hint) = text.split_once("; ").unwrap_or((&text, ""));
    let denied = Denied::new(code, format_args!("image {image}: {what}"));
    if hint.is_empty() {
        denied
    } else {
        denied.hint(hint)
    }
}

pub(super) async fn remove(
    office: Office,
    AskedBy(asked_by): AskedBy,
    InPath(path): InPath<ImagePath>,
    InQuery(asked): InQuery<RemoveImageQuery>,
) -> Answer<Revocation> {
    office
        .operate(async move |turn| {
            let in_force = turn.state().in_force();
            let (image, source) = find(&in_force, path.store.as_str(), path.image.as_str())?;
            let name = image.to_string();
            let followed = followed_by(&in_force, &image).is_some();
            let about = Record {
                image: Some(&name),
                label: image.audience.label(),
                ..record(Event::ImageDelete, &asked_by)
            };
            let removed = match source {
                Source::File => Err(Denied::declared(format_args!("image {name}"))),
                Source::Registry => take_away(&turn, &image, asked.force, asked.delete_data).await,
            };
            let what = if asked.delete_data {
                "with its data"
            } else {
                "its data stay"
            };
            let (changed, label) = recorded(about.reason(what), removed).await?;
            let revoked = revocation(&changed, about).await?;
            if asked.delete_data && image.is_kept() {
                kept::delete(&turn, &image).await?;
            } else if asked.delete_data {
                let deleted = with_file(&image, image::delete).await;
                deleted.map_err(|error| unfit(&image, &error))?;
            }
            if image.is_content() || followed {
                // It was allocated for this alone, unless something else has it too.
                let _ = let_go(&turn, &label).await;
            }
            Ok(Json(revoked))
        })
        .await
}

async fn take_away(
    turn: &Turn,
    image: &Image,
    force: bool,
    delete_data: bool,
) -> Result<(crate::state::Changed, labelgate_mac::Label), Denied> {
    check_idle(turn, image)?;
    if delete_data {
        kept::check_deletion(turn, image).await?;
    }
    let sessions = sessions_on(turn, image).await;
    if sessions > 0 && !force {
        let message = format!("{sessions} sessions are on image {image}");
        return Err(Denied::new(ErrorCode::InUse, message)
            .hint("shut the VMs down first, or use --force, which ends the sessions"));
    }
    let id: registry::ImageId = same(&image.to_string())?;
    let in_force = turn.state().in_force();
    let label = in_force
        .snapshot
        .images
        .get(&id)
        .map(|image| image.label.clone());
    let label = label.ok_or_else(|| Denied::not_found("image", image))?;
    let changed = turn.change(Change::RemoveImage(id)).await?;
    // Its serial number is not used again: what is left of them means nothing any more.
    let reservations = Arc::clone(&turn.state().shared().reservations);
    let serial = image.designator.serial;
    let forgotten = spawn_blocking(move || reservations.forget(serial)).await;
    if let Ok(Err(error)) = forgotten {
        tracing::warn!(%image, "the record of its reservations cannot be removed: {error}");
    }
    Ok((changed, label))
}

/// How many sessions are on an image, as far as its workers say which they are on.
async fn sessions_on(turn: &Turn, image: &Image) -> usize {
    let labels = turn.state().labels().describe().await;
    let clients = labels.iter().flat_map(|label| &label.clients);
    let on_it = clients.filter(|client| client.target.as_ref() == Some(&image.target));
    on_it.count()
}

/// The label of an image that is no content.
pub(super) fn own_label(image: &Image) -> Result<&labelgate_mac::Label, Denied> {
    match &image.audience {
        Audience::Label(label) => Ok(label),
        Audience::Everyone => Err(Denied::new(
            ErrorCode::Unsupported,
            format_args!("image {image} is content"),
        )
        .hint("content never changes; make another image of it with \"labelgate image clone\"")),
    }
}
