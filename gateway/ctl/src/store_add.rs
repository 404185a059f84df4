//! `labelgate store add`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use labelgate_api::endpoints::{PostBackend, PostStore};
use labelgate_api::{AddBackend, AddStore, Backend, Nothing, Squash, Store, StoreName};

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
        let Self {
            name,
            path,
            trees,
            squash,
            rbd,
            gluster,
            iscsi,
            nfs,
        } = self;
        let nothing = Nothing {};
        match (path, rbd.key_file) {
            (Some(path), _) => {
                let body = AddStore {
                    name,
                    path,
                    trees,
                    squash: squash.into(),
                };
                ask.show::<PostStore>(&nothing, &nothing, &body, added)
                    .await
            }
            (None, _) if gluster.gluster => {
                let body = AddBackend {
                    name,
                    backend: gluster.backend(),
                    key: None,
                    secrets: None,
                };
                ask.show::<PostBackend>(&nothing, &nothing, &body, added)
                    .await
            }
            (None, _) if iscsi.iscsi => {
                let (backend, secrets) = iscsi.backend()?;
                let body = AddBackend {
                    name,
                    backend,
                    key: None,
                    secrets,
                };
                ask.show::<PostBackend>(&nothing, &nothing, &body, added)
                    .await
            }
            (None, _) if nfs.nfs => {
                let body = AddBackend {
                    name,
                    backend: nfs.backend(),
                    key: None,
                    secrets: None,
                };
                ask.show::<PostBackend>(&nothing, &nothing, &body, added)
                    .await
            }
            (None, key_file) => {
                let body = AddBackend {
                    name,
                    backend: Backend::Rbd {
                        monitors: rbd.monitors.unwrap_or_default(),
                        pool: rbd.pool.unwrap_or_default(),
                        entity: rbd.entity.unwrap_or_default(),
                    },
                    key: Some(key(&key_file.unwrap_or_default())?),
                    secrets: None,
                };
                ask.show::<PostBackend>(&nothing, &nothing, &body, added)
                    .await
            }
        }
    }
}

fn added(output: &mut Output, store: Store) -> std::io::Result<()> {
    output.line(format_args!("Added store {}.", store.name))?;
    match store.backend {
        Some(Backend::Iscsi { shared: true, .. }) => output.line(SHARED),
        _ => Ok(()),
    }
}
