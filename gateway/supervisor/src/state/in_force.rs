//! The configuration file and the registry, put together.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use labelgate_mac::Label;
use labelgate_registry::Snapshot;

use super::clash::{self, Clash};
use super::tokens::Tokens;
use super::translate;
use crate::catalogue::Catalogue;
use crate::config::{Config, Identities, Identity, Image, Store};

/// Where something is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// In the configuration file.
    File,
    /// In the registry.
    Registry,
}

/// What is in force. It exists only if the file and the registry do not clash.
#[derive(Debug, Clone)]
pub struct InForce {
    /// What the file says.
    pub config: Arc<Config>,
    /// What the registry says.
    pub snapshot: Arc<Snapshot>,
    /// The tokens of its identities.
    pub tokens: Arc<Tokens>,
    /// The stores by name.
    pub stores: BTreeMap<String, (Arc<Store>, Source)>,
    /// The images, as workers get them.
    pub images: Arc<Catalogue>,
    /// Who is let in.
    pub identities: Arc<Identities>,
    /// Where each image of `images` is declared, in the order of [`Catalogue::all`]: those of the
    /// file come first, and there are so many.
    declared_images: usize,
}

impl InForce {
    /// Puts the two together, as leases are at the time `now`.
    ///
    /// # Errors
    /// Both declare the same thing.
    pub fn new(
        config: Arc<Config>,
        (snapshot, tokens): (Arc<Snapshot>, Arc<Tokens>),
        now: Timestamp,
    ) -> Result<Self, Clash> {
        clash::check(&config, &snapshot)?;
        let mut stores = BTreeMap::new();
        for store in &config.stores {
            stores.insert(store.name.clone(), (Arc::clone(store), Source::File));
        }
        for store in snapshot.stores.values() {
            let store = Arc::new(translate::store(store));
            stores.insert(store.name.clone(), (store, Source::Registry));
        }
        let images = images(&config, &snapshot, &stores, now)?;
        let identities = identities(&config, (&snapshot, &tokens), images.all(), now)?;
        Ok(Self {
            declared_images: config.images.len(),
            stores,
            images: Arc::new(images),
            identities: Arc::new(identities),
            config,
            snapshot,
            tokens,
        })
    }

    /// All images with where they are declared.
    pub fn all_images(&self) -> impl Iterator<Item = (&Arc<Image>, Source)> {
        let images = self.images.all().iter().enumerate();
        images.map(|(number, image)| match number < self.declared_images {
            true => (image, Source::File),
            false => (image, Source::Registry),
        })
    }

    /// An image by its store's and its own name, with where it is declared.
    #[must_use]
    pub fn image(&self, store: &str, name: &str) -> Option<(&Arc<Image>, Source)> {
        self.all_images()
            .find(|(image, _)| image.store.name == store && image.name == name)
    }

    /// Every label that the file uses.
    pub fn declared_labels(&self) -> impl Iterator<Item = &Label> {
        clash::labels_of(&self.config)
    }

    /// Where an identity is declared.
    #[must_use]
    pub fn source_of(&self, identity: &Identity) -> Source {
        let declared = self.config.identities.iter();
        match declared
            .into_iter()
            .any(|other| other.name == identity.name)
        {
            true => Source::File,
            false => Source::Registry,
        }
    }
}

fn images(
    config: &Config,
    snapshot: &Snapshot,
    stores: &BTreeMap<String, (Arc<Store>, Source)>,
    now: Timestamp,
) -> Result<Catalogue, Clash> {
    let held = snapshot.held(now);
    let mut all = config.images.clone();
    for record in snapshot.images.values() {
        let store = stores.get(record.store.as_str());
        let (store, _) = store.ok_or_else(|| Clash::NoStore(record.id()))?;
        let image = translate::image(record, store, &config.gateway.target_prefix, &held)?;
        all.push(Arc::new(image));
    }
    let stores = stores.values().map(|(store, _)| store);
    let trees = stores.filter(|store| store.has_trees()).cloned().collect();
    Ok(Catalogue::new(all).with_trees(trees))
}

fn identities(
    config: &Config,
    (snapshot, tokens): (&Snapshot, &Tokens),
    images: &[Arc<Image>],
    now: Timestamp,
) -> Result<Identities, Clash> {
    let mut identities = config.identities.with_epochs(tokens.key())?;
    let grants = translate::grants(snapshot, images);
    for record in snapshot.identities.values() {
        let identity = translate::identity(record, (snapshot, tokens), &grants, now)?;
        identities.insert(Arc::new(identity))?;
    }
    Ok(identities.with_followed(translate::followed(snapshot)))
}
