//! The keysmiths of all stores that are no directories.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use labelgate_registry::{CephxKey, Rbd};

use super::forge::{Forge, NO_KEY};
use super::keysmith::{Keysmith, KeysmithError};
use super::names::Names;
use crate::config::{Pool, Store};
use crate::provider::Network;

/// The keysmiths of all stores that are no directories.
#[derive(Debug)]
pub struct Keysmiths {
    forge: Arc<Forge>,
    by_store: Mutex<HashMap<String, (Pool, Keysmith)>>,
}

/// What one keysmith is started with.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) store: String,
    pub(super) pool: Pool,
    pub(super) forge: Arc<Forge>,
}

impl Keysmiths {
    /// None yet.
    #[must_use]
    pub fn new(forge: Forge) -> Self {
        Self {
            forge: Arc::new(forge),
            by_store: Mutex::default(),
        }
    }

    /// That of a store, if it is a pool. One whose pool or key has changed is left to itself,
    /// and ends when nobody waits for it any more.
    #[must_use]
    pub fn of(&self, store: &Store) -> Option<Keysmith> {
        let pool = store.pool()?;
        let mut by_store = self.by_store.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((has, keysmith)) = by_store.get(&store.name)
            && has == pool
        {
            return Some(keysmith.clone());
        }
        let keysmith = self.begin(&store.name, pool);
        by_store.insert(store.name.clone(), (pool.clone(), keysmith.clone()));
        Some(keysmith)
    }

    /// What every keysmith is started with.
    #[must_use]
    pub fn forge(&self) -> &Forge {
        &self.forge
    }

    /// What the gateway is called in clusters.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.forge.names
    }

    /// Forgets that of a store, whose key is another now, or which is gone.
    pub fn forget(&self, store: &str) {
        let mut by_store = self.by_store.lock().unwrap_or_else(PoisonError::into_inner);
        by_store.remove(store);
    }

    /// One of its own for a store that is not in force.
    #[must_use]
    pub fn trial(&self, store: &str, pool: &Pool) -> Keysmith {
        self.begin(store, pool)
    }

    fn begin(&self, store: &str, pool: &Pool) -> Keysmith {
        Keysmith::new(Setup {
            store: store.to_owned(),
            pool: pool.clone(),
            forge: Arc::clone(&self.forge),
        })
    }
}

impl Setup {
    /// Where the store is.
    pub(super) const fn rbd(&self) -> &Rbd {
        &self.pool.rbd
    }

    /// That there is no keysmith.
    pub(super) fn gone(&self, why: &str) -> KeysmithError {
        KeysmithError::Gone {
            store: self.store.clone(),
            why: why.to_owned(),
        }
    }

    /// The key that it makes keys with.
    pub(super) async fn key(&self) -> Result<CephxKey, String> {
        if let Some(key) = &self.pool.key {
            return Ok(key.clone());
        }
        let key = self.forge.key_of(&self.store).await?;
        key.cephx().cloned().ok_or_else(|| NO_KEY.to_owned())
    }

    /// Whether one could reach its cluster.
    pub(super) fn check_reach(&self) -> Result<(), KeysmithError> {
        let reach = self.forge.check_reach(Network::Ceph);
        reach.map_err(|why| KeysmithError::Cluster {
            store: self.store.clone(),
            why: why.to_string(),
        })
    }
}
