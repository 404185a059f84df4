//! Keys of stores on their way from an admin to the registry.

use std::fmt;
use std::str::FromStr;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The shortest key, in bytes.
const SHORTEST: usize = 16;

/// The longest key, in bytes.
const LONGEST: usize = 256;

/// The cephx key of a store's entity, in Base64. No answer ever has one.
///
/// It is wiped when it is dropped, and shown by nothing but its serialisation.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct StoreKey(String);

/// Why a text cannot be a store's key. It holds nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreKeyError {
    /// Too short or too long.
    #[error("a key of {0} characters; a cephx key has 40: see \"ceph auth print-key\"")]
    Length(usize),
    /// It has a character that is not of Base64.
    #[error("a key with a character that is not of Base64: see \"ceph auth print-key\"")]
    Character,
}

impl StoreKey {
    /// The key itself, to be kept and nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The key in a file: alone, or in a keyring of Ceph's (`key = ...`).
    ///
    /// # Errors
    /// There is none in it.
    pub fn of_file(text: &str) -> Result<Self, StoreKeyError> {
        let key = text.lines().find_map(key_in);
        key.unwrap_or(text.trim()).parse()
    }
}

/// The key in a line of a keyring.
fn key_in(line: &str) -> Option<&str> {
    let (name, value) = line.split_once('=')?;
    (name.trim() == "key").then_some(value.trim())
}

impl FromStr for StoreKey {
    type Err = StoreKeyError;

    fn from_str(text: &str) -> Result<Self, StoreKeyError> {
        if !(SHORTEST..=LONGEST).contains(&text.len()) {
            return Err(StoreKeyError::Length(text.len()));
        }
        let base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
        if !text.bytes().all(base64) {
            return Err(StoreKeyError::Character);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey")
    }
}

impl serde::Serialize for StoreKey {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for StoreKey {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        crate::text::deserialize(from)
    }
}

impl PartialSchema for StoreKey {
    fn schema() -> RefOr<Schema> {
        let pattern = "^[A-Za-z0-9+/=]{16,256}$";
        let example = "AQBSdFhcAAAAABAAuF2wqYhZxqPqXGg0dEcYrQ==";
        crate::text::schema("The cephx key of a store's entity", pattern, example)
    }
}

impl ToSchema for StoreKey {}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AQBSdFhcAAAAABAAuF2wqYhZxqPqXGg0dEcYrQ==";

    #[test]
    fn nothing_says_a_key() {
        let key: StoreKey = KEY.parse().unwrap();
        assert_eq!(format!("{key:?}"), "StoreKey");
        for wrong in ["guess", "guess!guess!guess!guess!"] {
            let said = wrong.parse::<StoreKey>().unwrap_err().to_string();
            assert!(!said.contains("guess"), "{said}");
        }
    }

    #[test]
    fn a_file_has_a_key_alone_or_is_a_keyring() {
        let keyring = format!("[client.x]\n\tkey = {KEY}\n\tcaps mon = \"allow r\"\n");
        for text in [KEY.to_owned(), format!("{KEY}\n"), keyring] {
            assert_eq!(StoreKey::of_file(&text).unwrap().expose(), KEY);
        }
        assert!(StoreKey::of_file("[client.x]\n").is_err());
    }
}
