//! One virtual disk.

use std::fmt;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use labelgate_control::{Designator, Text};
use labelgate_mac::Label;
use labelgate_registry::{InPool, check_on_server, check_on_volume, unit_of};
use serde::Deserialize;
use toml::Spanned;

use super::label::check_label;
use super::problem::Collector;
use super::written_store::Stores;
use super::{Place, Store, name, size};

/// Who may open an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// One label, whose worker alone serves it.
    Label(Label),
    /// Every label: it is content, which nobody writes.
    Everyone,
}

impl Audience {
    /// The one label, unless it is everyone.
    #[must_use]
    pub const fn label(&self) -> Option<&Label> {
        match self {
            Self::Label(label) => Some(label),
            Self::Everyone => None,
        }
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(label) => label.fmt(f),
            Self::Everyone => f.write_str("content, for every label"),
        }
    }
}

/// One virtual disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its name within its store.
    pub name: String,
    /// Its store.
    pub store: Arc<Store>,
    /// Where it is below the store's path: plain components only.
    pub file: PathBuf,
    /// Who may open it.
    pub audience: Audience,
    /// The name of its target.
    pub target: Text<223>,
    /// What tells it from every other image.
    pub designator: Designator,
    /// Logical block size in bytes: 512 or 4096.
    pub block_size: u32,
    /// The least size it shall have, in bytes, a multiple of the block size.
    pub size: Option<u64>,
    /// Writes are refused.
    pub read_only: bool,
    /// Past the page cache.
    pub direct: bool,
}

impl Image {
    /// Whether a worker that serves `self` can go on with `other` without opening anything anew.
    /// Only the size may differ.
    #[must_use]
    pub fn is_same_disk(&self, other: &Self) -> bool {
        let store = match self.store.is_same_place(&other.store) {
            true => &other.store,
            false => &self.store,
        };
        let resized = Self {
            size: other.size,
            store: Arc::clone(store),
            ..self.clone()
        };
        resized == *other
    }

    /// Where it is in its pool, if its store is one.
    #[must_use]
    pub fn in_pool(&self) -> Option<InPool<'_>> {
        let file = self.file.to_str().filter(|_| self.store.pool().is_some())?;
        InPool::parse(file).ok()
    }

    /// Whether a keeper holds it, because it is no file here.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.store.is_kept()
    }

    /// Whether every label may read it and none may write it.
    #[must_use]
    pub const fn is_content(&self) -> bool {
        matches!(self.audience, Audience::Everyone)
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.store.name, self.name)
    }
}

/// `[[image]]`, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawImage {
    pub(super) name: Spanned<String>,
    store: Spanned<String>,
    pub(super) file: Spanned<PathBuf>,
    label: Option<Spanned<String>>,
    content: Option<Spanned<bool>>,
    size: Option<Spanned<String>>,
    block_size: Option<Spanned<u32>>,
    read_only: Option<Spanned<bool>>,
    direct: Option<Spanned<bool>>,
}

/// Why a path cannot lead from a store to an image.
fn check_file(file: &Path) -> Result<(), String> {
    let plain = |component: Component<'_>| matches!(component, Component::Normal(_));
    let within = !file.as_os_str().is_empty() && file.components().all(plain);
    if within && !file.as_os_str().as_encoded_bytes().contains(&0) {
        return Ok(());
    }
    Err(format!(
        "file {:?} is not a plain path below the store; write it relative to the store's path and without \"..\"",
        file.display().to_string()
    ))
}

/// The image that was written, with what is wrong with it noted.
pub(super) fn check_image(
    raw: RawImage,
    prefix: &str,
    stores: &Stores,
    problems: &mut Collector<'_>,
) -> Option<Image> {
    if let Err(why) = name::check_image(raw.name.get_ref()) {
        problems.at(&raw.name.span(), why);
    }
    if let Err(why) = check_file(raw.file.get_ref()) {
        problems.at(&raw.file.span(), why);
    }
    let block_size = raw.block_size.as_ref().map_or(512, |size| *size.get_ref());
    if let Some(size) = raw
        .block_size
        .as_ref()
        .filter(|size| !matches!(size.get_ref(), 512 | 4096))
    {
        problems.at(
            &size.span(),
            format_args!("block_size is {block_size}; choose 512 or 4096"),
        );
    }
    let size = raw
        .size
        .as_ref()
        .and_then(|size| check_size(size, block_size, problems));
    let content = raw
        .content
        .as_ref()
        .is_some_and(|content| *content.get_ref());
    let audience = match content {
        true => check_content(raw.label.as_ref(), raw.read_only.as_ref(), problems),
        false => check_audience(raw.label.as_ref(), &raw.name.span(), problems),
    };
    let read_only = raw.read_only.as_ref().map(|written| *written.get_ref());
    let store = find_store(&raw.store, stores, problems);
    if let Some(store) = store.as_ref().filter(|store| store.is_kept()) {
        check_in_pool(&raw, store, problems);
    }
    let direct = raw.direct.is_some_and(Spanned::into_inner);
    let (name, file) = (raw.name.into_inner(), raw.file.into_inner());
    let (audience, store) = (audience?, store?);
    let target = match name::target(prefix, &store.name, &name) {
        Ok(target) => target,
        Err(why) => {
            problems.at(&raw.store.span(), why);
            return None;
        }
    };
    Some(Image {
        designator: Designator::of(prefix, &store.name, &name),
        name,
        store,
        file,
        read_only: read_only.unwrap_or(content),
        audience,
        target,
        block_size,
        size,
        direct,
    })
}

/// What must hold for an image because keepers hold it.
fn check_in_pool(raw: &RawImage, store: &Store, problems: &mut Collector<'_>) {
    let file = raw.file.get_ref().to_str().unwrap_or_default();
    let named = match &store.place {
        Place::Gluster(_) => check_on_volume(file).map_err(|why| why.to_string()),
        Place::Iscsi(_) => unit_of(file).map(drop).map_err(|why| why.to_string()),
        Place::Nfs(_) => check_on_server(file).map_err(|why| why.to_string()),
        Place::Rbd(_) | Place::Directory { .. } => {
            InPool::parse(file).map(drop).map_err(|why| why.to_string())
        }
    };
    if let Err(why) = named {
        problems.at(&raw.file.span(), why);
    }
    if let Some(direct) = raw.direct.as_ref().filter(|direct| *direct.get_ref()) {
        let name = &store.name;
        let what = format_args!("the images of store {name:?} are in no page cache; remove direct");
        problems.at(&direct.span(), what);
    }
    if let Some(content) = raw.content.as_ref().filter(|content| *content.get_ref()) {
        let what = "content is served from directories; use a store of these";
        problems.at(&content.span(), what);
    }
}

/// The one label of an image that is no content.
fn check_audience(
    label: Option<&Spanned<String>>,
    name: &Range<usize>,
    problems: &mut Collector<'_>,
) -> Option<Audience> {
    let Some(label) = label else {
        problems.at(
            name,
            "the image has no label; give it one, such as \"s0:c12,c34\", or content = true if \
             every label may read it",
        );
        return None;
    };
    check_label(label, problems).map(Audience::Label)
}

/// What is content has no label, and nobody writes it.
fn check_content(
    label: Option<&Spanned<String>>,
    read_only: Option<&Spanned<bool>>,
    problems: &mut Collector<'_>,
) -> Option<Audience> {
    if let Some(label) = label {
        let what = "content is for every label; remove the label, or content = true";
        problems.at(&label.span(), what);
    }
    if let Some(written) = read_only.filter(|written| !*written.get_ref()) {
        let what = "content is never written; remove read_only = false";
        problems.at(&written.span(), what);
    }
    Some(Audience::Everyone)
}

fn check_size(
    text: &Spanned<String>,
    block_size: u32,
    problems: &mut Collector<'_>,
) -> Option<u64> {
    match size::parse(text.get_ref()) {
        Ok(size) if size % u64::from(block_size.max(1)) == 0 => Some(size),
        Ok(size) => {
            let what = format_args!("size {size} is not a multiple of the block size {block_size}");
            problems.at(&text.span(), what);
            None
        }
        Err(why) => {
            problems.at(&text.span(), why);
            None
        }
    }
}

/// How many stores are named to who misspelt one: each wrong image has a line of its own.
const STORES_NAMED: usize = 16;

fn find_store(
    name: &Spanned<String>,
    stores: &Stores,
    problems: &mut Collector<'_>,
) -> Option<Arc<Store>> {
    let store = stores.by_name.get(name.get_ref());
    if store.is_none() {
        let names = stores.in_order.iter().map(|s| format!("{:?}", s.name));
        let known: Vec<String> = names.take(STORES_NAMED).collect();
        let more = match stores.in_order.len().saturating_sub(known.len()) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let known = match known.as_slice() {
            [] => "there is no [[store]] yet".to_owned(),
            known => format!("the stores are {}{more}", known.join(", ")),
        };
        problems.at(
            &name.span(),
            format_args!("unknown store {:?}; {known}", name.get_ref()),
        );
    }
    store.cloned()
}
