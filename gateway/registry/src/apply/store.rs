//! Stores come and go.

use crate::record::{Place, Store};
use crate::{NewStore, Refusal, Snapshot, StoreKey, StoreName, Thing};

impl Snapshot {
    pub(super) fn add_store(&mut self, new: &NewStore) -> Result<(), Refusal> {
        let store = &new.store;
        self.check_free::<Store>(&store.name, Thing::Store)?;
        if !store.is_opened_with(new.key.as_ref()) {
            return Err(key_of(store));
        }
        let place = store.place.to_string();
        let taken = |other: &&Store| match (&other.place, &store.place) {
            (Place::Gluster(one), Place::Gluster(another)) => one.meets(another),
            (Place::Nfs(one), Place::Nfs(another)) => one.meets(another),
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
                Place::Iscsi(iscsi) => Refusal::TargetTaken {
                    target: iscsi.target.clone(),
                    store: other,
                },
                Place::Nfs(nfs) => Refusal::ExportTaken {
                    export: nfs.export.clone(),
                    store: other,
                },
            });
        }
        self.add(store.clone(), Thing::Store)
    }

    /// Checks that this is what the store can be opened with; it is not part of a snapshot.
    pub(super) fn rekey_store(&mut self, name: &StoreName, key: &StoreKey) -> Result<(), Refusal> {
        let store: &mut Store = self.get_mut(name, Thing::Store)?;
        match store.is_opened_with(Some(key)) {
            true => Ok(()),
            false => Err(key_of(store)),
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

fn key_of(store: &Store) -> Refusal {
    Refusal::KeyOfStore {
        store: store.name.clone(),
        needs: store.needs(),
    }
}
