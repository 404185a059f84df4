//! What the configuration file and the registry must not both declare.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use labelgate_mac::Label;
use labelgate_registry::{self as registry, IdentityName, ImageId, Snapshot};
use uuid::Uuid;

use crate::config::{Config, IdentityClash, NetlabelSource, Place};

/// The configuration file and the registry declare the same thing, or what cannot stand together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Clash {
    /// Two stores of one name.
    #[error(
        "store {0} is declared in the configuration file and in the registry; rename it in the \
         file, or remove it with \"labelgate store rm\""
    )]
    Store(String),
    /// Two stores of one directory, or one within the other.
    #[error(
        "the directory {registry} of a store in the registry and {file} of one in the \
         configuration file overlap: one file could be two images; give each its own directory",
        registry = registry.display(), file = file.display()
    )]
    Directory {
        /// The registry's.
        registry: PathBuf,
        /// The file's.
        file: PathBuf,
    },
    /// Two stores of one pool, volume, target or export.
    #[error(
        "the {pool} is a store in the registry and in the configuration file: one image could be \
         two; remove one of them"
    )]
    Pool {
        /// The pool, volume, target or export.
        pool: String,
    },
    /// An image whose store is not there.
    #[error("image {0} of the registry has no store; restore a backup")]
    NoStore(ImageId),
    /// An identity that nobody can prove to be.
    #[error("identity {0} of the registry has no token; restore a backup")]
    NoToken(IdentityName),
    /// An image that cannot have a target.
    #[error("image {0}: {1}")]
    Target(ImageId, String),
    /// Two identities of one name or proof.
    #[error("in the configuration file and the registry: {0}")]
    Identity(#[from] IdentityClash),
    /// A label that the registry gave to somebody is used in the file.
    #[error(
        "the label {label} was allocated for {for_whom:?}, and the configuration file uses it \
         for {used_by}; choose another in the file, or \"labelgate level release {label}\""
    )]
    Label {
        /// The label.
        label: Box<Label>,
        /// Whom it was given to.
        for_whom: String,
        /// What uses it in the file.
        used_by: String,
    },
    /// A machine that images follow is at a label that is used in the file.
    #[error(
        "images that follow machine {vm} are at the label {label}, and the configuration file uses it for \
         {used_by}; choose another in the file, or stop that machine first"
    )]
    Followed {
        /// The label.
        label: Box<Label>,
        /// The machine.
        vm: Uuid,
        /// What uses it in the file.
        used_by: String,
    },
    /// An identity of the file has a group's label as its own.
    #[error(
        "{label} is the label of a group, and the configuration file gives it to {identity}, who \
         would be a member without being granted; choose another label in the file"
    )]
    Group {
        /// The label.
        label: Box<Label>,
        /// Who has it.
        identity: String,
    },
    /// A client whose label the network tells may come with a label of somebody else's.
    #[error(
        "the label {label} was given out by this gateway, and a client of [[netlabel]] source \
         {network} may come with it; choose other categories for that section, or take the label \
         away (\"labelgate level release\", \"labelgate group rm\")"
    )]
    Netlabel {
        /// The label.
        label: Box<Label>,
        /// Where such a client may come from.
        network: String,
    },
}

/// The registry gave somebody a label that a client may have whose label the network tells.
fn check_netlabel(config: &Config, snapshot: &Snapshot) -> Result<(), Clash> {
    let labels = snapshot.levels.keys().chain(snapshot.groups.keys());
    let sources: Vec<_> = config.identities.netlabel_sources().collect();
    if sources.is_empty() {
        return Ok(());
    }
    for label in labels {
        let reaches = |source: &&&Arc<NetlabelSource>| source.may_have(label);
        if let Some(source) = sources.iter().find(reaches) {
            return Err(Clash::Netlabel {
                label: Box::new(label.clone()),
                network: source.network.to_string(),
            });
        }
    }
    Ok(())
}

/// Every label that a configuration uses.
pub(super) fn labels_of(config: &Config) -> impl Iterator<Item = &Label> {
    let images = config.images.iter();
    let images = images.filter_map(|image| image.audience.label());
    images.chain(config.identities.iter().map(|identity| &identity.label))
}

/// Whether the two can stand together. What concerns single images and identities is found when
/// they are put together.
pub(super) fn check(config: &Config, snapshot: &Snapshot) -> Result<(), Clash> {
    check_stores(config, snapshot)?;
    check_netlabel(config, snapshot)?;
    let mut used = BTreeMap::new();
    for image in &config.images {
        if let Some(label) = image.audience.label() {
            used.entry(label)
                .or_insert_with(|| format!("image {image}"));
        }
    }
    for identity in config.identities.iter() {
        let name = identity.name.as_str();
        used.entry(&identity.label)
            .or_insert_with(|| format!("identity {name}"));
        if snapshot.groups.contains_key(&identity.label) {
            return Err(Clash::Group {
                label: Box::new(identity.label.clone()),
                identity: name.to_owned(),
            });
        }
    }
    for image in snapshot.images.values() {
        if let Some(follows) = &image.follows
            && let Some(used_by) = used.get(&image.label)
        {
            return Err(Clash::Followed {
                label: Box::new(image.label.clone()),
                vm: follows.vm,
                used_by: used_by.clone(),
            });
        }
    }
    for (label, used_by) in used {
        if let Some(level) = snapshot.levels.get(label) {
            return Err(Clash::Label {
                label: Box::new(label.clone()),
                for_whom: level.for_whom.as_str().to_owned(),
                used_by,
            });
        }
    }
    Ok(())
}

fn check_stores(config: &Config, snapshot: &Snapshot) -> Result<(), Clash> {
    let mut names = BTreeSet::new();
    for declared in &config.stores {
        names.insert(declared.name.as_str());
        for store in snapshot.stores.values() {
            check_places(&store.place, &declared.place)?;
        }
    }
    let mut stores = snapshot.stores.keys();
    match stores.find(|name| names.contains(name.as_str())) {
        Some(name) => Err(Clash::Store(name.to_string())),
        None => Ok(()),
    }
}

fn check_places(ours: &registry::Place, theirs: &Place) -> Result<(), Clash> {
    match (ours, theirs) {
        (registry::Place::Directory { path: ours, .. }, Place::Directory { path: theirs, .. }) => {
            let ours = ours.as_path();
            if ours.starts_with(theirs) || theirs.starts_with(ours) {
                return Err(Clash::Directory {
                    registry: ours.to_owned(),
                    file: theirs.clone(),
                });
            }
        }
        (registry::Place::Rbd(ours), Place::Rbd(theirs)) => {
            let pool = ours.to_string();
            if pool == theirs.rbd.to_string() {
                return Err(Clash::Pool { pool });
            }
        }
        (registry::Place::Gluster(ours), Place::Gluster(theirs)) if ours.meets(theirs) => {
            return Err(Clash::Pool {
                pool: ours.to_string(),
            });
        }
        (registry::Place::Nfs(ours), Place::Nfs(theirs)) if ours.meets(theirs) => {
            return Err(Clash::Pool {
                pool: ours.to_string(),
            });
        }
        (registry::Place::Iscsi(ours), Place::Iscsi(theirs))
            if ours.target == theirs.iscsi.target =>
        {
            return Err(Clash::Pool {
                pool: ours.to_string(),
            });
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jiff::Timestamp;
    use labelgate_registry::{Level, Purpose};

    use super::*;

    const SECTION: &str = "[[netlabel]]\nsource = \"10.9.1.2\"\nkind = \"static\"\n\
                           categories = \"c0.c255\"\n";

    /// A registry that gave this label to somebody.
    fn registry(label: &str) -> Snapshot {
        let label: Label = label.parse().unwrap();
        let level = Level {
            label: label.clone(),
            since: Timestamp::UNIX_EPOCH,
            for_whom: Purpose::clean("web-1"),
        };
        Snapshot {
            levels: BTreeMap::from([(label, level)]),
            ..Snapshot::default()
        }
    }

    #[test]
    fn the_level_of_a_machine_that_runs_is_not_used_in_the_file_when_that_is_read_again() {
        let vm = Uuid::from_u128(7);
        let mut image = registry::Image {
            store: "vms".parse().unwrap(),
            name: "web".parse().unwrap(),
            file: "web.img".parse().unwrap(),
            label: "s0:c1,c2".parse().unwrap(),
            designator: registry::fresh_designator().unwrap(),
            size: None,
            block_size: registry::BlockSize::B512,
            read_only: false,
            direct: false,
            content: false,
            follows: Some(registry::Follows {
                vm,
                rest: "s0:c300,c301".parse().unwrap(),
            }),
        };
        let text = "[[identity]]\naddress = \"10.9.1.9\"\nlabel = \"s0:c1,c2\"\n";
        let config = Config::parse(text, Path::new("labelgate.toml")).unwrap();
        let with = |image: &registry::Image| Snapshot {
            images: BTreeMap::from([(image.id(), image.clone())]),
            ..Snapshot::default()
        };
        let said = check(&config, &with(&image)).unwrap_err().to_string();
        assert!(
            said.contains("follow machine") && said.contains("identity address:10.9.1.9"),
            "{said}"
        );
        image.label = "s0:c300,c301".parse().unwrap();
        assert_eq!(check(&config, &with(&image)), Ok(()));
    }

    #[test]
    fn no_label_that_was_given_out_may_come_from_the_network() {
        let config = Config::parse(SECTION, Path::new("labelgate.toml")).unwrap();
        for free in ["s0:c255,c256", "s0:c300,c301"] {
            assert_eq!(check(&config, &registry(free)), Ok(()), "{free}");
        }
        let clash = check(&config, &registry("s0:c1,c255")).unwrap_err();
        let said = clash.to_string();
        assert!(
            said.contains("the label s0:c1,c255") && said.contains("source 10.9.1.2"),
            "{said}"
        );
    }
}
