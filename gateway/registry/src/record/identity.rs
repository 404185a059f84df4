//! How a connection proves who it is.

use labelgate_mac::Label;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Record;
use crate::{IdentityName, Network};

/// Who may connect, and under which label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// What it is called; with CHAP also CHAP_N.
    pub name: IdentityName,
    /// How it is proved.
    pub proof: Proof,
    /// The label it is served under.
    pub label: Label,
    /// The virtual machine it belongs to, if it belongs to one alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vm: Option<Uuid>,
    /// It is good only while there is a lease of its virtual machine. Needs `vm`.
    pub needs_lease: bool,
}

/// How an identity is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// By the address it connects from.
    Address(Network),
    /// By CHAP (RFC 7143, 12.1.3), with the secrets of [`crate::Registry::secrets`].
    Chap,
    /// By saying a token, one of [`crate::Registry::tokens`].
    Token,
}

impl Record for Identity {
    type Key = IdentityName;

    fn key(&self) -> IdentityName {
        self.name.clone()
    }
}
