//! What a backup has: a snapshot, and the secrets.

use std::collections::{BTreeMap, HashSet};

use crate::record::Proof;
use crate::{ChapSecrets, Contradiction, IdentityName, RegistryError, Snapshot};

/// All of a registry.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Contents {
    /// All but the secrets.
    pub(crate) snapshot: Snapshot,
    /// The secrets of each identity that is proved by CHAP.
    pub(crate) secrets: BTreeMap<IdentityName, ChapSecrets>,
}

impl Contents {
    /// Whether it is sound: [`Snapshot::check`], every identity that is proved by CHAP has
    /// secrets and no other has, and no two have the same.
    pub(crate) fn check(&self) -> Result<(), Contradiction> {
        self.snapshot.check()?;
        for identity in self.snapshot.identities.values() {
            let name = &identity.name;
            if (identity.proof == Proof::Chap) != self.secrets.contains_key(name) {
                let what = format!("identity {name} has secrets it should not have, or none");
                return Err(Contradiction::new(what));
            }
        }
        let known = |name| self.snapshot.identities.contains_key(name);
        if let Some(name) = self.secrets.keys().find(|name| !known(name)) {
            return Err(Contradiction::new(format!(
                "there are secrets of {name}, who is unknown"
            )));
        }
        let mut seen = HashSet::new();
        for secrets in self.secrets.values() {
            let both = std::iter::once(secrets.forward()).chain(secrets.reverse());
            for secret in both {
                if !seen.insert(secret.expose()) {
                    return Err(Contradiction::new(
                        "two identities share a secret".to_owned(),
                    ));
                }
            }
        }
        Ok(())
    }

    /// These contents if they are sound.
    pub(crate) fn checked(self) -> Result<Self, RegistryError> {
        self.check()
            .map_err(|what| RegistryError::Broken(what.to_string()))?;
        Ok(self)
    }
}
