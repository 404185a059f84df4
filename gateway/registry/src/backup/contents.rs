//! What a backup has: a snapshot, and the secrets.

use std::collections::{BTreeMap, HashSet};

use crate::record::{Identity, Proof};
use crate::{
    ChapSecrets, Contradiction, IdentityName, MasterKey, RegistryError, Secret, Snapshot, StoreKey,
    StoreName, Token,
};

/// All of a registry.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Contents {
    /// All but the secrets.
    pub(crate) snapshot: Snapshot,
    /// The secrets of each identity that is proved by CHAP.
    pub(crate) secrets: BTreeMap<IdentityName, ChapSecrets>,
    /// The token of each identity that is proved by one.
    pub(crate) tokens: BTreeMap<IdentityName, Token>,
    /// The key of each store that has one.
    pub(crate) store_keys: BTreeMap<StoreName, StoreKey>,
    /// The master key, if there is one yet.
    pub(crate) master_key: Option<MasterKey>,
}

impl Contents {
    /// Whether it is sound: [`Snapshot::check`], every identity has what it is proved with and
    /// nothing else, and no two have the same.
    pub(crate) fn check(&self) -> Result<(), Contradiction> {
        self.snapshot.check()?;
        self.check_whose()?;
        self.check_store_keys()?;
        let secrets = self.secrets.values();
        let secrets = secrets.flat_map(|s| std::iter::once(s.forward()).chain(s.reverse()));
        distinct(secrets.map(Secret::expose), "a secret")?;
        distinct(self.tokens.values().map(Token::expose), "a token")
    }

    fn check_store_keys(&self) -> Result<(), Contradiction> {
        for store in self.snapshot.stores.values() {
            if !store.is_opened_with(self.store_keys.get(&store.name)) {
                let what = format!("store {} has a key it should not have, or none", store.name);
                return Err(Contradiction::new(what));
            }
        }
        let known = |name| self.snapshot.stores.contains_key(name);
        match self.store_keys.keys().find(|name| !known(name)) {
            Some(name) => Err(Contradiction::new(format!(
                "there is a key of store {name}, which is unknown"
            ))),
            None => Ok(()),
        }
    }

    fn check_whose(&self) -> Result<(), Contradiction> {
        for Identity { name, proof, .. } in self.snapshot.identities.values() {
            let has = (
                self.secrets.contains_key(name),
                self.tokens.contains_key(name),
            );
            if has != (*proof == Proof::Chap, *proof == Proof::Token) {
                let what = format!("identity {name} has secrets it should not have, or none");
                return Err(Contradiction::new(what));
            }
        }
        let known = |name| self.snapshot.identities.contains_key(name);
        let mut names = self.secrets.keys().chain(self.tokens.keys());
        match names.find(|name| !known(name)) {
            Some(name) => Err(Contradiction::new(format!(
                "there are secrets of {name}, who is unknown"
            ))),
            None => Ok(()),
        }
    }

    /// These contents if they are sound.
    pub(crate) fn checked(self) -> Result<Self, RegistryError> {
        self.check()
            .map_err(|what| RegistryError::Broken(what.to_string()))?;
        Ok(self)
    }
}

/// Whether no two are the same.
fn distinct<'a>(all: impl Iterator<Item = &'a [u8]>, what: &str) -> Result<(), Contradiction> {
    let mut seen = HashSet::new();
    for one in all {
        if !seen.insert(one) {
            return Err(Contradiction::new(format!("two identities share {what}")));
        }
    }
    Ok(())
}
