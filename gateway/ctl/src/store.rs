//! `labelgate store`.

use clap::Subcommand;
use labelgate_api::endpoints::{DeleteStore, GetStore, ListStores};
use labelgate_api::{Backend, Nothing, Source, Squash, Store, StoreName, StorePath, Stores};

use crate::ask::Ask;
use crate::fault::Fault;
use crate::output::{Output, or_dash};
use crate::size;
use crate::store_add::Add;
use crate::store_key::Key;
use crate::table::Table;

/// Stores: the directories, pools, volumes, targets and exports that hold images.
#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    Add(Box<Add>),
    /// List stores.
    List,
    /// Show one store. Its key, if it has one, is never shown.
    Show {
        /// The store.
        name: StoreName,
    },
    Key(Key),
    /// Remove a store that has no images. Its directory, pool, volume, target or export stays as it is.
    Rm {
        /// The store.
        name: StoreName,
    },
}

impl StoreCommand {
    pub(crate) async fn run(self, ask: &Ask) -> Result<(), Fault> {
        let nothing = Nothing {};
        match self {
            Self::Add(add) => add.run(ask).await,
            Self::Key(key) => key.run(ask).await,
            Self::Show { name } => {
                let path = StorePath { store: name };
                ask.show::<GetStore>(&path, &nothing, &nothing, show).await
            }
            Self::List => {
                ask.show::<ListStores>(&nothing, &nothing, &nothing, list)
                    .await
            }
            Self::Rm { name } => {
                ask.confirm(&format!("Remove store {name}?")).await?;
                let path = StorePath { store: name };
                ask.show::<DeleteStore>(&path, &nothing, &nothing, |output, _| {
                    output.line("Removed. What is in it is as it was.")
                })
                .await
            }
        }
    }
}

/// Where a store's images are.
fn place(store: &Store) -> String {
    match (&store.path, &store.backend) {
        (Some(path), _) => path.display().to_string(),
        (None, Some(Backend::Rbd { pool, .. })) => format!("rbd:{pool}"),
        (None, Some(Backend::Gluster { volume, .. })) => format!("gluster:{volume}"),
        (None, Some(Backend::Iscsi { target, .. })) => format!("iscsi:{target}"),
        (None, Some(Backend::Nfs { server, export, .. })) => format!("nfs:{server}:{export}"),
        (None, None) => "-".to_owned(),
    }
}

fn show(output: &mut Output, store: Store) -> std::io::Result<()> {
    let mut fields = vec![("store", store.name.to_string())];
    match &store.backend {
        Some(backend) => fields.extend(fields_of(backend)),
        None => fields.extend([
            ("kind", "directory".to_owned()),
            ("path", place(&store)),
            ("trees", trees(store.trees, store.squash).to_owned()),
            ("free", or_dash(store.free.map(size::show))),
            ("size", or_dash(store.total.map(size::show))),
        ]),
    }
    fields.push(("images", store.images.to_string()));
    fields.push(("declared in", declared_in(store.source)));
    output.fields(&fields)
}

/// What a backend is, field by field.
fn fields_of(backend: &Backend) -> Vec<(&'static str, String)> {
    match backend {
        Backend::Rbd {
            monitors,
            pool,
            entity,
        } => vec![
            ("kind", "rbd".to_owned()),
            ("monitors", monitors.clone()),
            ("pool", pool.clone()),
            ("entity", format!("client.{entity}")),
        ],
        Backend::Gluster {
            servers,
            volume,
            directory,
        } => vec![
            ("kind", "gluster".to_owned()),
            ("servers", servers.clone()),
            ("volume", volume.clone()),
            ("directory", or_dash(directory.clone())),
        ],
        Backend::Iscsi {
            portal,
            target,
            initiator,
            user,
            target_user,
            shared,
        } => vec![
            ("kind", "iscsi".to_owned()),
            ("portal", portal.clone()),
            ("target", target.clone()),
            ("initiator", initiator.clone()),
            ("user", or_dash(user.clone())),
            ("target user", or_dash(target_user.clone())),
            ("shared", if *shared { "yes" } else { "no" }.to_owned()),
        ],
        Backend::Nfs {
            server,
            export,
            nfs_port,
            mount_port,
            uid,
            gid,
        } => vec![
            ("kind", "nfs".to_owned()),
            ("server", server.to_string()),
            ("export", export.clone()),
            ("NFS port", or_dash(nfs_port.map(|port| port.to_string()))),
            (
                "MOUNT port",
                or_dash(mount_port.map(|port| port.to_string())),
            ),
            ("uid", uid.to_string()),
            ("gid", gid.to_string()),
        ],
    }
}

fn list(output: &mut Output, stores: Stores) -> std::io::Result<()> {
    let mut table = Table::new(&[
        "NAME",
        "WHERE",
        "IMAGES",
        "TREES",
        "FREE",
        "SIZE",
        "DECLARED IN",
    ]);
    for store in stores.stores {
        table.row([
            store.name.to_string(),
            place(&store),
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
