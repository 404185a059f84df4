//! The gateway as a whole.

use std::net::SocketAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the kernel's SELinux is like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SelinuxStatus {
    /// What the gateway itself runs as.
    #[schema(examples("system_u:system_r:labelgate_t:s0"))]
    pub context: String,
    /// Whether it refuses what the policy does not allow.
    pub enforcing: bool,
    /// Policies loaded and booleans changed since the machine started.
    pub policy_loads: u32,
    /// Why the gateway serves nobody, if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub halted: Option<String>,
}

/// A hash that CHAP is used with (RFC 7143, 12.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChapAlgorithm {
    /// SHA3-256.
    #[serde(rename = "sha3-256")]
    Sha3_256,
    /// SHA-256.
    Sha256,
    /// SHA-1.
    Sha1,
    /// MD5.
    Md5,
}

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
    /// What confines workers: `landlock` or `selinux`.
    pub provider: String,
    /// What the kernel's SELinux is like, where it is what confines workers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selinux: Option<SelinuxStatus>,
    /// Where iSCSI initiators connect to.
    #[schema(value_type = Vec<String>)]
    pub portals: Vec<SocketAddr>,
    /// What target names begin with; the whole is `PREFIX:STORE.IMAGE`.
    pub target_prefix: String,
    /// What the gateway calls itself when it proves itself to an initiator (CHAP_N).
    #[schema(examples("labelgate"))]
    pub chap_name: String,
    /// The hashes that initiators may prove themselves with, the best first.
    pub chap_algorithms: Vec<ChapAlgorithm>,
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
