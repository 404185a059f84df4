//! `labelgate store`.

use std::path::PathBuf;

use clap::Subcommand;
use labelgate_api::endpoints::{DeleteStore, ListStores, PostStore};
use labelgate_api::{AddStore, Nothing, Source, StoreName, StorePath, Stores};

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
            Self::Add { name, path, trees } => {
                let body = AddStore { name, path, trees };
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
            if store.trees { "yes" } else { "no" }.to_owned(),
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

/// Where something can be changed.
pub(crate) fn declared_in(source: Source) -> String {
    match source {
        Source::Configuration => "configuration",
        Source::Registry => "registry",
    }
    .to_owned()
}
