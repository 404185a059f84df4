//! Lines of a backup.

use serde::{Deserialize, Serialize};

use crate::master_key::StoredKey;
use crate::record::{Group, Host, Identity, Image, Lease, Level, Store};
use crate::secret::StoredSecrets;
use crate::store_key::StoredStoreKey;
use crate::token::StoredToken;
use crate::{IdentityName, StoreName};

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    /// The version of the stream.
    #[serde(rename = "labelgate-registry-backup")]
    pub(super) version: u32,
    /// The snapshot's.
    pub(super) revision: u64,
    /// How many lines follow, without the last.
    pub(super) records: u64,
}

/// A line between the first and the last.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Line {
    Store(Store),
    /// Those that follow a machine since version 7.
    Image(Image),
    Identity(Identity),
    Secrets(IdentityName, StoredSecrets),
    /// Since version 2.
    Token(IdentityName, StoredToken),
    /// Since version 2; at most one.
    #[serde(rename = "master-key")]
    MasterKey(StoredKey),
    /// Since version 3; the secrets of a target since version 4.
    #[serde(rename = "store-key")]
    StoreKey(StoreName, StoredStoreKey),
    Group(Group),
    Level(Level),
    Lease(Lease),
    Cursor(String, u32),
    /// Since version 5; with addresses since version 6, and leases as well.
    Host(Host),
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trailer {
    /// The hash of all lines before, in hexadecimal.
    pub(super) blake3: String,
}

impl Line {
    /// The first version of the stream that may have such a line.
    pub(super) const fn since(&self) -> u32 {
        match self {
            Self::Token(..) | Self::MasterKey(_) => 2,
            Self::StoreKey(_, StoredStoreKey::Cephx(_)) => 3,
            Self::StoreKey(_, StoredStoreKey::Chap(_)) => 4,
            Self::Image(image) if image.follows.is_some() => 7,
            Self::Host(host) if host.addresses.is_some() => 6,
            Self::Lease(lease) if lease.host_addresses.is_some() => 6,
            Self::Host(_) => 5,
            _ => 1,
        }
    }
}
