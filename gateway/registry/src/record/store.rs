//! Where images live.

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

use super::{
    ChapName, EntityName, ExportPath, IscsiName, Monitors, PoolName, Portal, Record, ServerAddress,
    Servers, StorePath, VolumeDirectory, VolumeName,
};
use crate::{Secret, StoreKey, StoreName};

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
    /// On an upstream iSCSI target, as logical units.
    Iscsi(Iscsi),
    /// On an upstream NFS server, as files.
    Nfs(Nfs),
}

/// A directory of an upstream NFS server. Nothing opens it but being able to reach the server, which believes who
/// asks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nfs {
    /// The server.
    pub server: ServerAddress,
    /// The directory that it exports.
    pub export: ExportPath,
    /// The port of its NFS; none to ask its port mapper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nfs_port: Option<NonZeroU16>,
    /// The port of its MOUNT; none to ask its port mapper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mount_port: Option<NonZeroU16>,
    /// Whose files they are there.
    pub uid: u32,
    /// Their group there.
    pub gid: u32,
}

/// An upstream iSCSI target. The secrets that open it are kept apart: [`crate::Registry::store_key`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Iscsi {
    /// Where it is.
    pub portal: Portal,
    /// What it is called.
    pub target: IscsiName,
    /// Who logs in.
    pub initiator: IscsiName,
    /// The name that the gateway proves by CHAP; none if the target wants no proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<ChapName>,
    /// The name that the target proves; none if it need not. Only with `user`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_user: Option<ChapName>,
    /// Whether the credentials may open more than one logical unit. A keeper that is taken over then
    /// reaches all of them, whoever's they are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
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
            Self::Iscsi(iscsi) => iscsi.fmt(f),
            Self::Nfs(nfs) => nfs.fmt(f),
        }
    }
}

impl fmt::Display for Nfs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { server, export, .. } = self;
        write!(f, "export {export} of {server}")
    }
}

impl Nfs {
    /// Whether a file may be an image of both.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.server == other.server && self.export.meets(&other.export)
    }

    /// Where a file beneath the directory is, as the server calls it.
    #[must_use]
    pub fn path_of(&self, file: &std::path::Path) -> String {
        let export = self.export.as_str().trim_end_matches('/');
        format!("{export}/{}", file.display())
    }
}

impl fmt::Display for Iscsi {
    /// A target has portals, and one name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "target {}", self.target)
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

impl Iscsi {
    /// Whether these are its secrets: the gateway's if that has a name to prove, and the target's too
    /// if that has one.
    #[must_use]
    pub fn is_opened_with(&self, key: Option<&StoreKey>) -> bool {
        match (&self.user, key) {
            (None, None) => self.target_user.is_none(),
            (Some(_), Some(StoreKey::Chap(secrets))) => {
                // libiscsi keeps no more.
                let fits = |secret: &Secret| secret.expose().len() < 255;
                secrets.reverse().is_some() == self.target_user.is_some()
                    && fits(secrets.forward())
                    && secrets.reverse().is_none_or(fits)
            }
            _ => false,
        }
    }
}

impl Store {
    /// Its directory, if it has one.
    #[must_use]
    pub const fn directory(&self) -> Option<&StorePath> {
        match &self.place {
            Place::Directory { path, .. } => Some(path),
            _ => None,
        }
    }

    /// Its pool, if it has one.
    #[must_use]
    pub const fn rbd(&self) -> Option<&Rbd> {
        match &self.place {
            Place::Rbd(rbd) => Some(rbd),
            _ => None,
        }
    }

    /// What it is opened with, in words.
    #[must_use]
    pub const fn needs(&self) -> &'static str {
        match &self.place {
            Place::Directory { .. } | Place::Gluster(_) | Place::Nfs(_) => "no key",
            Place::Rbd(_) => "the key of its entity (--key-file)",
            Place::Iscsi(Iscsi { user: None, .. }) => "no secret, since it has no user",
            Place::Iscsi(Iscsi {
                target_user: None, ..
            }) => "the secret of its user (--secret-file) of at most 254 characters",
            Place::Iscsi(_) => {
                "the secrets of its user and of its target user (--secret-file, \
                 --target-secret-file) of at most 254 characters each"
            }
        }
    }

    /// Whether this is what it is opened with: a key of its kind if it needs one, or none.
    #[must_use]
    pub fn is_opened_with(&self, key: Option<&StoreKey>) -> bool {
        match &self.place {
            Place::Directory { .. } | Place::Gluster(_) | Place::Nfs(_) => key.is_none(),
            Place::Rbd(_) => key.and_then(StoreKey::cephx).is_some(),
            Place::Iscsi(iscsi) => iscsi.is_opened_with(key),
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iscsi: Option<Iscsi>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nfs: Option<Nfs>,
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
            iscsi,
            nfs,
        } = written;
        let place = match (path, rbd, gluster, iscsi, nfs) {
            (Some(path), None, None, None, None) => Place::Directory {
                path,
                trees,
                squash,
            },
            _ if trees || !squash.is_all() => return Err("trees that are in no directory"),
            (None, Some(rbd), None, None, None) => Place::Rbd(rbd),
            (None, None, Some(gluster), None, None) => Place::Gluster(gluster),
            (None, None, None, Some(iscsi), None) => Place::Iscsi(iscsi),
            (None, None, None, None, Some(nfs)) => Place::Nfs(nfs),
            _ => {
                return Err(
                    "a store that is not one of directory, pool, volume, target and export",
                );
            }
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
            iscsi: None,
            nfs: None,
        };
        match store.place {
            Place::Directory {
                path,
                trees,
                squash,
            } => (written.path, written.trees, written.squash) = (Some(path), trees, squash),
            Place::Rbd(rbd) => written.rbd = Some(rbd),
            Place::Gluster(gluster) => written.gluster = Some(gluster),
            Place::Iscsi(iscsi) => written.iscsi = Some(iscsi),
            Place::Nfs(nfs) => written.nfs = Some(nfs),
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
        let target = r#"{"portal":"10.0.0.9:3260","target":"iqn.2026-11.org.example:x","initiator":"iqn.2026-11.org.example:i","user":"gateway"}"#;
        let text = format!(r#"{{"name":"san","iscsi":{target}}}"#);
        let iscsi: Store = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&iscsi).unwrap(), text);
        let export = r#"{"server":"10.0.0.9","export":"/disks","uid":107,"gid":64}"#;
        let text = format!(r#"{{"name":"nas","nfs":{export}}}"#);
        let nfs: Store = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&nfs).unwrap(), text);
        for wrong in [
            format!(r#"{{"name":"nas","nfs":{export},"iscsi":{target}}}"#),
            format!(r#"{{"name":"san","gluster":{volume},"iscsi":{target}}}"#),
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
