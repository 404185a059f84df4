//! What is secret, in hexadecimal: no character of it needs an escape, so a JSON parser keeps no
//! copy of its own.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::Serializer;
use zeroize::Zeroizing;

/// Writes bytes, of which there are at most so many.
pub(crate) fn serialize<S: Serializer>(
    bytes: &[u8],
    longest: usize,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut text = Zeroizing::new(String::with_capacity(2 * longest));
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(nibble), 16));
        }
    }
    serializer.serialize_str(&text)
}

/// Reads bytes, of which there may be at most so many. What is said of wrong ones has nothing of
/// them.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    longest: usize,
    deserializer: D,
) -> Result<Zeroizing<Vec<u8>>, D::Error> {
    // Borrowed: an owned text would be left in memory when it is dropped.
    let text: &str = Deserialize::deserialize(deserializer)
        .map_err(|_| D::Error::custom("a secret that is no plain text"))?;
    if text.len() > 2 * longest {
        return Err(D::Error::custom("a secret that is too long"));
    }
    unhex(text).ok_or_else(|| D::Error::custom("a secret not in hexadecimal"))
}

/// The bytes that a text stands for.
pub(crate) fn unhex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let nibble = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 2));
    for pair in text.as_bytes().chunks(2) {
        let &[high, low] = pair else { return None };
        bytes.push(nibble(high)? << 4 | nibble(low)?);
    }
    Some(bytes)
}
