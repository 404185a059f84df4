//! Identities: how a connection proves who it is.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{IdentityName, Label, LabelChoice, Network, Secret, Source, Token};

/// How a connection proves who it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Identity {
    /// What it is called, in the audit trail too. With CHAP, its CHAP name.
    pub name: IdentityName,
    /// How it is proved.
    pub proof: Proof,
    /// The label it is served under.
    pub label: Label,
    /// The VM it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vm: Option<Uuid>,
    /// It is admitted only while there is a lease on its label.
    pub needs_lease: bool,
    /// Group labels whose images it may open besides those of its own label.
    #[serde(default)]
    pub groups: Vec<Label>,
    /// Where it is declared.
    pub source: Source,
    /// Connections of it that are open.
    pub connections: u64,
}

/// How an identity is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Proof {
    /// By its source address.
    Address {
        /// The clients' addresses.
        network: Network,
    },
    /// By CHAP.
    Chap {
        /// Whether the gateway can prove itself too, with a second secret.
        mutual: bool,
    },
    /// By a token that the client says, as NFS clients do.
    Token,
}

/// All identities, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Identities {
    /// The identities.
    pub identities: Vec<Identity>,
}

/// An identity to add.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddIdentity {
    /// What it shall be called.
    pub name: IdentityName,
    /// How it shall be proved.
    pub proof: NewProof,
    /// The label it shall be served under.
    pub label: LabelChoice,
    /// The VM it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vm: Option<Uuid>,
    /// It is admitted only while there is a lease on its label.
    #[serde(default)]
    pub needs_lease: bool,
}

/// How a new identity shall be proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum NewProof {
    /// By its source address.
    Address {
        /// The clients' addresses.
        network: Network,
    },
    /// By CHAP.
    Chap {
        /// The secret the initiator proves it knows; by default one is made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret: Option<Secret>,
        /// The gateway shall be able to prove itself too.
        #[serde(default)]
        mutual: bool,
        /// The secret the gateway proves it knows, if `mutual`; by default one is made. It must
        /// differ from the other.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reverse_secret: Option<Secret>,
        /// Secrets that are made have 16 characters, the most that Microsoft's initiator takes.
        #[serde(default)]
        short: bool,
    },
    /// By a token that the client says, as NFS clients do.
    Token {
        /// The token; by default one is made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<Token>,
    },
}

/// The secrets of an identity, shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChapSecrets {
    /// The secret the initiator proves it knows.
    pub secret: Secret,
    /// The secret the gateway proves it knows; its CHAP name is the identity's as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverse_secret: Option<Secret>,
}

/// An identity that was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AddedIdentity {
    /// The identity.
    pub identity: Identity,
    /// Its secrets, if it is proved by CHAP. They are never shown again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets: Option<ChapSecrets>,
    /// Its token, if it is proved by one. It is never shown again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
}

/// New secrets, or a new token, for an identity. Sessions that are logged in, and connections that
/// are open, go on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateIdentity {
    /// The secret the initiator proves it knows; by default one is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// Whether the gateway shall be able to prove itself; by default as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutual: Option<bool>,
    /// The secret the gateway proves it knows; by default one is made where there shall be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverse_secret: Option<Secret>,
    /// Secrets that are made have 16 characters, the most that Microsoft's initiator takes.
    #[serde(default)]
    pub short: bool,
    /// The token, for an identity that is proved by one; by default one is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
}

/// An identity with new secrets, or a new token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rotated {
    /// The identity.
    pub identity: Identity,
    /// Its secrets, if it is proved by CHAP. They are never shown again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets: Option<ChapSecrets>,
    /// Its token, if it is proved by one. It is never shown again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
}

/// Which identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct IdentityPath {
    /// The identity's name.
    pub identity: IdentityName,
}
