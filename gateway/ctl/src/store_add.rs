//! `labelgate store add`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use labelgate_api::endpoints::{PostBackend, PostStore};
use labelgate_api::{AddBackend, AddStore, Backend, Nothing, Squash, Store, StoreKey, StoreName};

use crate::ask::Ask;
use crate::fault::Fault;
use crate::output::Output;
use crate::store_iscsi::{IscsiStore, SHARED};
use crate::store_key::key;
use crate::store_nfs::NfsStore;

/// Add a directory as a store, a pool of a Ceph cluster, a volume of Gluster's, an upstream iSCSI
/// target, or a directory of an upstream NFS server.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// What it shall be called: lower-case letters, digits and dashes.
    name: StoreName,
    /// The directory, absolute. Only root should be able to write it.
    #[arg(required_unless_present_any = ["rbd", "gluster", "iscsi", "nfs"], conflicts_with_all = ["rbd", "gluster", "iscsi", "nfs"])]
    path: Option<PathBuf>,
    /// Give every label a tree of files of its own in it, for its NFS clients.
    #[arg(long, conflicts_with_all = ["rbd", "gluster", "iscsi", "nfs"])]
    trees: bool,
    /// Which users of a label's clients to tell apart in its tree. With anything but "all", files have
    /// the owners that clients give them.
    #[arg(long, value_enum, default_value_t = SquashWhom::All, requires = "trees")]
    squash: SquashWhom,
    #[command(flatten)]
    rbd: RbdStore,
    #[command(flatten)]
    gluster: GlusterStore,
    #[command(flatten)]
    iscsi: IscsiStore,
    #[command(flatten)]
    nfs: NfsStore,
}

/// Who counts as the label itself.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum SquashWhom {
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

/// A pool of a Ceph cluster.
#[derive(Debug, Args)]
struct RbdStore {
    /// Add a pool of a Ceph cluster, whose RBD images are served.
    #[arg(long, requires_all = ["monitors", "pool", "entity", "key_file"])]
    rbd: bool,
    /// Where the cluster's monitors are: addresses with commas, as mon_host of ceph.conf has them.
    #[arg(long, requires = "rbd", value_name = "ADDRESSES")]
    monitors: Option<String>,
    /// The pool.
    #[arg(long, requires = "rbd")]
    pool: Option<String>,
    /// Who the gateway is there when it makes keys and images, such as client.labelgate.
    #[arg(long, requires = "rbd", value_name = "NAME")]
    entity: Option<String>,
    /// The file with the entity's key, or its keyring; - for standard input.
    #[arg(long, requires = "rbd", value_name = "FILE")]
    key_file: Option<PathBuf>,
}

/// A volume of Gluster's.
#[derive(Debug, Args)]
struct GlusterStore {
    /// Add a volume of Gluster's, whose files are served.
    #[arg(long, requires_all = ["servers", "volume"], conflicts_with = "rbd")]
    gluster: bool,
    /// Where the volume's servers are: addresses or names with commas; whichever answers will do.
    #[arg(long, requires = "gluster", value_name = "ADDRESSES")]
    servers: Option<String>,
    /// The volume.
    #[arg(long, requires = "gluster")]
    volume: Option<String>,
    /// The directory in the volume's root that images are beneath; it has to be there.
    #[arg(long, requires = "gluster", value_name = "NAME")]
    directory: Option<String>,
}

impl RbdStore {
    fn backend(self) -> Result<(Backend, StoreKey), Fault> {
        let key = key(&self.key_file.unwrap_or_default())?;
        let backend = Backend::Rbd {
            monitors: self.monitors.unwrap_or_default(),
            pool: self.pool.unwrap_or_default(),
            entity: self.entity.unwrap_or_default(),
        };
        Ok((backend, key))
    }
}

impl GlusterStore {
    fn backend(self) -> Backend {
        Backend::Gluster {
            servers: self.servers.unwrap_or_default(),
            volume: self.volume.unwrap_or_default(),
            directory: self.directory,
        }
    }
}

impl Add {
    pub(crate) async fn run(self, ask: &Ask) -> Result<(), Fault> {
        let nothing = Nothing {};
        if let Some(path) = self.path {
            let body = AddStore {
                name: self.name,
                path,
                trees: self.trees,
                squash: self.squash.into(),
            };
            return ask
                .show::<PostStore>(&nothing, &nothing, &body, added)
                .await;
        }
        let body = self.backend()?;
        ask.show::<PostBackend>(&nothing, &nothing, &body, added)
            .await
    }

    /// What there is to add that is no directory.
    fn backend(self) -> Result<AddBackend, Fault> {
        if !self.iscsi.iscsi && self.iscsi.has_files() {
            return Err(Fault::Usage("--secret-file belongs to --iscsi"));
        }
        let (backend, key, secrets) = if self.gluster.gluster {
            (self.gluster.backend(), None, None)
        } else if self.nfs.nfs {
            (self.nfs.backend(), None, None)
        } else if self.iscsi.iscsi {
            let (backend, secrets) = self.iscsi.backend()?;
            (backend, None, secrets)
        } else {
            let (backend, key) = self.rbd.backend()?;
            (backend, Some(key), None)
        };
        Ok(AddBackend {
            name: self.name,
            backend,
            key,
            secrets,
        })
    }
}

fn added(output: &mut Output, store: Store) -> std::io::Result<()> {
    output.line(format_args!("Added store {}.", store.name))?;
    match store.backend {
        Some(Backend::Iscsi { shared: true, .. }) => output.line(SHARED),
        _ => Ok(()),
    }
}
