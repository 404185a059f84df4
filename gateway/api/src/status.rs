//! The gateway as a whole.

use std::net::SocketAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The gateway as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// The version of labelgated.
    #[schema(examples("0.1.0"))]
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// Since when it runs.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// What confines workers: `landlock`.
    pub provider: String,
    /// Where iSCSI initiators connect to.
    #[schema(value_type = Vec<String>)]
    pub portals: Vec<SocketAddr>,
    /// What target names begin with; the whole is `PREFIX:STORE.IMAGE`.
    pub target_prefix: String,
    /// The registry's revision: one more with every change.
    pub revision: u64,
    /// Stores in force.
    pub stores: u64,
    /// Images in force.
    pub images: u64,
    /// Images that answer MEDIUM ERROR until an admin clears them.
    pub poisoned_images: u64,
    /// Identities in force.
    pub identities: u64,
    /// Leases that have not ended.
    pub leases: u64,
    /// Workers that run.
    pub workers: u64,
    /// Connections open.
    pub connections: u64,
    /// What an admin should look at, in words; empty if all is well.
    #[serde(default)]
    pub warnings: Vec<String>,
}
