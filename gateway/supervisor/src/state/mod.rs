//! What is in force: what the configuration file declares, and what the registry holds.
//!
//! Everything that changes it goes through a [`Turn`], of which there is one at a time. A change
//! is checked against the file and the registry together, written to the registry, and only then
//! put into force. A kill at any moment leaves either the old or the new state in the registry,
//! and the gateway that is started next serves just that.

mod certificates;
mod clash;
mod error;
mod expiry;
mod in_force;
mod publish;
mod tokens;
mod translate;
mod turn;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use labelgate_registry::{IdentityName, RedbRegistry, Registry, RegistryError};
use tokio::sync::{Mutex, watch};
use tokio::task::spawn_blocking;

pub use certificates::{announce_certificates, ending, warning};
pub use clash::Clash;
pub use error::StateError;
pub use expiry::end_expired_leases;
pub use in_force::{InForce, Source};
pub use publish::Published;
pub use tokens::Tokens;
pub use turn::{Changed, Turn};

use crate::config::Config;
use crate::label_table::LabelTable;
use crate::worker::Shared;

/// The registry's file in the state directory.
const FILE: &str = "registry.redb";

/// What is in force, and the way to change it.
#[derive(Debug)]
pub struct State {
    /// The configuration file, to be read again.
    file: PathBuf,
    registry: Arc<dyn Registry>,
    shared: Arc<Shared>,
    labels: Arc<LabelTable>,
    portals: Vec<SocketAddr>,
    in_force: watch::Sender<Arc<InForce>>,
    /// One change at a time, from its check until all that it takes away has ended.
    turn: Arc<Mutex<()>>,
}

/// Opens the registry of a state directory, which is made if it is missing.
///
/// # Errors
/// It is not there and cannot be made, or is not sound.
pub fn open_registry(state_dir: &Path) -> Result<Arc<dyn Registry>, RegistryError> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(state_dir);
    made.map_err(|error| RegistryError::Io {
        path: state_dir.to_owned(),
        error,
    })?;
    Ok(Arc::new(RedbRegistry::open(&state_dir.join(FILE))?))
}

impl State {
    /// The state that a gateway starts with. What is in `shared` must be what is in force.
    pub fn new(
        file: &Path,
        registry: Arc<dyn Registry>,
        in_force: InForce,
        (shared, labels): (Arc<Shared>, Arc<LabelTable>),
        portals: Vec<SocketAddr>,
    ) -> Arc<Self> {
        Arc::new(Self {
            file: file.to_owned(),
            registry,
            shared,
            labels,
            portals,
            in_force: watch::Sender::new(Arc::new(in_force)),
            turn: Arc::default(),
        })
    }

    /// What is in force.
    #[must_use]
    pub fn in_force(&self) -> Arc<InForce> {
        Arc::clone(&self.in_force.borrow())
    }

    /// What is in force, and what follows it.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Arc<InForce>> {
        self.in_force.subscribe()
    }

    /// What all labels' services share.
    #[must_use]
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// The services of all labels.
    #[must_use]
    pub fn labels(&self) -> &Arc<LabelTable> {
        &self.labels
    }

    /// Whether an identity has a secret that the gateway proves itself with.
    ///
    /// # Errors
    /// The registry cannot be read.
    pub async fn is_mutual(&self, identity: &IdentityName) -> Result<bool, StateError> {
        let (registry, identity) = (Arc::clone(&self.registry), identity.clone());
        let secrets = spawn_blocking(move || registry.secrets(&identity)).await??;
        Ok(secrets.is_some_and(|secrets| secrets.reverse().is_some()))
    }

    /// Where initiators connect to.
    #[must_use]
    pub fn portals(&self) -> &[SocketAddr] {
        &self.portals
    }

    /// Waits for its turn to change something.
    pub async fn turn(self: &Arc<Self>) -> Turn {
        let began = std::time::Instant::now();
        Turn::new(
            Arc::clone(self),
            Arc::clone(&self.turn).lock_owned().await,
            began,
        )
    }
}

/// What is in force of a configuration and a registry.
///
/// # Errors
/// The registry cannot be read, or the two declare the same thing.
pub fn combine(config: Config, registry: &dyn Registry) -> Result<InForce, StateError> {
    let snapshot = registry.read()?;
    let tokens = Arc::new(Tokens::read(registry)?);
    let now = Timestamp::now();
    Ok(InForce::new(Arc::new(config), (snapshot, tokens), now)?)
}
