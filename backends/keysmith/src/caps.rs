//! What keys are for, in Ceph's words.
//!
//! An OSD's capability names objects by the beginnings of their names alone. What that leaves open:
//! the key of image `vm` may also read the identifier of an image `vm2` (not its data, nor anything
//! else of it); and where one image's identifier begins with another's, which chance alone could
//! bring about, no key is made.

use std::fmt::Write;

use crate::Name;

/// What every minted key may do with the monitors: know the maps that it needs to find objects, and
/// nothing else. It can exclude nobody, and read neither keys nor capabilities.
pub const MINTED_MON_CAP: &str = "profile simple-rados-client";

/// What every minted key may do with the managers: a command that there is not. It stands there so that
/// the minting key can be bound to it: a key whose managers' capability was free could be given all of
/// the cluster's machines.
pub const MINTED_MGR_CAP: &str = "allow command none";

/// What an image's features and settings are read from, for all of a pool.
const POOL_INFO: &str = "rbd_info";

/// The right to ask which name an image with a certain identifier has.
const NAME_OF_ID: &str = "class rbd dir_get_name";

/// What a key is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All that is in a namespace of a pool.
    Namespace {
        /// The pool.
        pool: Name,
        /// The namespace.
        namespace: Name,
    },
    /// One image.
    Image(Single),
}

/// One image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Single {
    /// Its pool.
    pub pool: Name,
    /// Its namespace, if it is in one.
    pub namespace: Option<Name>,
    /// Its name.
    pub name: Name,
    /// Its identifier.
    pub id: Name,
    /// What the names of its objects begin with, before the dot.
    pub prefix: Name,
    /// The pool that its data is in.
    pub data_pool: Name,
    /// It is only to be read.
    pub read_only: bool,
    /// What it is a clone of, what that is one of, and so on.
    pub parents: Vec<Origin>,
}

/// An image that another one is a clone of: that one's key lets it be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its pool.
    pub pool: Name,
    /// Its namespace, if it is in one.
    pub namespace: Option<Name>,
    /// Its name.
    pub name: Name,
    /// Its identifier.
    pub id: Name,
    /// What the names of its objects begin with, before the dot.
    pub prefix: Name,
    /// The pool that its data is in.
    pub data_pool: Name,
}

impl Scope {
    /// What its key may do with the OSDs.
    ///
    /// For one image, each as narrow as librbd lets it be, found by leaving out one after the other:
    ///
    /// * `rbd_data`: the data.
    /// * `rbd_header`: size, features, lock, watch.
    /// * `rbd_object_map`: without it, writing works and silently leaves the map wrong.
    /// * `rbd_id`: the identifier, by the method that reads it.
    /// * `rbd_info`: the pool's settings, for reading: with `x` instead of `class-read` a key could
    ///   change the settings of all images of its pool.
    ///
    /// For what it is a clone of:
    ///
    /// * `rbd_data`, for reading; of the clone itself it has `x`, too: what is copied up is written by a method.
    /// * `rbd_header`, by methods that read. The object map is not needed: librbd goes on without it.
    /// * `rbd_directory`, by the one method that gives the name of an identifier. So it lists nobody's images.
    ///
    /// An OSD cannot tell a snapshot's data from what was written since: the key reads all of a parent.
    #[must_use]
    pub fn osd_cap(&self) -> String {
        let mut cap = Cap::default();
        match self {
            Self::Namespace { pool, namespace } => {
                cap.allow("rwx", pool, Some(Some(namespace)), "");
                cap.allow("r class-read", pool, Some(None), POOL_INFO);
            }
            Self::Image(image) => image.allow(&mut cap),
        }
        cap.0
    }

    /// Where the locks are of what a key was made for, as its capability says: the first grant is the
    /// namespace, or the header of one image.
    #[must_use]
    pub fn locks_of(osd_cap: &str) -> Option<(String, Option<String>)> {
        let grants: Vec<_> = osd_cap.split(", ").map(Grant::parse).collect();
        let header = grants.iter().find_map(|grant| {
            let id = grant.prefix.strip_prefix("rbd_header.")?;
            (grant.right == "rwx").then(|| (grant.namespace.to_owned(), Some(id.to_owned())))
        });
        let whole = || {
            let grant = grants.first()?;
            (grant.right == "rwx" && grant.prefix.is_empty() && !grant.namespace.is_empty())
                .then(|| (grant.namespace.to_owned(), None))
        };
        header.or_else(whole)
    }
}

impl Single {
    fn allow(&self, cap: &mut Cap) {
        let (pool, data_pool) = (&self.pool, &self.data_pool);
        let namespace = Some(self.namespace.as_ref());
        let (data, own) = match (self.read_only, self.parents.is_empty()) {
            (true, _) => ("r", "r class-read"),
            (false, true) => ("rw", "rwx"),
            (false, false) => ("rwx", "rwx"),
        };
        let id = &self.id;
        cap.allow(data, data_pool, namespace, &format!("{}.", self.prefix));
        cap.allow(own, pool, namespace, &format!("rbd_header.{id}"));
        cap.allow(own, pool, namespace, &format!("rbd_object_map.{id}"));
        let name = format!("rbd_id.{}", self.name);
        cap.allow("r class-read", pool, namespace, &name);
        cap.allow("r class-read", pool, Some(None), POOL_INFO);
        for parent in &self.parents {
            parent.allow(cap);
        }
    }
}

impl Origin {
    fn allow(&self, cap: &mut Cap) {
        let namespace = Some(self.namespace.as_ref());
        let data = format!("{}.", self.prefix);
        cap.allow("r", &self.data_pool, namespace, &data);
        let header = format!("rbd_header.{}", self.id);
        cap.allow("r class-read", &self.pool, namespace, &header);
        cap.allow(NAME_OF_ID, &self.pool, namespace, "rbd_directory");
    }
}

/// A capability that is being written.
#[derive(Default)]
struct Cap(String);

impl Cap {
    /// Without a namespace at all it is all namespaces; `Some(None)` is the one without a name.
    fn allow(&mut self, right: &str, pool: &Name, namespace: Option<Option<&Name>>, prefix: &str) {
        let separator = if self.0.is_empty() { "" } else { ", " };
        // Writing to a `String` cannot fail.
        let _ = write!(self.0, "{separator}allow {right} pool={pool}");
        let _ = match namespace {
            None => Ok(()),
            Some(None) => write!(self.0, " namespace=\"\""),
            Some(Some(name)) => write!(self.0, " namespace={name}"),
        };
        if !prefix.is_empty() {
            let _ = write!(self.0, " object_prefix {prefix}");
        }
    }
}

/// One part of a capability.
#[derive(Debug, Default)]
struct Grant<'a> {
    right: &'a str,
    namespace: &'a str,
    prefix: &'a str,
}

impl<'a> Grant<'a> {
    fn parse(text: &'a str) -> Self {
        let words: Vec<&str> = text.split(' ').collect();
        let mut grant = Self {
            right: words.get(1).copied().unwrap_or_default(),
            ..Self::default()
        };
        for (at, word) in words.iter().enumerate() {
            if let Some(namespace) = word.strip_prefix("namespace=") {
                grant.namespace = namespace.trim_matches('"');
            }
            if *word == "object_prefix" {
                grant.prefix = words.get(at + 1).copied().unwrap_or_default();
            }
        }
        grant
    }
}

/// What the minting key of a store needs, so that an admin can make it: capabilities for the monitors
/// and for the OSDs. `pools` are the store's, and those that its images have parents or data in.
///
/// With the monitors it may make, read and remove entities whose names begin with `prefix`; give them
/// [`MINTED_MON_CAP`], [`MINTED_MGR_CAP`] and objects of these pools, and no more; exclude clients; and
/// list who is connected. So a keysmith that was taken over makes no admin of itself, reads nothing of
/// other pools, takes nothing from an entity that is not the gateway's, and lets nobody in again who is
/// excluded. Each command was found by leaving out one after the other.
///
/// With the OSDs it may do what is done to images: make and remove them, and take their locks away. It
/// could give itself a key for that anyway.
#[must_use]
pub fn minting_caps(pools: &[Name], prefix: &Name) -> [(&'static str, String); 2] {
    let ours = format!("with entity prefix client.{prefix}");
    let named: Vec<_> = pools.iter().map(Name::as_str).collect();
    // In a regular expression a dot is any character.
    let named = named.join("|").replace('.', "[.]");
    let objects = format!("(allow [a-z_ -]+ pool=({named}) [a-zA-Z0-9_.=\" -]*(, )?)+");
    let bound = format!(
        "{ours} caps_mon=\"{MINTED_MON_CAP}\" caps_mgr=\"{MINTED_MGR_CAP}\" \
         caps_osd regex '{objects}'"
    );
    let mon = format!(
        "{MINTED_MON_CAP}, \
         allow command \"auth get-or-create\" {bound}, \
         allow command \"auth caps\" {bound}, \
         allow command \"auth get\" {ours}, \
         allow command \"auth del\" {ours}, \
         allow command \"osd blocklist\" with blocklistop=add, \
         allow command \"sessions\""
    );
    let osd: Vec<_> = pools
        .iter()
        .map(|pool| format!("profile rbd pool={pool}"))
        .collect();
    [("mon", mon), ("osd", osd.join(", "))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::new("it", text).unwrap()
    }

    fn image() -> Single {
        Single {
            pool: name("vms"),
            namespace: None,
            name: name("web"),
            id: name("10a2"),
            prefix: name("rbd_data.10a2"),
            data_pool: name("vms"),
            read_only: false,
            parents: Vec::new(),
        }
    }

    #[test]
    fn a_clones_key_reads_what_it_is_a_clone_of_and_no_more_of_it() {
        let parent = Origin {
            pool: name("base"),
            namespace: None,
            name: name("golden"),
            id: name("77"),
            prefix: name("rbd_data.77"),
            data_pool: name("base"),
        };
        let clone = |read_only| {
            let parents = vec![parent.clone()];
            Scope::Image(Single {
                read_only,
                parents,
                ..image()
            })
        };
        let cap = clone(false).osd_cap();
        assert!(
            cap.starts_with("allow rwx pool=vms namespace=\"\" object_prefix rbd_data.10a2., "),
            "{cap}"
        );
        assert!(
            cap.ends_with(
                ", allow r pool=base namespace=\"\" object_prefix rbd_data.77., \
                 allow r class-read pool=base namespace=\"\" object_prefix rbd_header.77, \
                 allow class rbd dir_get_name pool=base namespace=\"\" object_prefix rbd_directory"
            ),
            "{cap}"
        );
        // The locks are its own, not its parent's.
        assert_eq!(
            Scope::locks_of(&cap),
            Some((String::new(), Some("10a2".into())))
        );
        let cap = clone(true).osd_cap();
        assert!(!cap.contains("rw"), "{cap}");
    }

    #[test]
    fn a_namespaces_key_is_for_it_alone() {
        let scope = Scope::Namespace {
            pool: name("vms"),
            namespace: name("labelgate-s0-c1"),
        };
        assert_eq!(
            scope.osd_cap(),
            "allow rwx pool=vms namespace=labelgate-s0-c1, \
             allow r class-read pool=vms namespace=\"\" object_prefix rbd_info"
        );
        let locks = Some(("labelgate-s0-c1".into(), None));
        assert_eq!(Scope::locks_of(&scope.osd_cap()), locks);
    }

    #[test]
    fn an_images_key_names_its_objects_alone() {
        let cap = Scope::Image(image()).osd_cap();
        assert_eq!(
            cap,
            "allow rw pool=vms namespace=\"\" object_prefix rbd_data.10a2., \
             allow rwx pool=vms namespace=\"\" object_prefix rbd_header.10a2, \
             allow rwx pool=vms namespace=\"\" object_prefix rbd_object_map.10a2, \
             allow r class-read pool=vms namespace=\"\" object_prefix rbd_id.web, \
             allow r class-read pool=vms namespace=\"\" object_prefix rbd_info"
        );
        assert_eq!(
            Scope::locks_of(&cap),
            Some((String::new(), Some("10a2".into())))
        );
        let reader = Single {
            read_only: true,
            namespace: Some(name("ns")),
            ..image()
        };
        let cap = Scope::Image(reader).osd_cap();
        assert!(!cap.contains("rw"), "{cap}");
        assert_eq!(Scope::locks_of(&cap), None);
    }

    #[test]
    fn what_is_no_capability_of_ours_has_no_locks() {
        for cap in [
            "",
            "allow *",
            "profile rbd pool=x",
            "allow rwx pool=x",
            "allow",
        ] {
            assert_eq!(Scope::locks_of(cap), None, "{cap}");
        }
    }
}
