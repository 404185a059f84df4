//! Where images live.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use labelgate_control::Owners;
use serde::Deserialize;
use toml::Spanned;

use super::name;
use super::problem::Collector;
use super::seen::Seen;

/// A directory that holds images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// What it is called.
    pub name: String,
    /// The directory, absolute.
    pub path: PathBuf,
    /// Whether every label has a tree of its own in it.
    pub trees: bool,
    /// Whose the objects of its trees are.
    pub squash: Squash,
}

/// Which users of a label's clients are told apart in its trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Squash {
    /// None: all objects are the label's.
    #[default]
    All,
    /// All but root, who is nobody.
    Root,
    /// All: objects have owners.
    None,
}

impl Squash {
    /// Whether objects have owners of their own.
    #[must_use]
    pub const fn keeps_owners(self) -> bool {
        !matches!(self, Self::All)
    }

    /// As a worker is told.
    #[must_use]
    pub const fn owners(self) -> Owners {
        match self {
            Self::All => Owners::Label,
            Self::Root => Owners::Callers { squash_root: true },
            Self::None => Owners::Callers { squash_root: false },
        }
    }
}

impl Store {
    /// Whether both lead to the same images, whatever else is there.
    #[must_use]
    pub fn is_same_place(&self, other: &Self) -> bool {
        self.name == other.name && self.path == other.path
    }
}

/// `[[store]]`, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStore {
    pub(super) name: Spanned<String>,
    pub(super) path: Spanned<PathBuf>,
    #[serde(default)]
    pub(super) trees: bool,
    pub(super) squash: Option<Spanned<Squash>>,
}

/// The stores, by name and in the order of the file.
pub(super) struct Stores {
    pub(super) by_name: HashMap<String, Arc<Store>>,
    pub(super) in_order: Vec<Arc<Store>>,
}

/// The stores, each with what is wrong with it noted.
pub(super) fn check_stores(raw: Vec<RawStore>, problems: &mut Collector<'_>) -> Stores {
    let mut names = Seen::default();
    let mut stores = Stores {
        by_name: HashMap::new(),
        in_order: Vec::new(),
    };
    for RawStore {
        name,
        path,
        trees,
        squash,
    } in raw
    {
        if let Some(squash) = squash.as_ref().filter(|_| !trees) {
            let what = "squash is about trees, and this store has none; add \"trees = true\"";
            problems.at(&squash.span(), what);
        }
        if let Err(why) = name::check_store(name.get_ref()) {
            problems.at(&name.span(), why);
        }
        names.check("store name", name.get_ref(), &name.span(), problems);
        if !path.get_ref().is_absolute() {
            let path_text = path.get_ref().display().to_string();
            let what =
                format_args!("store path {path_text:?} is not absolute; begin it with \"/\"");
            problems.at(&path.span(), what);
        }
        let store = Arc::new(Store {
            name: name.into_inner(),
            path: path.into_inner(),
            trees,
            squash: squash.map(Spanned::into_inner).unwrap_or_default(),
        });
        let first = stores.by_name.entry(store.name.clone());
        first.or_insert_with(|| Arc::clone(&store));
        stores.in_order.push(store);
    }
    stores
}
