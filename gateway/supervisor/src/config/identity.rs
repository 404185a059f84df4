//! How a connection proves who it is.

use std::net::IpAddr;
use std::sync::Arc;

use labelgate_control::Text;
use labelgate_mac::Label;
use serde::Deserialize;
use toml::Spanned;

use crate::network::{Network, NetworkTable};

/// Everyone in a network, served under one label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The clients' addresses.
    pub network: Network,
    /// What it is called in the audit trail and to the worker: `address:10.9.1.0/28`.
    pub name: Text<256>,
    /// The label it is served under.
    pub label: Label,
}

/// All identities, found by a client's address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identities(NetworkTable<Arc<Identity>>);

impl Identities {
    /// The identity of a client: that of the longest prefix its address is in.
    #[must_use]
    pub fn of(&self, address: IpAddr) -> Option<&Arc<Identity>> {
        self.0.lookup(address)
    }

    /// All of them, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Identity>> {
        self.0.values()
    }

    /// Adds an identity; the one it would replace is handed back instead.
    pub(super) fn insert(&mut self, identity: Arc<Identity>) -> Result<(), Arc<Identity>> {
        self.0.insert(identity.network, identity)
    }
}

/// `[[identity]]`, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawIdentity {
    pub(super) address: Spanned<String>,
    pub(super) label: Spanned<String>,
}
