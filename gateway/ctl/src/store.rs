//! `labelgate store`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use labelgate_api::endpoints::{DeleteStore, ListStores, PostStore};
use labelgate_api::{AddStore, Nothing, Source, Squash, StoreName, StorePath, Stores};

use crate::ask::Ask;
use crate::fault::Fault;
use crate::output::{Output, or_dash};
use crate::size;
use crate::table::Table;

/// Stores: the directories that hold images.
#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Add a directory as a store.
    Add {
        /// What it shall be called: lower-case letters, digits and dashes.
        name: StoreName,
        /// The directory, absolute. Only root should be able to write it.
        path: PathBuf,
        /// Give every label a tree of files of its own in it, for its NFS clients.
        #[arg(long)]
        trees: bool,
        /// Which users of a label's clients to tell apart in its tree. With anything but "all", files have
        /// the owners that clients give them.
        #[arg(long, value_enum, default_value_t = SquashWhom::All, requires = "trees")]
        squash: SquashWhom,
    },
    /// List stores.
    List,
    /// Remove a store that has no images. Its directory stays as it is.
    Rm {
        /// The store.
        name: StoreName,
    },
}

impl StoreCommand {
    pub(crate) async fn run(self, ask: &Ask) -> Result<(), Fault> {
        let nothing = Nothing {};
        match self {
            Self::Add {
                name,
                path,
                trees,
                squash,
            } => {
                let body = AddStore {
                    name,
                    path,
                    trees,
                    squash: squash.into(),
                };
                ask.show::<PostStore>(&nothing, &nothing, &body, |output, store| {
                    output.line(format_args!("Added store {}.", store.name))
                })
                .await
            }
            Self::List => {
                ask.show::<ListStores>(&nothing, &nothing, &nothing, list)
                    .await
            }
            Self::Rm { name } => {
                ask.confirm(&format!("Remove store {name}?")).await?;
                let path = StorePath { store: name };
                ask.show::<DeleteStore>(&path, &nothing, &nothing, |output, _| {
                    output.line("Removed. The directory is as it was.")
                })
                .await
            }
        }
    }
}

fn list(output: &mut Output, stores: Stores) -> std::io::Result<()> {
    let mut table = Table::new(&[
        "NAME",
        "PATH",
        "IMAGES",
        "TREES",
        "FREE",
        "SIZE",
        "DECLARED IN",
    ]);
    for store in stores.stores {
        table.row([
            store.name.to_string(),
            store.path.display().to_string(),
            store.images.to_string(),
            trees(store.trees, store.squash).to_owned(),
            or_dash(store.free.map(size::show)),
            or_dash(store.total.map(size::show)),
            declared_in(store.source),
        ]);
    }
    output.table(
        &table,
        "There is no store. Add one: labelgate store add NAME PATH",
    )
}

/// Who counts as the label itself.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SquashWhom {
    /// Everybody: all files are the label's.
    All,
    /// Root, who is nobody then; others are told apart.
    Root,
    /// Nobody.
    None,
}

impl From<SquashWhom> for Squash {
    fn from(whom: SquashWhom) -> Self {
        match whom {
            SquashWhom::All => Self::All,
            SquashWhom::Root => Self::Root,
            SquashWhom::None => Self::None,
        }
    }
}

/// Whether there are trees, and of which kind.
const fn trees(there: bool, squash: Squash) -> &'static str {
    match (there, squash) {
        (false, _) => "no",
        (true, Squash::All) => "yes",
        (true, Squash::Root) => "yes, with owners but root",
        (true, Squash::None) => "yes, with owners",
    }
}

/// Where something can be changed.
pub(crate) fn declared_in(source: Source) -> String {
    match source {
        Source::Configuration => "configuration",
        Source::Registry => "registry",
    }
    .to_owned()
}
