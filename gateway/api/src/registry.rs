//! The registry and the configuration as a whole.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Revocation;

/// The configuration file was read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reloaded {
    /// What was ended because the file does not declare it any more.
    pub revocation: Revocation,
}

/// The registry was replaced by that of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Restored {
    /// The registry's revision now.
    pub revision: u64,
    /// What was ended because the backup does not have it.
    pub revocation: Revocation,
}
