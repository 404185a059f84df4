//! Tokens: what a client proves itself with where its protocol has no login of its own.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::hexadecimal;

/// The least length of a token: 20 letters of 64 can have 120 bits. It is sent as it is, and
/// whoever guesses it needs nothing else.
const SHORTEST: usize = 20;

/// The greatest: with it, and an image's name, a URL is still one line.
const LONGEST: usize = 64;

/// Letters that mean themselves in a URL, a path and a shell. A power of two: five random bits
/// are one letter.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// What only a client and the gateway know, and the client says: `nfs://gateway/TOKEN/disk`.
///
/// It is printed nowhere, wiped from memory when it is dropped, and compared in constant time.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Token(Vec<u8>);

/// Why a text is no token. It says nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It could be guessed.
    #[error("the token has less than 20 characters; use 20 to 64, or let one be generated")]
    Short,
    /// Longer than any has to be.
    #[error("the token has more than 64 characters; use 20 to 64, or let one be generated")]
    Long,
    /// It would mean something else in a URL or a path.
    #[error("the token has a character that is no letter, digit, underscore or dash")]
    Character,
    /// The kernel has no random numbers.
    #[error("no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

impl Token {
    /// 26 random letters of 32: 130 bits.
    ///
    /// # Errors
    /// The kernel has no random numbers.
    pub fn generate() -> Result<Self, TokenError> {
        let mut bytes = Zeroizing::new([0; 26]);
        getrandom::fill(bytes.as_mut_slice())?;
        let letter = |byte: &u8| {
            ALPHABET
                .get(usize::from(byte % 32))
                .copied()
                .unwrap_or(b'a')
        };
        Ok(Self(bytes.iter().map(letter).collect()))
    }

    /// The bytes, which are letters, digits, underscores and dashes: for the digest that it is
    /// found by, and for the one time that an admin is shown a new token.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    fn of_bytes(bytes: &[u8]) -> Result<Self, TokenError> {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
        match bytes.len() {
            ..SHORTEST => Err(TokenError::Short),
            SHORTEST..=LONGEST if !bytes.iter().all(plain) => Err(TokenError::Character),
            SHORTEST..=LONGEST => Ok(Self(bytes.to_vec())),
            _ => Err(TokenError::Long),
        }
    }
}

impl FromStr for Token {
    type Err = TokenError;

    /// A token that an admin brings: 20 to 64 letters, digits, underscores and dashes.
    fn from_str(text: &str) -> Result<Self, TokenError> {
        Self::of_bytes(text.as_bytes())
    }
}

impl ConstantTimeEq for Token {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for Token {}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// How a token stands in the database and in backups, and nowhere else: this type is private.
pub(crate) struct StoredToken(pub(crate) Token);

impl Serialize for StoredToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        hexadecimal::serialize(&self.0.0, LONGEST, serializer)
    }
}

impl<'de> Deserialize<'de> for StoredToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = hexadecimal::deserialize(LONGEST, deserializer)?;
        Token::of_bytes(&bytes).map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_token_has_the_letters_that_make_its_bits() {
        assert_eq!(Token::generate().unwrap().expose().len(), 26);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..100 {
            seen.extend(Token::generate().unwrap().expose().to_vec());
        }
        // 2600 letters: one of 32 is missing once in 10^34 runs.
        assert_eq!(seen.len(), 32);
        assert!(seen.iter().all(|letter| ALPHABET.contains(letter)));
    }

    #[test]
    fn nothing_of_a_token_is_printed() {
        let token: Token = "sesame-sesame-sesame".parse().unwrap();
        assert_eq!(format!("{token:?}"), "Token");
        let error = "open sesame".repeat(2).parse::<Token>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("sesame"));
    }

    #[test]
    fn what_could_be_guessed_or_would_not_be_one_name_in_a_path_is_refused() {
        let error = |text: &str| text.parse::<Token>().unwrap_err();
        assert_eq!(error(&"x".repeat(19)), TokenError::Short);
        assert_eq!(error(&"x".repeat(65)), TokenError::Long);
        for wrong in ["/", ".", "%", "?", " ", "\n", "\u{e4}"] {
            let text = format!("{}{wrong}", "x".repeat(20));
            assert_eq!(error(&text), TokenError::Character, "{wrong:?}");
        }
        assert!("Az09_-".repeat(4).parse::<Token>().is_ok());
        assert!("x".repeat(64).parse::<Token>().is_ok());
    }

    #[test]
    fn letters_of_another_case_are_another_token() {
        let token = |text: &str| text.parse::<Token>().unwrap();
        assert_ne!(token(&"a".repeat(20)), token(&"A".repeat(20)));
        assert_ne!(token(&"a".repeat(20)), token(&"a".repeat(21)));
    }
}
