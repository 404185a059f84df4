//! Tokens on their way between an admin and the registry.

use std::fmt;
use std::str::FromStr;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The shortest token, in bytes. Whoever guesses it needs nothing else.
const SHORTEST: usize = 20;

/// The longest token, in bytes.
const LONGEST: usize = 64;

/// A token: 20 to 64 letters, digits, underscores and dashes, which mean themselves in a URL.
///
/// It is wiped when it is dropped, and shown by nothing but its serialisation.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Token(String);

/// Why a text cannot be a token. It holds nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Too short or too long.
    #[error("a token of {0} characters; use {SHORTEST} to {LONGEST}")]
    Length(usize),
    /// It has a character that would mean something else in a URL.
    #[error("a token with a character that is no letter, digit, underscore or dash")]
    Character,
}

impl Token {
    /// The token itself, to be written where it belongs and nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        if !(SHORTEST..=LONGEST).contains(&text.len()) {
            return Err(TokenError::Length(text.len()));
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        if !text.bytes().all(plain) {
            return Err(TokenError::Character);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl serde::Serialize for Token {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Token {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        crate::text::deserialize(from)
    }
}

impl PartialSchema for Token {
    fn schema() -> RefOr<Schema> {
        let pattern = "^[A-Za-z0-9_-]{20,64}$";
        crate::text::schema("A token", pattern, "abcdefghijklmnopqrstuvwxyz")
    }
}

impl ToSchema for Token {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_says_a_token() {
        let token: Token = "0123456789-ABCDEF_abcdef".parse().unwrap();
        assert_eq!(format!("{token:?}"), "Token");
        for wrong in ["guess", "guess/guess/guess/guess"] {
            let said = wrong.parse::<Token>().unwrap_err().to_string();
            assert!(!said.contains("guess"), "{said}");
        }
    }
}
