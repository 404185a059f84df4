//! Stores come and go.

use crate::record::{Place, Store};
use crate::{NewStore, Refusal, Snapshot, StoreName, Thing};

impl Snapshot {
    pub(super) fn add_store(&mut self, new: &NewStore) -> Result<(), Refusal> {
        let store = &new.store;
        self.check_free::<Store>(&store.name, Thing::Store)?;
        if new.key.is_some() != store.rbd().is_some() {
            return Err(Refusal::KeyOfStore(store.name.clone()));
        }
        let place = store.place.to_string();
        let taken = |other: &&Store| match (&other.place, &store.place) {
            (Place::Gluster(one), Place::Gluster(another)) => one.meets(another),
            (one, _) => one.to_string() == place,
        };
        if let Some(other) = self.stores.values().find(taken) {
            let other = other.name.clone();
            return Err(match &store.place {
                Place::Directory { path, .. } => Refusal::PathTaken {
                    path: path.clone(),
                    store: other,
                },
                Place::Rbd(rbd) => Refusal::PoolTaken {
                    pool: rbd.pool.clone(),
                    store: other,
                },
                Place::Gluster(gluster) => Refusal::VolumeTaken {
                    volume: gluster.volume.clone(),
                    store: other,
                },
            });
        }
        self.add(store.clone(), Thing::Store)
    }

    /// Checks that there is a key to replace; the new one is not part of a snapshot.
    pub(super) fn rekey_store(&mut self, name: &StoreName) -> Result<(), Refusal> {
        let store: &mut Store = self.get_mut(name, Thing::Store)?;
        match store.rbd() {
            Some(_) => Ok(()),
            None => Err(Refusal::KeyOfStore(name.clone())),
        }
    }

    pub(super) fn remove_store(&mut self, name: &StoreName) -> Result<(), Refusal> {
        let mut images = self.images.keys().filter(|id| id.store == *name);
        if let Some(first) = images.next() {
            return Err(Refusal::StoreInUse {
                store: name.clone(),
                images: 1 + images.count(),
                first: first.clone(),
            });
        }
        let _: Store = self.remove(name, Thing::Store)?;
        Ok(())
    }
}
