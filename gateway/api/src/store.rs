//! Stores.

use std::net::IpAddr;
use std::num::NonZeroU16;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Secret, Source, StoreKey, StoreName};

/// Where images live: a directory, or a backend that is reached over the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Store {
    /// What it is called.
    pub name: StoreName,
    /// The directory, absolute, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub path: Option<PathBuf>,
    /// The backend, if it is reached over the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend: Option<Backend>,
    /// Whether every label has a tree of files of its own in it, which its NFS clients see.
    #[serde(default)]
    pub trees: bool,
    /// Which users of a label's clients are told apart there.
    #[serde(default)]
    pub squash: Squash,
    /// Where it is declared.
    pub source: Source,
    /// How many images it has.
    pub images: u64,
    /// Bytes of its file system that are free, if it has one that could be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free: Option<u64>,
    /// Bytes of its file system in all, if it has one that could be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// What keeps a store's images that are no files here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Backend {
    /// A pool of a Ceph cluster.
    Rbd {
        /// Where its monitors are, as `mon_host` of ceph.conf has it.
        #[schema(examples("10.0.0.1,10.0.0.2"))]
        monitors: String,
        /// The pool.
        pool: String,
        /// Who the gateway is there when it makes keys and images; `client.` may be left out.
        #[schema(examples("client.labelgate"))]
        entity: String,
    },
    /// A volume of Gluster's. Nothing opens it but being able to reach it: it has no key.
    Gluster {
        /// Where its servers are, with commas between them: whichever answers tells where its bricks
        /// are.
        #[schema(examples("10.0.0.1,10.0.0.2"))]
        servers: String,
        /// The volume.
        volume: String,
        /// The directory in its root that images are beneath, if it is not the root itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        directory: Option<String>,
    },
    /// An upstream iSCSI target, whose logical units are images.
    Iscsi {
        /// Where it is: an IP address, and a port if that is not 3260.
        #[schema(examples("10.0.0.9"))]
        portal: String,
        /// Its name.
        #[schema(examples("iqn.2026-11.org.example:web-1"))]
        target: String,
        /// The name that the gateway logs in with.
        #[schema(examples("iqn.2026-11.io.labelgate:gateway"))]
        initiator: String,
        /// The name that the gateway proves by CHAP, if the target wants a proof.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<String>,
        /// The name that the target has to prove by CHAP, if it has to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target_user: Option<String>,
        /// Whether these credentials may open more than one logical unit. Whoever takes over the keeper of
        /// one label reaches all that they open then.
        #[serde(default)]
        shared: bool,
    },
    /// A directory of an upstream NFS server, whose files are images. Nothing opens it but being able to
    /// reach the server: it has no key.
    Nfs {
        /// The server's IP address.
        #[schema(value_type = String, examples("10.0.0.9"))]
        server: IpAddr,
        /// The directory that it exports.
        #[schema(examples("/export/disks"))]
        export: String,
        /// The port of its NFS; by default its port mapper is asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<u16>, minimum = 1)]
        nfs_port: Option<NonZeroU16>,
        /// The port of its MOUNT; by default its port mapper is asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<u16>, minimum = 1)]
        mount_port: Option<NonZeroU16>,
        /// Whose files they are there.
        uid: u32,
        /// Their group there.
        gid: u32,
    },
}

/// All stores, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stores {
    /// The stores.
    pub stores: Vec<Store>,
}

/// A store to add.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddStore {
    /// What it shall be called.
    pub name: StoreName,
    /// The directory, absolute. It must be there, and only root should be able to write it.
    #[schema(value_type = String)]
    pub path: PathBuf,
    /// Whether every label shall have a tree of files of its own in it, which its NFS clients see.
    #[serde(default)]
    pub trees: bool,
    /// Which users of a label's clients shall be told apart there. Anything but `all` needs `trees`.
    #[serde(default)]
    pub squash: Squash,
}

/// Which users of a label's NFS clients are told apart in its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Squash {
    /// None: all files are the label's, and everybody there may do with them what the label may.
    #[default]
    All,
    /// All but root, who counts as nobody: files have owners.
    Root,
    /// All: files have owners.
    None,
}

/// A store to add whose images a backend keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddBackend {
    /// What it shall be called.
    pub name: StoreName,
    /// The backend.
    pub backend: Backend,
    /// The key of its entity, which a pool has and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<StoreKey>,
    /// The secrets of its names, which a target has that has such names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets: Option<TargetSecrets>,
}

/// The secrets of an upstream target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetSecrets {
    /// The secret that the gateway proves it knows.
    pub secret: Secret,
    /// The secret that the target proves it knows. It must differ from the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_secret: Option<Secret>,
}

/// Something else to open a store with: another key for a pool's entity, or other secrets for a target's
/// names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RekeyStore {
    /// The new key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<StoreKey>,
    /// The new secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets: Option<TargetSecrets>,
}

/// Which store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct StorePath {
    /// The store's name.
    pub store: StoreName,
}
