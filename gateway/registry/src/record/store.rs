//! Where images live.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    EntityName, Monitors, PoolName, Record, Servers, StorePath, VolumeDirectory, VolumeName,
};
use crate::StoreName;

/// Where images live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Store {
    /// What it is called.
    pub name: StoreName,
    /// Where its images are.
    pub place: Place,
}

/// Where the images of a store are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a directory, as files.
    Directory {
        /// The directory.
        path: StorePath,
        /// Whether every label has a tree of its own in it.
        trees: bool,
        /// Whose the objects of its trees are.
        squash: Squash,
    },
    /// In a pool of a Ceph cluster.
    Rbd(Rbd),
    /// On a volume of Gluster's, as files.
    Gluster(Gluster),
}

/// A volume of Gluster's. Nothing opens it but being able to reach it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gluster {
    /// Where its servers are.
    pub servers: Servers,
    /// The volume.
    pub volume: VolumeName,
    /// The directory that images are beneath; none for the volume's root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<VolumeDirectory>,
}

/// A pool of a Ceph cluster. The key of its entity is kept apart: [`crate::Registry::store_key`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rbd {
    /// Where the cluster's monitors are.
    pub monitors: Monitors,
    /// The pool.
    pub pool: PoolName,
    /// Who the gateway is there when it makes keys and images.
    pub entity: EntityName,
}

impl Gluster {
    /// Whether a file may be an image of both.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        let listed = |servers: &Servers| -> BTreeSet<String> {
            servers.to_string().split(',').map(str::to_owned).collect()
        };
        let apart = matches!(
            (&self.directory, &other.directory),
            (Some(one), Some(another)) if one != another
        );
        self.volume == other.volume
            && !apart
            && !listed(&self.servers).is_disjoint(&listed(&other.servers))
    }
}

impl fmt::Display for Place {
    /// In words that no place has which does not lead to the same images.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory { path, .. } => path.fmt(f),
            Self::Rbd(rbd) => rbd.fmt(f),
            Self::Gluster(gluster) => gluster.fmt(f),
        }
    }
}

impl fmt::Display for Rbd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { monitors, pool, .. } = self;
        write!(f, "pool {pool} at {monitors}")
    }
}

impl fmt::Display for Gluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            servers, volume, ..
        } = self;
        write!(f, "volume {volume} at {servers}")?;
        match &self.directory {
            Some(directory) => write!(f, ", directory {directory}"),
            None => Ok(()),
        }
    }
}

impl Gluster {
    /// Where a file beneath the directory is, from the volume's root.
    #[must_use]
    pub fn path_of(&self, file: &std::path::Path) -> String {
        match &self.directory {
            Some(directory) => format!("{directory}/{}", file.display()),
            None => file.display().to_string(),
        }
    }
}

impl Store {
    /// Its directory, if it has one.
    #[must_use]
    pub const fn directory(&self) -> Option<&StorePath> {
        match &self.place {
            Place::Directory { path, .. } => Some(path),
            Place::Rbd(_) | Place::Gluster(_) => None,
        }
    }

    /// Its pool, if it has one.
    #[must_use]
    pub const fn rbd(&self) -> Option<&Rbd> {
        match &self.place {
            Place::Directory { .. } | Place::Gluster(_) => None,
            Place::Rbd(rbd) => Some(rbd),
        }
    }
}

/// A store as it stands in the database and in backups.
///
/// A directory is written as before there was anything else. Of what an older labelgate does not
/// know it finds an unknown field, and refuses the registry.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: StoreName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<StorePath>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    trees: bool,
    #[serde(default, skip_serializing_if = "Squash::is_all")]
    squash: Squash,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rbd: Option<Rbd>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gluster: Option<Gluster>,
}

impl TryFrom<Written> for Store {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written {
            name,
            path,
            trees,
            squash,
            rbd,
            gluster,
        } = written;
        let place = match (path, rbd, gluster) {
            (Some(path), None, None) => Place::Directory {
                path,
                trees,
                squash,
            },
            _ if trees || !squash.is_all() => return Err("trees that are in no directory"),
            (None, Some(rbd), None) => Place::Rbd(rbd),
            (None, None, Some(gluster)) => Place::Gluster(gluster),
            _ => return Err("a store that is not one of directory, pool and volume"),
        };
        Ok(Self { name, place })
    }
}

impl From<Store> for Written {
    fn from(store: Store) -> Self {
        let mut written = Self {
            name: store.name,
            path: None,
            trees: false,
            squash: Squash::All,
            rbd: None,
            gluster: None,
        };
        match store.place {
            Place::Directory {
                path,
                trees,
                squash,
            } => (written.path, written.trees, written.squash) = (Some(path), trees, squash),
            Place::Rbd(rbd) => written.rbd = Some(rbd),
            Place::Gluster(gluster) => written.gluster = Some(gluster),
        }
        written
    }
}

/// Which users of a label's clients are told apart in its trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Squash {
    /// None.
    #[default]
    All,
    /// All but root.
    Root,
    /// All.
    None,
}

impl Squash {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    const fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }
}

impl Record for Store {
    type Key = StoreName;

    fn key(&self) -> StoreName {
        self.name.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_written_as_it_always_was() {
        let store = Store {
            name: "vms".parse().unwrap(),
            place: Place::Directory {
                path: "/srv/vms".parse().unwrap(),
                trees: false,
                squash: Squash::All,
            },
        };
        let text = serde_json::to_string(&store).unwrap();
        assert_eq!(text, r#"{"name":"vms","path":"/srv/vms"}"#);
        assert_eq!(serde_json::from_str::<Store>(&text).unwrap(), store);
    }

    #[test]
    fn a_store_is_one_thing() {
        let pool = r#"{"monitors":"10.0.0.1","pool":"vms","entity":"labelgate"}"#;
        let right = format!(r#"{{"name":"ceph","rbd":{pool}}}"#);
        let store: Store = serde_json::from_str(&right).unwrap();
        assert_eq!(serde_json::to_string(&store).unwrap(), right);
        let volume = r#"{"servers":"10.0.0.1","volume":"vms","directory":"images"}"#;
        let text = format!(r#"{{"name":"gl","gluster":{volume}}}"#);
        let gluster: Store = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&gluster).unwrap(), text);
        for wrong in [
            format!(r#"{{"name":"gl","rbd":{pool},"gluster":{volume}}}"#),
            format!(r#"{{"name":"gl","trees":true,"gluster":{volume}}}"#),
            r#"{"name":"ceph"}"#.to_owned(),
            format!(r#"{{"name":"ceph","path":"/srv","rbd":{pool}}}"#),
            format!(r#"{{"name":"ceph","trees":true,"rbd":{pool}}}"#),
            right.replace("\"pool\"", "\"key\":\"x\",\"pool\""),
        ] {
            assert!(serde_json::from_str::<Store>(&wrong).is_err(), "{wrong}");
        }
    }

    fn volume(servers: &str, directory: Option<&str>) -> Gluster {
        Gluster {
            servers: servers.parse().unwrap(),
            volume: "vms".parse().unwrap(),
            directory: directory.map(|name| name.parse().unwrap()),
        }
    }

    #[test]
    fn stores_of_one_volume_are_apart_by_their_directories_alone() {
        let all = volume("10.0.0.1,10.0.0.2", None);
        let other_order = volume("10.0.0.2,10.0.0.1", Some("images"));
        assert!(all.meets(&other_order) && other_order.meets(&all));
        let one = volume("10.0.0.2", Some("images"));
        assert!(one.meets(&other_order));
        assert!(!one.meets(&volume("10.0.0.2", Some("others"))));
        assert!(
            !one.meets(&volume("10.0.0.3", Some("images"))),
            "for all we know"
        );
    }
}
