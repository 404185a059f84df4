//! Where images live.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use labelgate_registry::{Rbd, StoreKey};
use serde::Deserialize;
use toml::Spanned;

use super::key_file;
use super::name;
use super::problem::Collector;
use super::seen::Seen;
use super::squash::Squash;

/// Where images live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// What it is called.
    pub name: String,
    /// Where its images are.
    pub place: Place,
}

/// Where the images of a store are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a directory, as files.
    Directory {
        /// The directory, absolute.
        path: PathBuf,
        /// Whether every label has a tree of its own in it.
        trees: bool,
        /// Whose the objects of its trees are.
        squash: Squash,
    },
    /// In a pool of a Ceph cluster: keepers hold them.
    Rbd(Pool),
}

/// A pool of a Ceph cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// Which.
    pub rbd: Rbd,
    /// The key of its entity, if the configuration file names one; the registry has the others.
    pub key: Option<StoreKey>,
}

impl Store {
    /// Whether both lead to the same images, whatever else is there.
    #[must_use]
    pub fn is_same_place(&self, other: &Self) -> bool {
        self.name == other.name
            && match (&self.place, &other.place) {
                (Place::Directory { path, .. }, Place::Directory { path: other, .. }) => {
                    path == other
                }
                (Place::Rbd(pool), Place::Rbd(other)) => pool.rbd == other.rbd,
                _ => false,
            }
    }

    /// Its directory, if it is one.
    #[must_use]
    pub fn directory(&self) -> Option<&Path> {
        match &self.place {
            Place::Directory { path, .. } => Some(path),
            Place::Rbd(_) => None,
        }
    }

    /// Its pool, if it is one.
    #[must_use]
    pub const fn pool(&self) -> Option<&Pool> {
        match &self.place {
            Place::Directory { .. } => None,
            Place::Rbd(pool) => Some(pool),
        }
    }

    /// Whether keepers hold its images, because they are no files here.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        self.pool().is_some()
    }

    /// Whose the objects of its trees are.
    #[must_use]
    pub const fn squash(&self) -> Squash {
        match self.place {
            Place::Directory { squash, .. } => squash,
            Place::Rbd(_) => Squash::All,
        }
    }

    /// Whether every label has a tree of its own in it.
    #[must_use]
    pub const fn has_trees(&self) -> bool {
        matches!(self.place, Place::Directory { trees: true, .. })
    }

    /// Where something in it is, in words.
    #[must_use]
    pub fn place_of(&self, file: &Path) -> String {
        match &self.place {
            Place::Directory { path, .. } => path.join(file).display().to_string(),
            Place::Rbd(pool) => format!("{} in {}", file.display(), pool.rbd),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory { path, .. } => path.display().fmt(f),
            Self::Rbd(pool) => pool.rbd.fmt(f),
        }
    }
}

/// What a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Directory,
    Rbd,
}

/// `[[store]]`, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStore {
    name: Spanned<String>,
    #[serde(default)]
    kind: Kind,
    path: Option<Spanned<PathBuf>>,
    trees: Option<Spanned<bool>>,
    squash: Option<Spanned<Squash>>,
    monitors: Option<Spanned<String>>,
    pool: Option<Spanned<String>>,
    entity: Option<Spanned<String>>,
    key_file: Option<Spanned<PathBuf>>,
}

/// The stores, by name and in the order of the file.
pub(super) struct Stores {
    pub(super) by_name: HashMap<String, Arc<Store>>,
    pub(super) in_order: Vec<Arc<Store>>,
}

/// The stores, each with what is wrong with it noted.
pub(super) fn check_stores(raw: Vec<RawStore>, problems: &mut Collector<'_>) -> Stores {
    let (mut names, mut pools) = (Seen::default(), Seen::default());
    let mut stores = Stores {
        by_name: HashMap::new(),
        in_order: Vec::new(),
    };
    for raw in raw {
        if let Err(why) = name::check_store(raw.name.get_ref()) {
            problems.at(&raw.name.span(), why);
        }
        names.check("store name", raw.name.get_ref(), &raw.name.span(), problems);
        let place = match raw.kind {
            Kind::Directory => check_directory(&raw, problems),
            Kind::Rbd => check_pool(&raw, problems),
        };
        // What is wrong with it is noted, and no second thing is to be wrong because of it.
        let place = place.unwrap_or_else(|| Place::Directory {
            path: PathBuf::from("/"),
            trees: false,
            squash: Squash::All,
        });
        if let Place::Rbd(pool) = &place {
            pools.check("pool", &pool.rbd.to_string(), &raw.name.span(), problems);
        }
        let name = raw.name.into_inner();
        let store = Arc::new(Store { name, place });
        let first = stores.by_name.entry(store.name.clone());
        first.or_insert_with(|| Arc::clone(&store));
        stores.in_order.push(store);
    }
    stores
}

fn check_directory(raw: &RawStore, problems: &mut Collector<'_>) -> Option<Place> {
    for (key, span) in [
        ("monitors", raw.monitors.as_ref().map(Spanned::span)),
        ("pool", raw.pool.as_ref().map(Spanned::span)),
        ("entity", raw.entity.as_ref().map(Spanned::span)),
        ("key_file", raw.key_file.as_ref().map(Spanned::span)),
    ] {
        if let Some(span) = span {
            let what = format_args!("{key} belongs to a pool; write kind = \"rbd\", or remove it");
            problems.at(&span, what);
        }
    }
    let Some(path) = &raw.path else {
        problems.at(
            &raw.name.span(),
            "the store has no path; give it a directory, or write kind = \"rbd\"",
        );
        return None;
    };
    if !path.get_ref().is_absolute() {
        let text = path.get_ref().display().to_string();
        let what = format_args!("store path {text:?} is not absolute; begin it with \"/\"");
        problems.at(&path.span(), what);
    }
    let trees = raw.trees.as_ref().is_some_and(|trees| *trees.get_ref());
    // The default means nothing without trees either.
    let owned = |squash: &&Spanned<Squash>| *squash.get_ref() != Squash::All;
    if let Some(squash) = raw.squash.as_ref().filter(owned).filter(|_| !trees) {
        let what = "squash is about trees, and this store has none; add \"trees = true\"";
        problems.at(&squash.span(), what);
    }
    Some(Place::Directory {
        path: path.get_ref().clone(),
        trees,
        squash: raw
            .squash
            .as_ref()
            .map_or(Squash::All, |squash| *squash.get_ref()),
    })
}

fn check_pool(raw: &RawStore, problems: &mut Collector<'_>) -> Option<Place> {
    for (key, span) in [
        ("path", raw.path.as_ref().map(Spanned::span)),
        ("trees", raw.trees.as_ref().map(Spanned::span)),
        ("squash", raw.squash.as_ref().map(Spanned::span)),
    ] {
        if let Some(span) = span {
            let what = format_args!("{key} belongs to a directory; remove it, or kind = \"rbd\"");
            problems.at(&span, what);
        }
    }
    let name = &raw.name;
    let monitors = checked("monitors", raw.monitors.as_ref(), name, problems);
    let pool = checked("pool", raw.pool.as_ref(), name, problems);
    let entity = checked("entity", raw.entity.as_ref(), name, problems);
    let key = check_key_file(raw, problems);
    let rbd = Rbd {
        monitors: monitors?,
        pool: pool?,
        entity: entity?,
    };
    let key = Some(key?);
    Some(Place::Rbd(Pool { rbd, key }))
}

/// A text that a pool has to have.
fn checked<T: std::str::FromStr<Err: fmt::Display>>(
    key: &str,
    text: Option<&Spanned<String>>,
    store: &Spanned<String>,
    problems: &mut Collector<'_>,
) -> Option<T> {
    let Some(text) = text else {
        let what = format_args!("a store of kind \"rbd\" needs {key}");
        problems.at(&store.span(), what);
        return None;
    };
    match text.get_ref().parse() {
        Ok(value) => Some(value),
        Err(why) => {
            problems.at(&text.span(), format_args!("{key}: {why}"));
            None
        }
    }
}

fn check_key_file(raw: &RawStore, problems: &mut Collector<'_>) -> Option<StoreKey> {
    let Some(file) = &raw.key_file else {
        problems.at(
            &raw.name.span(),
            "a store of kind \"rbd\" needs key_file: a file with the key of its entity, which \
             its owner alone may read",
        );
        return None;
    };
    match key_file::read(file.get_ref()) {
        Ok(key) => Some(key),
        Err(why) => {
            let path = file.get_ref().display();
            problems.at(&file.span(), format_args!("key_file {path}: {why}"));
            None
        }
    }
}
