//! Giving a label's keeper access to images, and taking it back.

use std::collections::{BTreeSet, HashSet};
use std::num::NonZeroU16;
use std::sync::Arc;

use labelgate_control::{Anchor, GlusterAnchor, GlusterVolume, NfsAnchor, RbdAnchor, Secret, Text};
use labelgate_mac::Label;
use labelgate_registry::{Gluster, InPool, Nfs, UnitError};

use super::anchor::{AnchorFailure, Opener};
use super::counts::NoCount;
use super::keysmith::{Entity, Instance, Keysmith, KeysmithError};
use super::names::Scope;
use super::relatives::{Estranged, Kinship};
use crate::config::{Image, Store};
use crate::provider::image_context;
use crate::uid::NoUid;
use crate::worker::Shared;

/// Why nobody is given access to an image that a backend keeps.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// It is none that a backend could keep.
    #[error("its name is none in a pool: {0}")]
    Name(#[from] labelgate_registry::BackendNameError),
    /// There is no keysmith, or it cannot do it.
    #[error("{0}")]
    Keysmith(#[from] KeysmithError),
    /// Its anchor cannot be written.
    #[error("{0}")]
    Anchor(#[from] AnchorFailure),
    /// Its label has no UID.
    #[error("{0}")]
    Uid(#[from] NoUid),
    /// Its store has none.
    #[error("its store has no keysmith")]
    NoPool,
    /// It is not there, and there is no size to make it with.
    #[error("it is not in its pool; give it a size, and it will be made")]
    Missing,
    /// It was there, and its clients have it open.
    #[error(
        "it is no longer in its pool, or has another name there; give it back its name (rbd rename, rbd trash restore)"
    )]
    Vanished,
    /// It is a clone of another label's image, or has such clones.
    #[error("{0}")]
    Estranged(#[from] Estranged),
    /// It is no logical unit.
    #[error("{0}")]
    Unit(#[from] UnitError),
    /// There is nothing to open its store with.
    #[error("its store: {0}")]
    NoSecrets(String),
    /// Its keepers cannot be counted.
    #[error("{0}")]
    Count(#[from] NoCount),
    /// Nobody counts them any more.
    #[error("the gateway ends")]
    Ends,
    /// Something of it is longer than an anchor has room for.
    #[error("its anchor has no room: {0}")]
    Long(#[from] labelgate_control::Refused),
}

/// A label's way into a store.
#[derive(Debug, Clone)]
pub struct Gate {
    /// What all services share.
    pub shared: Arc<Shared>,
    /// Whose it is.
    pub label: Label,
    /// Where to.
    pub store: Arc<Store>,
}

/// What became of images whose anchors were to be written.
#[derive(Debug, Default)]
pub struct Anchored {
    /// Who may be let in now, whether or not all went well.
    pub entities: BTreeSet<Entity>,
    /// Each image, with why it has no anchor if it has none.
    pub images: Vec<(u32, Arc<Image>, Result<(), AccessError>)>,
}

impl Gate {
    fn keysmith(&self) -> Result<Keysmith, AccessError> {
        let keysmith = self.shared.keysmiths.of(&self.store);
        keysmith.ok_or(AccessError::NoPool)
    }

    /// Writes the anchors of images, with keys that let the label's keeper at them and at nothing
    /// else. What earlier gateways may have left is shut out first: of all entities but those that
    /// are `known` to have been made since this one started. Those images that a worker `had` are not
    /// made anew if they are gone: its clients would go on with an empty one.
    pub async fn anchor(
        self,
        images: Vec<(u32, Arc<Image>)>,
        known: BTreeSet<Entity>,
        had: BTreeSet<u32>,
    ) -> Anchored {
        let mut anchored = Anchored::default();
        for (number, image) in images {
            let may_make = !had.contains(&number);
            let result = self
                .anchor_one(&image, may_make, &known, &mut anchored.entities)
                .await;
            anchored.images.push((number, image, result));
        }
        anchored
    }

    async fn anchor_one(
        &self,
        image: &Image,
        may_make: bool,
        known: &BTreeSet<Entity>,
        entities: &mut BTreeSet<Entity>,
    ) -> Result<(), AccessError> {
        if let Some(gluster) = self.store.gluster() {
            return self.anchor_on_volume(image, gluster, may_make);
        }
        if let Some(nfs) = self.store.nfs() {
            return self.anchor_on_server(image, nfs);
        }
        if let Some(target) = self.store.upstream() {
            return self.anchor_on_target(image, target).await;
        }
        let place = place(image)?;
        let keysmith = self.keysmith()?;
        let names = self.shared.keysmiths.names();
        let catalogue = Arc::clone(&self.shared.images.borrow());
        let kinship = Kinship {
            label: &self.label,
            names,
            catalogue: &catalogue,
        };
        let parents = kinship.parents(&keysmith, image, place).await?;
        let outside = kinship.reaches_out(&self.store, &parents);
        let scope = names.scope_of(&self.label, place, outside);
        let entity_of = |scope| names.entity_of(&self.label, &self.store.name, scope);
        let entity = entity_of(&scope);
        // Whoever has the key of all of the namespace may write this image, too.
        let whole = names.scope_of(&self.label, place, false);
        for entity in [entity_of(&whole), entity.clone()] {
            if !known.contains(&entity) && !entities.contains(&entity) {
                let traces = &self.shared.traces;
                keysmith.revoke(&entity, &traces.of(&entity)).await?;
                traces.forget(&entity);
            }
            entities.insert(entity);
        }
        if matches!(scope, Scope::Image { .. }) {
            // It has to be there before there can be a key for it.
            self.provide(&keysmith, (image, may_make), place).await?;
        }
        let key = keysmith
            .let_in(&entity, &scope, image.read_only, &parents)
            .await?;
        if matches!(scope, Scope::Namespace(_)) {
            self.provide(&keysmith, (image, may_make), place).await?;
        }
        self.write(image, &self.pool_anchor(place, (&entity, &key))?)
    }

    /// A volume is open to whoever reaches it: there is no key. What the label's keeper is told is
    /// where its images are, and it makes one that is to be made.
    fn anchor_on_volume(
        &self,
        image: &Image,
        gluster: &Gluster,
        may_make: bool,
    ) -> Result<(), AccessError> {
        let path = image.file.to_str().unwrap_or_default();
        labelgate_registry::check_on_volume(path)?;
        let GlusterVolume {
            servers,
            volume,
            directory,
        } = on_volume(gluster)?;
        let anchor = Anchor::Gluster(GlusterAnchor {
            servers,
            volume,
            directory,
            path: Text::new(path)?,
            context: Text::new(&image_context(&self.label).to_string())?,
            make: may_make,
        });
        self.write(image, &anchor)
    }

    /// A server believes who asks: there is no key. The label's keeper is told which file it is and whose.
    fn anchor_on_server(&self, image: &Image, nfs: &Nfs) -> Result<(), AccessError> {
        let path = image.file.to_str().unwrap_or_default();
        labelgate_registry::check_on_server(path)?;
        let port = |port: Option<NonZeroU16>| port.map_or(0, NonZeroU16::get);
        let anchor = Anchor::Nfs(NfsAnchor {
            server: nfs.server.ip(),
            nfs_port: port(nfs.nfs_port),
            mount_port: port(nfs.mount_port),
            export: Text::new(nfs.export.as_str())?,
            path: Text::new(path)?,
            uid: nfs.uid,
            gid: nfs.gid,
            // Otherwise what was answered is lost with a server that is started again.
            write_through: true,
        });
        self.write(image, &anchor)
    }

    /// Makes an image that is to be made when it is first served.
    async fn provide(
        &self,
        keysmith: &Keysmith,
        (image, may_make): (&Image, bool),
        place: InPool<'_>,
    ) -> Result<(), AccessError> {
        if keysmith.look(place).await?.is_some() {
            return Ok(());
        }
        if !may_make {
            return Err(AccessError::Vanished);
        }
        match image.size.filter(|_| !image.read_only) {
            Some(size) => Ok(keysmith.create(place, size).await?),
            None => Err(AccessError::Missing),
        }
    }

    fn pool_anchor(
        &self,
        place: InPool<'_>,
        (entity, key): (&str, &Secret<128>),
    ) -> Result<Anchor, AccessError> {
        let Some(pool) = self.store.pool() else {
            return Err(AccessError::NoPool);
        };
        Ok(Anchor::Rbd(RbdAnchor {
            monitors: Text::new(pool.rbd.monitors.as_str())?,
            pool: Text::new(pool.rbd.pool.as_str())?,
            namespace: Text::new(place.namespace)?,
            image: Text::new(place.image)?,
            entity: Text::new(entity)?,
            key: key.clone(),
        }))
    }

    pub(super) fn write(&self, image: &Image, anchor: &Anchor) -> Result<(), AccessError> {
        let uids = self.shared.uids.as_ref();
        let uid = uids.map(|uids| uids.of_keepers(&self.label)).transpose()?;
        // By the image's own label, whoever it is made for: the kernel compares it with the keeper's.
        let label = image.audience.label().unwrap_or(&self.label);
        let contexts = self.shared.provider.selinux().map(|selinux| {
            let domains = selinux.domains();
            (domains.draft(), domains.anchor(label))
        });
        let opener = Opener { uid, contexts };
        Ok(self.shared.anchors.write(image, anchor, &opener)?)
    }

    /// Takes the keys back and shuts out whoever has come in with them, and whoever a keeper has said
    /// to be; the locks of images are taken from these.
    ///
    /// # Errors
    /// It is not certain that all of them are out.
    pub async fn shut(
        self,
        entities: BTreeSet<Entity>,
        instances: HashSet<Instance>,
    ) -> Result<(), AccessError> {
        if self.store.pool().is_none() {
            // Its keeper is reaped, and had no key of its own. What is left of it are requests that
            // bricks have taken already, which its successor's lock waits for, or a server has,
            // and those that a target has, which the
            // successor makes end them before it takes the reservation over.
            return Ok(());
        }
        let keysmith = self.keysmith()?;
        let instances: Vec<Instance> = instances.into_iter().collect();
        for entity in &entities {
            keysmith.revoke(entity, &instances).await?;
            self.shared.traces.forget(entity);
        }
        Ok(())
    }
}

/// What a keeper connects to.
///
/// # Errors
/// Something of it is longer than there is room for.
pub fn on_volume(gluster: &Gluster) -> Result<GlusterVolume, labelgate_control::Refused> {
    let directory = gluster.directory.as_ref();
    Ok(GlusterVolume {
        servers: Text::new(gluster.servers.as_str())?,
        volume: Text::new(gluster.volume.as_str())?,
        directory: Text::new(directory.map_or("", |directory| directory.as_str()))?,
    })
}

/// Where an image is in its pool.
///
/// # Errors
/// Its name is none there.
pub fn place(image: &Image) -> Result<InPool<'_>, labelgate_registry::BackendNameError> {
    InPool::parse(image.file.to_str().unwrap_or_default())
}
