//! Secrets on their way between an admin and the registry.

use std::fmt;
use std::str::FromStr;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The shortest secret, in bytes: 96 bits.
///
/// > An administrative entity of an environment in which CHAP is used with a secret that has less
/// > than 96 random bits MUST enforce IPsec encryption (RFC 7143 9.2.1)
///
/// How random they are cannot be seen; that there are so many can.
const SHORTEST: usize = 12;

/// The longest secret, in bytes.
const LONGEST: usize = 255;

/// A CHAP secret: 12 to 255 printable ASCII characters.
///
/// It is wiped when it is dropped, and shown by nothing but its serialisation.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Secret(String);

/// Why a text cannot be a secret. It holds nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Too short or too long.
    #[error("a secret of {0} characters; use {SHORTEST} to {LONGEST}")]
    Length(usize),
    /// It has a character that some initiators cannot be given.
    #[error("a secret with a character that is not printable ASCII; initiators differ in them")]
    Character,
}

impl Secret {
    /// The secret itself, to be written where it belongs and nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        if !(SHORTEST..=LONGEST).contains(&text.len()) {
            return Err(SecretError::Length(text.len()));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SecretError::Character);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl serde::Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        crate::text::deserialize(from)
    }
}

impl PartialSchema for Secret {
    fn schema() -> RefOr<Schema> {
        crate::text::schema("A CHAP secret", "^[!-~]{12,255}$", "correct-horse-battery")
    }
}

impl ToSchema for Secret {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_says_a_secret() {
        let secret: Secret = "0123456789abcdef".parse().unwrap();
        assert_eq!(format!("{secret:?}"), "Secret");
        let wrong = "short".parse::<Secret>().unwrap_err().to_string();
        assert!(!wrong.contains("short"), "{wrong}");
        let wrong = serde_json::from_str::<Secret>("\"not\\u0001printable\"").unwrap_err();
        assert!(!wrong.to_string().contains("printable\""), "{wrong}");
    }
}
