//! The key that all keys of what the gateway gives to clients are derived from.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::hexadecimal;

/// How long it is, in bytes.
const LENGTH: usize = 32;

/// The key that file handles, and what tokens are found by, come from.
///
/// It is made once and stays what it is: with another one every handle that a client has is stale.
/// It is printed nowhere, wiped from memory when it is dropped, and compared in constant time.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; LENGTH]);

impl MasterKey {
    /// 256 random bits.
    ///
    /// # Errors
    /// The kernel has no random numbers.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        getrandom::fill(bytes.as_mut_slice())?;
        Ok(Self(*bytes))
    }

    /// A key that is known.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; LENGTH]) -> Self {
        Self(bytes)
    }

    /// The bytes, to derive another key from.
    #[must_use]
    pub const fn expose(&self) -> &[u8; LENGTH] {
        &self.0
    }
}

impl ConstantTimeEq for MasterKey {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl PartialEq for MasterKey {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for MasterKey {}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey")
    }
}

/// How it stands in the database and in backups, and nowhere else: this type is private.
pub(crate) struct StoredKey(pub(crate) MasterKey);

impl Serialize for StoredKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        hexadecimal::serialize(&self.0.0, LENGTH, serializer)
    }
}

impl<'de> Deserialize<'de> for StoredKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = hexadecimal::deserialize(LENGTH, deserializer)?;
        let key = bytes.as_slice().try_into();
        let key = key.map_err(|_| D::Error::custom("a key that has not 32 bytes"))?;
        Ok(Self(MasterKey(key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_keys_are_the_same_and_none_is_printed() {
        let (one, other) = (
            MasterKey::generate().unwrap(),
            MasterKey::generate().unwrap(),
        );
        assert_ne!(one, other);
        assert_eq!(one, MasterKey::from_bytes(*one.expose()));
        assert_eq!(format!("{one:?}"), "MasterKey");
    }

    #[test]
    fn a_key_is_read_as_it_was_written_and_at_its_length_alone() {
        let key = MasterKey::from_bytes(std::array::from_fn(|at| at.try_into().unwrap()));
        let written = serde_json::to_string(&StoredKey(key.clone())).unwrap();
        assert!(written.starts_with("\"000102"), "{written}");
        let read: StoredKey = serde_json::from_str(&written).unwrap();
        assert_eq!(read.0, key);
        for wrong in [
            written.replace("000102", "0001"),
            written.replace("000102", "00000102"),
        ] {
            let error = serde_json::from_str::<StoredKey>(&wrong).map(|_| ());
            let said = error.unwrap_err().to_string();
            assert!(!said.contains("0304"), "{said}");
        }
    }
}
