//! The tokens of the registry, as clients are found by them.

use std::collections::BTreeMap;
use std::sync::Arc;

use labelgate_registry::{
    Change, IdentityName, MasterKey, NewIdentity, NewProof, NewSecrets, Registry, RegistryError,
    Token,
};

use crate::config::{TokenDigest, epoch};

/// The tokens of the registry, of which nothing but digests is kept, and the master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    key: Arc<MasterKey>,
    known: BTreeMap<IdentityName, KnownToken>,
}

/// The token of one identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KnownToken {
    /// What the identity is found by.
    pub(super) digest: TokenDigest,
    /// The identity's epoch for as long as this is its token.
    pub(super) epoch: u64,
}

impl Tokens {
    /// All there are. The master key is made if there is none yet.
    ///
    /// # Errors
    /// The registry cannot be read, or written.
    pub fn read(registry: &dyn Registry) -> Result<Self, RegistryError> {
        let mut tokens = Self::none(registry.master_key()?);
        for (name, token) in registry.tokens()? {
            tokens.put(&name, &token);
        }
        Ok(tokens)
    }

    /// Those of a registry that has none.
    #[must_use]
    pub fn none(key: MasterKey) -> Self {
        Self {
            key: Arc::new(key),
            known: BTreeMap::new(),
        }
    }

    /// Those there are after a change that is otherwise in order.
    #[must_use]
    pub fn after(self: &Arc<Self>, change: &Change) -> Arc<Self> {
        let (name, token) = match change {
            Change::AddIdentity(NewIdentity {
                name,
                proof: NewProof::Token(token),
                ..
            })
            | Change::RotateIdentity {
                identity: name,
                secrets: NewSecrets::Token(token),
            } => (name, Some(token)),
            Change::RemoveIdentity(name) => (name, None),
            _ => return Arc::clone(self),
        };
        let mut next = Self::clone(self);
        match token {
            Some(token) => next.put(name, token),
            None => drop(next.known.remove(name)),
        }
        Arc::new(next)
    }

    fn put(&mut self, name: &IdentityName, token: &Token) {
        let known = KnownToken {
            digest: TokenDigest::of(&self.key, token.expose()),
            epoch: epoch(&self.key, name.as_str(), Some(token.expose())),
        };
        self.known.insert(name.clone(), known);
    }

    /// What the digests and epochs are made with.
    pub const fn key(&self) -> &Arc<MasterKey> {
        &self.key
    }

    /// The token of an identity.
    pub(super) fn of(&self, name: &IdentityName) -> Option<KnownToken> {
        self.known.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use labelgate_registry::RedbRegistry;

    use super::*;

    fn add(name: &str, proof: NewProof) -> Change {
        Change::AddIdentity(NewIdentity {
            name: name.parse().unwrap(),
            proof,
            label: "s0:c1,c2".parse().unwrap(),
            vm: None,
            needs_lease: false,
        })
    }

    #[test]
    fn what_a_change_makes_of_the_tokens_is_what_is_read_after_it() {
        let token = || Token::generate().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let registry = RedbRegistry::open(&directory.path().join("registry.redb")).unwrap();
        let mut tokens = Arc::new(Tokens::read(&registry).unwrap());
        let changes = [
            add("a", NewProof::Token(token())),
            add("b", NewProof::Token(token())),
            add("c", NewProof::Address("10.9.1.2".parse().unwrap())),
            Change::RotateIdentity {
                identity: "a".parse().unwrap(),
                secrets: NewSecrets::Token(token()),
            },
            Change::RemoveIdentity("b".parse().unwrap()),
            Change::RemoveIdentity("c".parse().unwrap()),
        ];
        for change in changes {
            let before = Arc::clone(&tokens);
            registry.apply(&change).unwrap();
            tokens = tokens.after(&change);
            assert_eq!(*tokens, Tokens::read(&registry).unwrap());
            let about_c = matches!(&change, Change::AddIdentity(new) if new.name.as_str() == "c");
            assert_eq!(before == tokens, about_c || tokens.known == before.known);
        }
        assert_eq!(tokens.known.len(), 1);
    }
}
