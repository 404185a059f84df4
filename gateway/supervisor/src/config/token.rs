//! Tokens, as identities are found by them, and what tells an identity's times apart.

use std::fmt;

use labelgate_registry::MasterKey;

/// A token as it is looked up: its BLAKE3 hash with the master key as the key.
///
/// Whoever says a token chooses nothing of its digest, so how long a search for it takes tells
/// nothing of those that are there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// The digest of what a client says, whatever that is.
    #[must_use]
    pub fn of(key: &MasterKey, token: &[u8]) -> Self {
        Self(*blake3::keyed_hash(key.expose(), token).as_bytes())
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest")
    }
}

/// The epoch of an identity: what a file handle says of whom it was given to, and of which of its
/// tokens. It is never 0, and another one after a rotation.
///
/// It is no secret, and proves nothing.
#[must_use]
pub fn epoch(key: &MasterKey, name: &str, token: Option<&[u8]>) -> u64 {
    let mut hasher = blake3::Hasher::new_keyed(key.expose());
    hasher.update(b"epoch").update(name.as_bytes()).update(&[0]);
    hasher.update(token.unwrap_or_default());
    let mut first = [0; 8];
    hasher.finalize_xof().fill(&mut first);
    u64::from_be_bytes(first).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> MasterKey {
        MasterKey::from_bytes([byte; 32])
    }

    #[test]
    fn a_digest_is_of_one_token_and_one_key_and_is_not_printed() {
        let digest = TokenDigest::of(&key(1), b"token");
        assert_eq!(digest, TokenDigest::of(&key(1), b"token"));
        assert_ne!(digest, TokenDigest::of(&key(1), b"Token"));
        assert_ne!(digest, TokenDigest::of(&key(2), b"token"));
        assert_eq!(format!("{digest:?}"), "TokenDigest");
    }

    #[test]
    fn an_epoch_is_of_one_identity_one_token_and_one_key() {
        let epoch_of = |key_byte, name, token| epoch(&key(key_byte), name, token);
        let all = [
            epoch_of(1, "vm", None),
            epoch_of(1, "vm", Some(b"token".as_slice())),
            epoch_of(1, "vm", Some(b"other".as_slice())),
            epoch_of(1, "vmtoken", None),
            epoch_of(2, "vm", None),
        ];
        let different: std::collections::HashSet<u64> = all.into_iter().collect();
        assert_eq!(different.len(), all.len());
        assert_eq!(epoch_of(1, "vm", None), all[0]);
        assert!(!all.contains(&0));
    }

    /// Handles that clients have outlive a labelgate: what epochs are made of never changes.
    #[test]
    fn an_epoch_is_the_first_eight_bytes_of_a_keyed_hash() {
        let hash = blake3::keyed_hash(&[7; 32], b"epochvm\0abc");
        let first = u64::from_be_bytes(hash.as_bytes()[..8].try_into().unwrap());
        assert_eq!(epoch(&key(7), "vm", Some(b"abc")), first);
    }
}
