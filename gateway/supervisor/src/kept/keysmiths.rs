//! The keysmiths of all stores that are no directories.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use labelgate_control::ToKeysmith;
use labelgate_registry::{Rbd, Registry, StoreKey};
use tokio::task::spawn_blocking;

use super::child::{Child, Start};
use super::keysmith::{Keysmith, KeysmithError};
use super::names::Names;
use crate::audit::{Decision, Event, Record};
use crate::cgroups::Cgroups;
use crate::config::{Pool, Store};
use crate::metrics::Metrics;
use crate::provider::Provider;
use crate::uid::{GreeterUid, Uids};
use crate::worker::Death;

/// The keysmiths of all stores that are no directories.
#[derive(Debug)]
pub struct Keysmiths {
    forge: Arc<Forge>,
    by_store: Mutex<HashMap<String, (Pool, Keysmith)>>,
}

/// What every keysmith is started with.
#[derive(Debug)]
pub struct Forge {
    /// The program.
    pub program: PathBuf,
    /// Where the keys of stores are that the configuration file does not declare.
    pub registry: Arc<dyn Registry>,
    /// What the gateway is called in clusters.
    pub names: Names,
    /// Whose UID is whose; `None` when the supervisor cannot give out any.
    pub uids: Option<Arc<Uids>>,
    /// What enforces labels, and says what they run as.
    pub provider: Arc<Provider>,
    /// Cgroups, where there are any.
    pub cgroups: Option<Arc<Cgroups>>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
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
    pub(super) async fn key(&self) -> Result<StoreKey, String> {
        if let Some(key) = &self.pool.key {
            return Ok(key.clone());
        }
        let registry = Arc::clone(&self.forge.registry);
        let name = self.store.parse();
        let name = name.map_err(|error: labelgate_registry::NameError| error.to_string())?;
        let read = spawn_blocking(move || registry.store_key(&name)).await;
        let key = read.map_err(|error| error.to_string())?;
        let key = key.map_err(|error| error.to_string())?;
        key.ok_or_else(|| "the registry has no key for it".to_owned())
    }

    /// Whether one could reach its cluster.
    pub(super) fn check_reach(&self) -> Result<(), KeysmithError> {
        let provider = &self.forge.provider;
        let reach = provider.check_reach(provider.keysmith().as_ref());
        reach.map_err(|why| KeysmithError::Cluster {
            store: self.store.clone(),
            why: why.to_string(),
        })
    }

    /// Starts the process.
    pub(super) fn spawn(&self) -> io::Result<(Child<ToKeysmith>, Option<GreeterUid>)> {
        let forge = &self.forge;
        let uid = match &forge.uids {
            None => None,
            Some(uids) => {
                let none = || io::Error::other("there is no free UID for a keysmith");
                Some(uids.greeter().ok_or_else(none)?)
            }
        };
        let child = Child::start(Start {
            program: &forge.program,
            kind: "keysmith",
            of: &self.store,
            label: None,
            context: forge.provider.keysmith(),
            uid: uid.as_ref().map(GreeterUid::get),
            cgroups: forge.cgroups.as_deref(),
        })?;
        Ok((child, uid))
    }

    /// Counts and writes down that one was started, or was not.
    pub(super) fn note_start(&self, started: Result<u32, &KeysmithError>) {
        self.forge.metrics.keysmith_started(started.is_ok());
        let (decision, pid, reason) = match started {
            Ok(pid) => (Decision::Allow, Some(pid), None),
            Err(error) => (Decision::Deny, None, Some(error.to_string())),
        };
        let record = Record {
            pid,
            image: Some(&self.store),
            reason: reason.as_deref(),
            ..Record::new(Event::KeysmithStart, decision)
        };
        record.write();
    }

    /// Writes down how one ended.
    pub(super) fn note_end(&self, pid: u32, death: &Death) {
        let reason = death.to_string();
        let record = Record {
            pid: Some(pid),
            image: Some(&self.store),
            ..Record::new(Event::KeysmithEnd, Decision::Note)
        };
        record.reason(&reason).write();
    }
}
