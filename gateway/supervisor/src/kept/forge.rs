//! What keysmiths are started with, and how.

use std::io;
use std::sync::Arc;

use labelgate_control::ToKeysmith;
use labelgate_registry::{NameError, Registry, StoreKey};
use tokio::task::spawn_blocking;

use super::child::{Child, Start};
use super::names::Names;
use crate::audit::{Decision, Event, Record};
use crate::cgroups::Cgroups;
use crate::metrics::Metrics;
use crate::program::Program;
use crate::provider::{Network, NoReach, Provider};
use crate::uid::{GreeterUid, Uids};
use crate::worker::Death;

/// That a store has nothing to be opened with.
pub(super) const NO_KEY: &str = "the registry has no key for it";

/// What every keysmith is started with.
#[derive(Debug)]
pub struct Forge {
    /// The program.
    pub program: Program,
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

impl Forge {
    /// What a store of the registry's is opened with.
    pub(super) async fn key_of(&self, store: &str) -> Result<StoreKey, String> {
        let registry = Arc::clone(&self.registry);
        let name = store.parse();
        let name = name.map_err(|error: NameError| error.to_string())?;
        let read = spawn_blocking(move || registry.store_key(&name)).await;
        let key = read.map_err(|error| error.to_string())?;
        let key = key.map_err(|error| error.to_string())?;
        key.ok_or_else(|| NO_KEY.to_owned())
    }

    /// Whether a keysmith could connect to such a backend, as far as the policy goes.
    pub(super) fn check_reach(&self, to: Network) -> Result<(), NoReach> {
        self.provider
            .check_reach(self.provider.keysmith().as_ref(), to)
    }

    /// Starts the process.
    pub(super) fn spawn(&self, store: &str) -> io::Result<(Child<ToKeysmith>, Option<GreeterUid>)> {
        let uid = match &self.uids {
            None => None,
            Some(uids) => {
                let none = || io::Error::other("there is no free UID for a keysmith");
                Some(uids.greeter().ok_or_else(none)?)
            }
        };
        let child = Child::start(Start {
            program: &self.program,
            kind: "keysmith",
            of: store,
            label: None,
            context: self.provider.keysmith(),
            uid: uid.as_ref().map(GreeterUid::get),
            cgroups: self.cgroups.as_deref(),
        })?;
        Ok((child, uid))
    }

    /// Counts and writes down that one was started, or was not, and why.
    pub(super) fn note_start(&self, store: &str, started: Result<u32, String>) {
        self.metrics.keysmith_started(started.is_ok());
        let (decision, pid, reason) = match started {
            Ok(pid) => (Decision::Allow, Some(pid), None),
            Err(why) => (Decision::Deny, None, Some(why)),
        };
        let record = Record {
            pid,
            image: Some(store),
            reason: reason.as_deref(),
            ..Record::new(Event::KeysmithStart, decision)
        };
        record.write();
    }

    /// Writes down how one ended.
    pub(super) fn note_end(&self, store: &str, pid: u32, death: &Death) {
        let reason = death.to_string();
        let record = Record {
            pid: Some(pid),
            image: Some(store),
            ..Record::new(Event::KeysmithEnd, Decision::Note)
        };
        record.reason(&reason).write();
    }
}
