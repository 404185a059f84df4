//! The keys of cephx.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::hexadecimal;

/// A cephx key of 128 bits with its head is 40 letters.
const SHORTEST: usize = 16;

/// Longer than the keys of any cipher that Ceph has.
const LONGEST: usize = 256;

/// What a store's entity proves itself with: a cephx key, in the letters of Base64.
///
/// It is printed nowhere, wiped from memory when it is dropped, and compared in constant time.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct CephxKey(Vec<u8>);

/// Why a text is no key. It says nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CephxKeyError {
    /// Nothing that could be one.
    #[error("the key has {0} characters; a cephx key has 40: see \"ceph auth print-key\"")]
    Length(usize),
    /// Not Base64.
    #[error("the key has a character that is not of Base64: see \"ceph auth print-key\"")]
    Character,
}

impl CephxKey {
    /// The letters of it, for whoever is to prove itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        // It was checked: all of it is ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn of_bytes(bytes: &[u8]) -> Result<Self, CephxKeyError> {
        let base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
        match bytes.len() {
            SHORTEST..=LONGEST if bytes.iter().all(base64) => Ok(Self(bytes.to_vec())),
            SHORTEST..=LONGEST => Err(CephxKeyError::Character),
            length => Err(CephxKeyError::Length(length)),
        }
    }
}

impl FromStr for CephxKey {
    type Err = CephxKeyError;

    /// A key alone, or a keyring of Ceph's with one in it (`key = ...`).
    fn from_str(text: &str) -> Result<Self, CephxKeyError> {
        let in_line = |line: &'_ str| {
            let (name, value) = line.split_once(" = ").or_else(|| line.split_once('='))?;
            (name.trim() == "key").then(|| value.trim().to_owned())
        };
        let mut in_keyring = text.lines().find_map(in_line);
        let key = Self::of_bytes(in_keyring.as_deref().unwrap_or(text.trim()).as_bytes());
        in_keyring.zeroize();
        key
    }
}

impl ConstantTimeEq for CephxKey {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl PartialEq for CephxKey {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for CephxKey {}

impl fmt::Debug for CephxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CephxKey")
    }
}

/// A key in hexadecimal, as it stands in the database and in backups.
pub(crate) struct Hexadecimal(pub(crate) CephxKey);

impl Serialize for Hexadecimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        hexadecimal::serialize(&self.0.0, LONGEST, serializer)
    }
}

impl<'de> Deserialize<'de> for Hexadecimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = hexadecimal::deserialize(LONGEST, deserializer)?;
        CephxKey::of_bytes(&bytes)
            .map(Self)
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AQBSdFhcAAAAABAAuF2wqYhZxqPqXGg0dEcYrQ==";

    #[test]
    fn a_key_is_taken_alone_or_out_of_a_keyring() {
        let key: CephxKey = KEY.parse().unwrap();
        assert_eq!(key.expose(), KEY);
        let keyring = format!("[client.labelgate]\n\tkey = {KEY}\n\tcaps mon = \"profile rbd\"\n");
        for text in [format!("{KEY}\n"), keyring] {
            assert_eq!(text.parse::<CephxKey>().unwrap(), key);
        }
    }

    #[test]
    fn nothing_of_a_key_is_said() {
        let key: CephxKey = KEY.parse().unwrap();
        assert_eq!(format!("{key:?}"), "CephxKey");
        for wrong in ["sesame", &"sesame!".repeat(10), &"sesame".repeat(100)] {
            let said = wrong.parse::<CephxKey>().unwrap_err().to_string();
            assert!(!said.contains("sesame"), "{said}");
        }
    }

    #[test]
    fn a_key_is_read_as_it_was_written() {
        let key: CephxKey = KEY.parse().unwrap();
        let written = serde_json::to_string(&Hexadecimal(key.clone())).unwrap();
        let read: Hexadecimal = serde_json::from_str(&written).unwrap();
        assert_eq!(read.0, key);
        assert!(!written.contains(KEY));
    }
}
