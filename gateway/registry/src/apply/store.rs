//! Stores come and go.

use crate::record::Store;
use crate::{Refusal, Snapshot, StoreName, Thing};

impl Snapshot {
    pub(super) fn add_store(&mut self, store: &Store) -> Result<(), Refusal> {
        self.check_free::<Store>(&store.name, Thing::Store)?;
        if let Some(other) = self.stores.values().find(|other| other.path == store.path) {
            return Err(Refusal::PathTaken {
                path: store.path.clone(),
                store: other.name.clone(),
            });
        }
        self.add(store.clone(), Thing::Store)
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
