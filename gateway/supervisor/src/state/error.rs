//! Why what is in force was not changed.

use labelgate_registry::{ApplyError, BackupError, Refusal, RegistryError, RestoreError};

use super::Clash;
use crate::config::Problems;

/// Why what is in force was not changed.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The registry says that it must not be.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It would clash with the configuration file.
    #[error(transparent)]
    Clash(#[from] Clash),
    /// The registry cannot be read or written.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A backup cannot be made.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// A backup cannot be taken in.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// Something is wrong with the configuration file.
    #[error(transparent)]
    Configuration(#[from] Problems),
    /// The file changes what holds for every image.
    #[error("target_prefix has changed, which needs a restart: every image would be another disk")]
    TargetPrefix,
    /// A task of the gateway's own has died.
    #[error("a task of the gateway has died: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl From<ApplyError> for StateError {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Refused(refusal) => Self::Refused(refusal),
            ApplyError::Registry(error) => Self::Registry(error),
        }
    }
}
