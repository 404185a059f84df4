//! What a revocation ended.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What ended when something was taken away. The answer is given when it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Revocation {
    /// Connections that were ended.
    pub sessions_ended: u64,
    /// Workers that were killed.
    pub workers_killed: u64,
    /// From the command to the last moment at which I/O could have been done.
    pub milliseconds: u64,
}
