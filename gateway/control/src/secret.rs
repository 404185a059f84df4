//! Bounded text that is never shown.

use std::fmt;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};
use zeroize::Zeroize;

use crate::{Refused, Text};

/// At most `N` bytes of printable text that must not reach a log. Printing it shows that it is there,
/// and nothing else; its memory is wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<const N: usize>(String);

impl<const N: usize> Secret<N> {
    /// The text as a secret.
    ///
    /// # Errors
    /// As [`Text::new`].
    pub fn new(text: &str) -> Result<Self, Refused> {
        Ok(Self(Text::<N>::new(text)?.into()))
    }

    /// The text, for whoever needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret")
    }
}

impl<const N: usize> Serialize for Secret<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Secret<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Text::<N>::deserialize(deserializer)?.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown_and_is_bounded() {
        let secret = Secret::<8>::new("hunter2").unwrap();
        assert_eq!(format!("{secret:?}"), "a secret");
        assert_eq!(secret.reveal(), "hunter2");
        assert!(Secret::<4>::new("hunter2").is_err());
        assert!(Secret::<8>::new("a\nb").is_err());
        let datagram = postcard::to_allocvec(&secret).unwrap();
        assert_eq!(postcard::from_bytes::<Secret<8>>(&datagram), Ok(secret));
        assert!(postcard::from_bytes::<Secret<4>>(&datagram).is_err());
    }
}
