//! What stores are opened with.

use serde::{Deserialize, Serialize};

use crate::cephx_key::Hexadecimal;
use crate::secret::StoredSecrets;
use crate::{CephxKey, ChapSecrets};

/// What a store is opened with, if it is one that is opened with anything. It is printed nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreKey {
    /// The key of a pool's entity.
    Cephx(CephxKey),
    /// The secrets of an upstream target: the first is the gateway's, and the reverse one the target's.
    Chap(ChapSecrets),
}

impl StoreKey {
    /// The key of an entity, if it is one.
    #[must_use]
    pub const fn cephx(&self) -> Option<&CephxKey> {
        match self {
            Self::Cephx(key) => Some(key),
            Self::Chap(_) => None,
        }
    }

    /// The secrets of a target, if it is those.
    #[must_use]
    pub const fn chap(&self) -> Option<&ChapSecrets> {
        match self {
            Self::Cephx(_) => None,
            Self::Chap(secrets) => Some(secrets),
        }
    }
}

impl From<CephxKey> for StoreKey {
    fn from(key: CephxKey) -> Self {
        Self::Cephx(key)
    }
}

impl From<ChapSecrets> for StoreKey {
    fn from(secrets: ChapSecrets) -> Self {
        Self::Chap(secrets)
    }
}

/// How one stands in the database and in backups, and nowhere else: this type is private. A cephx key
/// is written as before there was anything else.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum StoredStoreKey {
    Cephx(Hexadecimal),
    Chap(StoredSecrets),
}

impl From<&StoreKey> for StoredStoreKey {
    fn from(key: &StoreKey) -> Self {
        match key {
            StoreKey::Cephx(key) => Self::Cephx(Hexadecimal(key.clone())),
            StoreKey::Chap(secrets) => Self::Chap(secrets.into()),
        }
    }
}

impl StoredStoreKey {
    /// The key, unless it is two secrets that are alike.
    pub(crate) fn into_key(self) -> Option<StoreKey> {
        match self {
            Self::Cephx(key) => Some(StoreKey::Cephx(key.0)),
            Self::Chap(secrets) => secrets.into_secrets().map(StoreKey::Chap),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_read_as_it_was_written() {
        let cephx: CephxKey = "AQBSdFhcAAAAABAAuF2wqYhZxqPqXGg0dEcYrQ==".parse().unwrap();
        let secret = |text: &str| text.parse().unwrap();
        let secrets = ChapSecrets::new(secret("secret-of-gateway"), Some(secret("of-the-target")));
        for key in [StoreKey::from(cephx), StoreKey::from(secrets.unwrap())] {
            let written = serde_json::to_string(&StoredStoreKey::from(&key)).unwrap();
            assert!(
                !written.contains("AQB") && !written.contains("gateway"),
                "{written}"
            );
            let read: StoredStoreKey = serde_json::from_str(&written).unwrap();
            assert_eq!(read.into_key(), Some(key));
        }
    }
}
