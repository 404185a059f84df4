//! A virtual machine on a host.

use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::Timestamp;
use labelgate_mac::Label;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{HostName, Record};

/// The binding of a virtual machine on a host to a label, from start to stop.
///
/// During a live migration a virtual machine has two, one on each host, with one label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lease {
    /// What it is called.
    pub id: Uuid,
    /// The virtual machine.
    pub vm: Uuid,
    /// Where it runs.
    pub host: HostName,
    /// The one address it may connect from, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// The only addresses that machines connect from on the hypervisor that it is on, if these are
    /// known. The registry says so itself, and keeps it when the host goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_addresses: Option<BTreeSet<IpAddr>>,
    /// The label.
    pub label: Label,
    /// When it began.
    pub start: Timestamp,
    /// When it ends unless it is renewed; `None` if only a stop ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Timestamp>,
}

impl Lease {
    /// Whether its time is over. It stays in the registry until it is ended.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.ends.is_some_and(|ends| ends <= now)
    }
}

impl Record for Lease {
    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.id
    }
}
