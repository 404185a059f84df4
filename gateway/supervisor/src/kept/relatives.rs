//! Whose the images are that one is a clone of, or that are clones of it.
//!
//! The key of a clone reads all of its parents, not only the snapshots that it was made of. So of an image
//! and everything that it is a clone of, what this gateway serves is all of one label.

use labelgate_control::KeptRelative;
use labelgate_mac::Label;
use labelgate_registry::InPool;

use super::access::{AccessError, place};
use super::keysmith::Keysmith;
use super::names::{Names, is_of_a_label};
use crate::catalogue::Catalogue;
use crate::config::{Image, Store};

/// An image is a clone of one that is another label's, or the other way round.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Estranged {
    /// Its label could read what is another's.
    #[error(
        "it is a clone of {parent}, which is {whose}: its label could read all of that; make it an image of its own first (rbd flatten {image})"
    )]
    Parent {
        /// What it is a clone of.
        parent: String,
        /// Whose that is.
        whose: String,
        /// The image, as `rbd` takes it.
        image: String,
    },
    /// Another label could read what is its own.
    #[error(
        "{clone}, which is {whose}, is a clone of it: that label could read what is written here; make that an image of its own first (rbd flatten {clone})"
    )]
    Clone {
        /// What is a clone of it.
        clone: String,
        /// Whose that is.
        whose: String,
    },
}

/// A label, and what else is served.
#[derive(Debug, Clone, Copy)]
pub struct Kinship<'a> {
    /// The label.
    pub label: &'a Label,
    /// What namespaces are called.
    pub names: &'a Names,
    /// All that is served.
    pub catalogue: &'a Catalogue,
}

impl Kinship<'_> {
    /// What an image is a clone of, if its label may have an image that is, and if nothing is a clone of it
    /// that its label must not be known to.
    ///
    /// # Errors
    /// [`AccessError::Estranged`], and what the keysmith says.
    pub async fn parents(
        &self,
        keysmith: &Keysmith,
        image: &Image,
        place: InPool<'_>,
    ) -> Result<Vec<KeptRelative>, AccessError> {
        let Some(there) = keysmith.describe(place).await? else {
            return Ok(Vec::new());
        };
        let parents = match there.cloned {
            true => keysmith.parents(place).await?,
            false => Vec::new(),
        };
        self.check_parents(image, &parents)?;
        // What is in the label's namespace, no other label's clone may have as its parent.
        if place.namespace != self.names.namespace_of(self.label) {
            self.check_clones(&keysmith.clones(place).await?)?;
        }
        Ok(parents)
    }

    /// Whether one of these is not in the label's namespace of a store.
    #[must_use]
    pub fn reaches_out(&self, store: &Store, parents: &[KeptRelative]) -> bool {
        let own = self.names.namespace_of(self.label);
        let pool = store.pool().map(|pool| pool.rbd.pool.as_str());
        let inside = |parent: &KeptRelative| {
            pool == Some(parent.pool.as_str()) && parent.name.namespace.as_str() == own
        };
        !parents.iter().all(inside)
    }

    /// Whether a label may have an image that is a clone of these.
    ///
    /// # Errors
    /// One of them is another label's.
    pub fn check_parents(&self, image: &Image, parents: &[KeptRelative]) -> Result<(), Estranged> {
        match parents.iter().find_map(|one| self.other(one)) {
            None => Ok(()),
            Some((parent, whose)) => Err(Estranged::Parent {
                parent,
                whose,
                image: in_words(image),
            }),
        }
    }

    /// Whether a label may have an image of which these are clones.
    ///
    /// # Errors
    /// One of them is another label's.
    pub fn check_clones(&self, clones: &[KeptRelative]) -> Result<(), Estranged> {
        match clones.iter().find_map(|one| self.other(one)) {
            None => Ok(()),
            Some((clone, whose)) => Err(Estranged::Clone { clone, whose }),
        }
    }

    /// A relative that is another label's, with whose it is.
    fn other(&self, relative: &KeptRelative) -> Option<(String, String)> {
        let namespace = relative.name.namespace.as_str();
        if namespace == self.names.namespace_of(self.label) {
            return None;
        }
        let whose = match is_of_a_label(namespace) {
            true => Some(format!("in the namespace {namespace} of another label")),
            false => self.served(relative),
        };
        whose.map(|whose| (spec(relative), whose))
    }

    /// Which image of another label it is. Pools are told apart by their names alone: one of another cluster
    /// that has the same is taken for this one, and too much is refused.
    fn served(&self, relative: &KeptRelative) -> Option<String> {
        let is_it = |image: &Image| {
            let pool = image.store.pool();
            let (namespace, name) = (
                relative.name.namespace.as_str(),
                relative.name.image.as_str(),
            );
            pool.is_some_and(|pool| pool.rbd.pool.as_str() == relative.pool.as_str())
                && place(image).is_ok_and(|place| {
                    let InPool {
                        namespace: its,
                        image,
                    } = place;
                    (its, image) == (namespace, name)
                })
        };
        let mut all = self.catalogue.all().iter();
        let found = all.find(|image| image.audience.label() != Some(self.label) && is_it(image));
        found.map(|image| format!("image {image} of {}", image.audience))
    }
}

/// A relative as `rbd` takes it.
fn spec(relative: &KeptRelative) -> String {
    let KeptRelative { pool, name, .. } = relative;
    match name.namespace.as_str() {
        "" => format!("{pool}/{}", name.image),
        namespace => format!("{pool}/{namespace}/{}", name.image),
    }
}

/// An image as `rbd` takes it.
fn in_words(image: &Image) -> String {
    let pool = image.store.pool().map(|pool| pool.rbd.pool.as_str());
    format!("{}/{}", pool.unwrap_or_default(), image.file.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use labelgate_control::{KeptName, Text};
    use labelgate_registry::MasterKey;
    use std::path::Path;

    const IMAGES: &str = r#"
        [[store]]
        name = "ceph"
        kind = "rbd"
        monitors = "192.0.2.1"
        pool = "vms"
        entity = "client.labelgate"
        key_file = "KEY_FILE"
        [[image]]
        name = "one"
        store = "ceph"
        file = "one"
        label = "s0:c1,c2"
        [[image]]
        name = "two"
        store = "ceph"
        file = "ns/two"
        label = "s0:c3,c4"
    "#;

    fn relative(pool: &str, namespace: &str, image: &str) -> KeptRelative {
        KeptRelative {
            pool: Text::new(pool).unwrap(),
            name: KeptName {
                namespace: Text::new(namespace).unwrap(),
                image: Text::new(image).unwrap(),
            },
            id: Text::default(),
        }
    }

    #[test]
    fn relatives_are_of_one_label_or_not_served_at_all() {
        // Whatever is in it: nobody but its owner may read it.
        let key = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&key, "AQBSdFhcAAAAABAAuF2wqYhZxqPqXGg0dEcYrQ==\n").unwrap();
        let text = IMAGES.replace("KEY_FILE", &key.path().display().to_string());
        let config = Config::parse(&text, Path::new("test")).unwrap();
        let catalogue = Catalogue::new(config.images);
        let names = Names::of(&MasterKey::from_bytes([7; 32]));
        let label: Label = "s0:c1,c2".parse().unwrap();
        let other: Label = "s0:c3,c4".parse().unwrap();
        let kinship = Kinship {
            label: &label,
            names: &names,
            catalogue: &catalogue,
        };
        let own = names.namespace_of(&label);
        for (pool, namespace, image) in [
            ("vms", "", "base"),
            ("vms", "", "one"),
            ("vms", own.as_str(), "any"),
            ("base", "ns", "two"),
            ("vms", "", "two"),
        ] {
            let all = [relative(pool, namespace, image)];
            assert_eq!(
                kinship.check_clones(&all),
                Ok(()),
                "{pool}/{namespace}/{image}"
            );
            assert_eq!(kinship.check_parents(&catalogue.all()[0], &all), Ok(()));
        }
        let others = names.namespace_of(&other);
        for (namespace, image, whose) in [
            ("ns", "two", "image ceph/two of s0:c3,c4"),
            (others.as_str(), "any", "of another label"),
            ("labelgate-00000000-s0-c9", "any", "of another label"),
        ] {
            let all = [
                relative("vms", "", "base"),
                relative("vms", namespace, image),
            ];
            let said = kinship.check_clones(&all).unwrap_err().to_string();
            assert!(said.contains(whose), "{said}");
            let said = kinship
                .check_parents(&catalogue.all()[0], &all)
                .unwrap_err();
            assert!(said.to_string().contains("rbd flatten vms/one"), "{said}");
        }
    }
}
