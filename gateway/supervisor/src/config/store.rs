//! Where images live.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use labelgate_registry::{Gluster, Rbd, StoreKey};
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
    /// On a volume of Gluster's: keepers hold them.
    Gluster(Gluster),
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
                (Place::Gluster(gluster), Place::Gluster(other)) => gluster == other,
                _ => false,
            }
    }

    /// Its directory, if it is one.
    #[must_use]
    pub fn directory(&self) -> Option<&Path> {
        match &self.place {
            Place::Directory { path, .. } => Some(path),
            Place::Rbd(_) | Place::Gluster(_) => None,
        }
    }

    /// Its pool, if it is one.
    #[must_use]
    pub const fn pool(&self) -> Option<&Pool> {
        match &self.place {
            Place::Directory { .. } | Place::Gluster(_) => None,
            Place::Rbd(pool) => Some(pool),
        }
    }

    /// Its volume, if it is on one of Gluster's.
    #[must_use]
    pub const fn gluster(&self) -> Option<&Gluster> {
        match &self.place {
            Place::Gluster(gluster) => Some(gluster),
            Place::Directory { .. } | Place::Rbd(_) => None,
        }
    }

    /// Whether keepers hold its images, because they are no files here.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        !matches!(self.place, Place::Directory { .. })
    }

    /// Whose the objects of its trees are.
    #[must_use]
    pub const fn squash(&self) -> Squash {
        match self.place {
            Place::Directory { squash, .. } => squash,
            Place::Rbd(_) | Place::Gluster(_) => Squash::All,
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
            Place::Gluster(gluster) => format!(
                "{} on volume {} at {}",
                gluster.path_of(file),
                gluster.volume,
                gluster.servers
            ),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory { path, .. } => path.display().fmt(f),
            Self::Rbd(pool) => pool.rbd.fmt(f),
            Self::Gluster(gluster) => gluster.fmt(f),
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
    Gluster,
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
    servers: Option<Spanned<String>>,
    volume: Option<Spanned<String>>,
    directory: Option<Spanned<String>>,
}

/// The stores, by name and in the order of the file.
pub(super) struct Stores {
    pub(super) by_name: HashMap<String, Arc<Store>>,
    pub(super) in_order: Vec<Arc<Store>>,
}

/// The stores, each with what is wrong with it noted.
pub(super) fn check_stores(raw: Vec<RawStore>, problems: &mut Collector<'_>) -> Stores {
    let (mut names, mut places) = (Seen::default(), Seen::default());
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
            Kind::Gluster => check_volume(&raw, problems),
        };
        // What is wrong with it is noted, and no second thing is to be wrong because of it.
        let place = place.unwrap_or_else(|| Place::Directory {
            path: PathBuf::from("/"),
            trees: false,
            squash: Squash::All,
        });
        match &place {
            Place::Directory { .. } => {}
            Place::Rbd(_) => places.check("pool", &place.to_string(), &raw.name.span(), problems),
            Place::Gluster(_) => {
                places.check("volume", &place.to_string(), &raw.name.span(), problems);
            }
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
    refuse(
        &raw.of_pool(),
        "a pool; write kind = \"rbd\", or remove it",
        problems,
    );
    let hint = "a volume; write kind = \"gluster\", or remove it";
    refuse(&raw.of_volume(), hint, problems);
    let Some(path) = &raw.path else {
        problems.at(
            &raw.name.span(),
            "the store has no path; give it a directory, or write kind = \"rbd\" or \"gluster\"",
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
    let hint = "a directory; remove it, or kind = \"rbd\"";
    refuse(&raw.of_directory(), hint, problems);
    refuse(
        &raw.of_volume(),
        "a volume; write kind = \"gluster\", or remove it",
        problems,
    );
    let of = (&raw.name, "rbd");
    let monitors = checked("monitors", raw.monitors.as_ref(), of, problems);
    let pool = checked("pool", raw.pool.as_ref(), of, problems);
    let entity = checked("entity", raw.entity.as_ref(), of, problems);
    let key = check_key_file(raw, problems);
    let rbd = Rbd {
        monitors: monitors?,
        pool: pool?,
        entity: entity?,
    };
    let key = Some(key?);
    Some(Place::Rbd(Pool { rbd, key }))
}

fn check_volume(raw: &RawStore, problems: &mut Collector<'_>) -> Option<Place> {
    let hint = "a directory; remove it, or kind = \"gluster\"";
    refuse(&raw.of_directory(), hint, problems);
    refuse(
        &raw.of_pool(),
        "a pool; write kind = \"rbd\", or remove it",
        problems,
    );
    let of = (&raw.name, "gluster");
    let servers = checked("servers", raw.servers.as_ref(), of, problems);
    let volume = checked("volume", raw.volume.as_ref(), of, problems);
    let directory = match &raw.directory {
        Some(_) => Some(checked("directory", raw.directory.as_ref(), of, problems)?),
        None => None,
    };
    Some(Place::Gluster(Gluster {
        servers: servers?,
        volume: volume?,
        directory,
    }))
}

impl RawStore {
    fn of_directory(&self) -> [(&'static str, Option<Range<usize>>); 3] {
        [
            ("path", self.path.as_ref().map(Spanned::span)),
            ("trees", self.trees.as_ref().map(Spanned::span)),
            ("squash", self.squash.as_ref().map(Spanned::span)),
        ]
    }

    fn of_pool(&self) -> [(&'static str, Option<Range<usize>>); 4] {
        [
            ("monitors", self.monitors.as_ref().map(Spanned::span)),
            ("pool", self.pool.as_ref().map(Spanned::span)),
            ("entity", self.entity.as_ref().map(Spanned::span)),
            ("key_file", self.key_file.as_ref().map(Spanned::span)),
        ]
    }

    fn of_volume(&self) -> [(&'static str, Option<Range<usize>>); 3] {
        [
            ("servers", self.servers.as_ref().map(Spanned::span)),
            ("volume", self.volume.as_ref().map(Spanned::span)),
            ("directory", self.directory.as_ref().map(Spanned::span)),
        ]
    }
}

/// Notes keys that belong to another kind of store.
fn refuse(
    keys: &[(&'static str, Option<Range<usize>>)],
    whose: &str,
    problems: &mut Collector<'_>,
) {
    for (key, span) in keys {
        if let Some(span) = span {
            problems.at(span, format_args!("{key} belongs to {whose}"));
        }
    }
}

/// A text that a store of this kind has to have.
fn checked<T: std::str::FromStr<Err: fmt::Display>>(
    key: &str,
    text: Option<&Spanned<String>>,
    (store, kind): (&Spanned<String>, &str),
    problems: &mut Collector<'_>,
) -> Option<T> {
    let Some(text) = text else {
        let what = format_args!("a store of kind {kind:?} needs {key}");
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
