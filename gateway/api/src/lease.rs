//! Leases: the binding of a VM on a host to a label.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{Label, Note, Revocation};

/// The binding of a VM on a host to a label, from start to stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lease {
    /// Which lease.
    pub id: Uuid,
    /// The VM.
    pub vm: Uuid,
    /// The host it runs on.
    pub host: Note,
    /// The only address its connections may come from; any of its host's, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub address: Option<IpAddr>,
    /// The only addresses of its host, where these are known; its connections may come from no other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub host_addresses: Vec<IpAddr>,
    /// The label.
    pub label: Label,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub start: Timestamp,
    /// When it ends by itself, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends: Option<Timestamp>,
}

/// All leases that have not ended, by label and start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Leases {
    /// The leases.
    pub leases: Vec<Lease>,
}

/// A lease to start. During a migration the VM has one on each of the two hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartLease {
    /// The VM.
    pub vm: Uuid,
    /// The host it runs on.
    pub host: Note,
    /// The only address its connections may come from; any, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub address: Option<IpAddr>,
    /// The label: an allocated level, or the label of an identity or an image; of a machine that images
    /// follow, the level of its process.
    pub label: Label,
    /// When it shall end by itself. Without, it lasts until it is ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends: Option<Timestamp>,
}

/// A lease that was ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EndedLease {
    /// The lease.
    pub lease: Lease,
    /// What was ended with it.
    pub revocation: Revocation,
}

/// Which lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct LeasePath {
    /// The lease's id.
    pub lease: Uuid,
}
