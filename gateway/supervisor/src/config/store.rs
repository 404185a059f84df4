//! Where images live.

use std::fmt;
use std::path::{Path, PathBuf};

use labelgate_registry::{CephxKey, ChapSecrets, Gluster, Iscsi, Nfs, Rbd};

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
    /// On an upstream iSCSI target: keepers hold them.
    Iscsi(Target),
    /// On an upstream NFS server: keepers hold them.
    Nfs(Nfs),
}

/// An upstream iSCSI target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Which.
    pub iscsi: Iscsi,
    /// The secrets that open it, if the configuration file names files with them; the registry has the
    /// others.
    pub secrets: Option<ChapSecrets>,
}

/// A pool of a Ceph cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// Which.
    pub rbd: Rbd,
    /// The key of its entity, if the configuration file names one; the registry has the others.
    pub key: Option<CephxKey>,
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
                (Place::Iscsi(target), Place::Iscsi(other)) => target.iscsi == other.iscsi,
                (Place::Nfs(nfs), Place::Nfs(other)) => nfs == other,
                _ => false,
            }
    }

    /// Its directory, if it is one.
    #[must_use]
    pub fn directory(&self) -> Option<&Path> {
        match &self.place {
            Place::Directory { path, .. } => Some(path),
            _ => None,
        }
    }

    /// Its pool, if it is one.
    #[must_use]
    pub const fn pool(&self) -> Option<&Pool> {
        match &self.place {
            Place::Rbd(pool) => Some(pool),
            _ => None,
        }
    }

    /// Its volume, if it is on one of Gluster's.
    #[must_use]
    pub const fn gluster(&self) -> Option<&Gluster> {
        match &self.place {
            Place::Gluster(gluster) => Some(gluster),
            _ => None,
        }
    }

    /// Its target, if it is an upstream one.
    #[must_use]
    pub const fn upstream(&self) -> Option<&Target> {
        match &self.place {
            Place::Iscsi(target) => Some(target),
            _ => None,
        }
    }

    /// Its export, if it is one of an upstream server.
    #[must_use]
    pub const fn nfs(&self) -> Option<&Nfs> {
        match &self.place {
            Place::Nfs(nfs) => Some(nfs),
            _ => None,
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
            _ => Squash::All,
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
            Place::Nfs(nfs) => format!("{} of {}", nfs.path_of(file), nfs.server),
            Place::Iscsi(Target { iscsi, .. }) => {
                format!(
                    "logical unit {} of {iscsi} at {}",
                    file.display(),
                    iscsi.portal
                )
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory { path, .. } => path.display().fmt(f),
            Self::Rbd(pool) => pool.rbd.fmt(f),
            Self::Gluster(gluster) => gluster.fmt(f),
            Self::Iscsi(target) => target.iscsi.fmt(f),
            Self::Nfs(nfs) => nfs.fmt(f),
        }
    }
}
