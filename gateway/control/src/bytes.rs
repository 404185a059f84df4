//! Bounded bytes.

use std::fmt;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

/// At most `N` bytes that mean nothing to whoever passes them on.
///
/// They may be a proof of identity, so printing them shows their number alone.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Bytes<const N: usize>(Vec<u8>);

/// More bytes than a [`Bytes`] may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{length} bytes where {limit} are allowed")]
pub struct TooLong {
    /// How many there are.
    pub length: usize,
    /// How many there may be.
    pub limit: usize,
}

impl<const N: usize> Deref for Bytes<N> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<const N: usize> fmt::Debug for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl<const N: usize> TryFrom<&[u8]> for Bytes<N> {
    type Error = TooLong;

    fn try_from(bytes: &[u8]) -> Result<Self, TooLong> {
        if bytes.len() > N {
            let length = bytes.len();
            return Err(TooLong { length, limit: N });
        }
        Ok(Self(bytes.to_vec()))
    }
}

impl<const N: usize> Serialize for Bytes<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Bytes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BytesVisitor<const N: usize>;

        impl<const N: usize> Visitor<'_> for BytesVisitor<N> {
            type Value = Bytes<N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "at most {N} bytes")
            }

            // The bytes are still in the datagram here: nothing is allocated before the check.
            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Bytes<N>, E> {
                Bytes::try_from(bytes).map_err(E::custom)
            }
        }

        deserializer.deserialize_bytes(BytesVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_bounded_and_not_shown() {
        let bytes = Bytes::<4>::try_from(&[1, 2, 3][..]).unwrap();
        assert_eq!(format!("{bytes:?}"), "3 bytes");
        assert!(Bytes::<2>::try_from(&[1, 2, 3][..]).is_err());
        let datagram = postcard::to_allocvec(&bytes).unwrap();
        assert_eq!(postcard::from_bytes::<Bytes<4>>(&datagram), Ok(bytes));
        assert!(postcard::from_bytes::<Bytes<2>>(&datagram).is_err());
    }
}
