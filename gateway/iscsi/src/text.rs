//! Text of login and text PDUs: `Key=Value` pairs, each followed by NUL (RFC 7143, 6.1).

use std::fmt;

use crate::negotiation::MAX_BINARY;

/// The most text one negotiation may hold, in bytes, however many PDUs it comes in.
///
/// > 6.3: "The default MaxRecvDataSegmentLength is used during Login."
///
/// That is 8192 as well, so no single PDU of a login has more.
pub const MAX_TEXT: usize = 8192;

/// The most pairs one negotiation may hold. The standard has 34 keys.
///
/// Every pair gets at most one answer, and the longest is an unknown key of 63 bytes that was not
/// understood, so all answers together fit in one PDU of 8192 bytes.
pub const MAX_PAIRS: usize = 64;

/// The longest key, in bytes (RFC 7143, 6.1).
const MAX_KEY: usize = 63;

/// The longest simple value, in bytes, unless a key says otherwise (RFC 7143, 6.1).
const MAX_VALUE: usize = 255;

/// The keys that say otherwise: their values are binary (RFC 7143, 12.1.3).
const BINARY: [&[u8]; 2] = [b"CHAP_C", b"CHAP_R"];

/// The longest binary value, in bytes of its encoding: `0x` and two digits for each byte.
const MAX_BINARY_VALUE: usize = 2 + 2 * MAX_BINARY;

/// Text that is not a sequence of pairs. The peer is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextError {
    /// More than [`MAX_TEXT`] bytes.
    TooLong,
    /// More than [`MAX_PAIRS`] pairs.
    TooManyPairs,
    /// The last pair has no NUL after it.
    Unterminated,
    /// A pair has no `=`.
    NoSeparator,
    /// A key is empty, too long, or has characters no key has.
    Key,
    /// A value is too long or not UTF-8.
    Value,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the text has more than 8192 bytes",
            Self::TooManyPairs => "the text has more than 64 pairs",
            Self::Unterminated => "the text does not end with NUL",
            Self::NoSeparator => "a pair has no '='",
            Self::Key => "a key is not 1 to 63 letters, digits, or one of .-+@_",
            Self::Value => "a value has more bytes than it may have or is not UTF-8",
        })
    }
}

impl std::error::Error for TextError {}

/// One pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair<'a> {
    /// Its key: 1 to 63 letters, digits and `.-+@_`. Keys are case-sensitive.
    pub key: &'a str,
    /// Its value: at most 255 bytes, if it is a binary one 2050; perhaps none.
    pub value: &'a str,
}

/// The pairs of a whole text, in order.
///
/// # Errors
/// The first fault found; no pair of a faulty text counts.
pub fn pairs(text: &[u8]) -> Result<Vec<Pair<'_>>, TextError> {
    if text.len() > MAX_TEXT {
        return Err(TextError::TooLong);
    }
    let Some(text) = text.strip_suffix(b"\0") else {
        return if text.is_empty() {
            Ok(Vec::new())
        } else {
            Err(TextError::Unterminated)
        };
    };
    // > 6.1: "Every key=value pair, including the last or only pair in a LTDS, MUST be followed by
    // > one null (0x00) delimiter." More than one do no harm, and older drafts allowed them.
    let mut found = Vec::new();
    for piece in text
        .split(|&byte| byte == 0)
        .filter(|piece| !piece.is_empty())
    {
        if found.len() == MAX_PAIRS {
            return Err(TextError::TooManyPairs);
        }
        found.push(pair(piece)?);
    }
    Ok(found)
}

fn pair(piece: &[u8]) -> Result<Pair<'_>, TextError> {
    let mut halves = piece.splitn(2, |&byte| byte == b'=');
    let (key, value) = (halves.next().unwrap_or_default(), halves.next());
    let value = value.ok_or(TextError::NoSeparator)?;
    let is_key = !key.is_empty() && key.len() <= MAX_KEY && key.iter().all(is_key_character);
    let longest = if BINARY.contains(&key) {
        MAX_BINARY_VALUE
    } else {
        MAX_VALUE
    };
    let key = std::str::from_utf8(key).ok().filter(|_| is_key);
    let value = std::str::from_utf8(value)
        .ok()
        .filter(|value| value.len() <= longest);
    Ok(Pair {
        key: key.ok_or(TextError::Key)?,
        value: value.ok_or(TextError::Value)?,
    })
}

/// The characters of a standard label (RFC 7143, 6.1).
fn is_key_character(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b".-+@_".contains(byte)
}

/// Text that arrives in several PDUs, all but the last with the C bit set.
#[derive(Debug, Default)]
pub struct PartialText {
    bytes: Vec<u8>,
}

impl PartialText {
    /// Adds what one PDU carries.
    ///
    /// # Errors
    /// [`TextError::TooLong`]; what was there stays.
    pub fn append(&mut self, more: &[u8]) -> Result<(), TextError> {
        if self.bytes.len().saturating_add(more.len()) > MAX_TEXT {
            return Err(TextError::TooLong);
        }
        self.bytes.extend_from_slice(more);
        Ok(())
    }

    /// Takes the whole text; the next one starts empty.
    #[must_use]
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

/// Text to be sent.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct TextWriter {
    bytes: Vec<u8>,
}

impl TextWriter {
    /// Appends `key=value` and its NUL.
    pub fn pair(&mut self, key: &str, value: &str) {
        debug_assert!(!value.contains('\0'), "no value of ours has a NUL");
        for part in [key, "=", value, "\0"] {
            self.bytes.extend_from_slice(part.as_bytes());
        }
    }

    /// How many bytes there are.
    #[must_use]
    pub fn length(&self) -> usize {
        self.bytes.len()
    }

    /// The text.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing;
    use proptest::prelude::*;

    fn found(text: &[u8]) -> Result<Vec<(&str, &str)>, TextError> {
        Ok(pairs(text)?
            .into_iter()
            .map(|pair| (pair.key, pair.value))
            .collect())
    }

    #[test]
    fn pairs_are_separated_by_one_or_more_nuls() {
        assert_eq!(found(b""), Ok(vec![]));
        assert_eq!(found(b"\0"), Ok(vec![]));
        assert_eq!(found(b"A=1\0B=\0\0\0"), Ok(vec![("A", "1"), ("B", "")]));
        assert_eq!(found(b"CHAP_N=a=b\0"), Ok(vec![("CHAP_N", "a=b")]));
    }

    #[test]
    fn faulty_text_is_refused_whole() {
        assert_eq!(found(b"A=1\0B=2"), Err(TextError::Unterminated));
        assert_eq!(found(&[b'A'; MAX_TEXT]), Err(TextError::Unterminated));
        assert_eq!(found(&[0; MAX_TEXT + 1]), Err(TextError::TooLong));
        assert_eq!(found(b"A=1\0B\0"), Err(TextError::NoSeparator));
        assert_eq!(found(b"=1\0"), Err(TextError::Key));
        assert_eq!(found(b"A B=1\0"), Err(TextError::Key));
        assert_eq!(found(b"A=\xff\0"), Err(TextError::Value));
    }

    #[test]
    fn keys_values_and_their_number_are_bounded() {
        let text = |key: usize, value: usize| {
            [&vec![b'K'; key][..], b"=", &vec![b'v'; value], b"\0"].concat()
        };
        assert!(found(&text(63, 255)).is_ok());
        assert_eq!(found(&text(64, 0)), Err(TextError::Key));
        assert_eq!(found(&text(1, 256)), Err(TextError::Value));
        let challenge = |length| [b"CHAP_C=", &vec![b'0'; length][..], b"\0"].concat();
        assert!(found(&challenge(2050)).is_ok());
        assert_eq!(found(&challenge(2051)), Err(TextError::Value));
        assert!(found(&text(1, 1).repeat(MAX_PAIRS)).is_ok());
        assert_eq!(
            found(&text(1, 1).repeat(MAX_PAIRS + 1)),
            Err(TextError::TooManyPairs)
        );
    }

    #[test]
    fn partial_text_is_bounded_and_starts_anew_when_taken() {
        let mut text = PartialText::default();
        text.append(&[1; MAX_TEXT - 1]).unwrap();
        assert_eq!(text.append(&[2; 2]), Err(TextError::TooLong));
        text.append(&[3]).unwrap();
        assert_eq!(text.take().len(), MAX_TEXT);
        assert_eq!(text.take(), []);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            written in prop::collection::vec(("[A-Z][A-Za-z0-9.+@_-]{0,62}", "[^\0]{0,60}"), 0..20),
        ) {
            let mut writer = TextWriter::default();
            for (key, value) in &written {
                writer.pair(key, value);
            }
            let bytes = writer.into_bytes();
            let read = found(&bytes).unwrap();
            prop_assert!(written.iter().map(|(k, v)| (k.as_str(), v.as_str())).eq(read));
        }
    }

    #[test]
    fn fuzz_pairs() {
        bolero::check!()
            .with_test_time(fuzzing::time())
            .for_each(|text: &[u8]| {
                if let Ok(pairs) = pairs(text) {
                    assert!(pairs.len() <= MAX_PAIRS);
                    for Pair { key, value } in pairs {
                        assert!((1..=MAX_KEY).contains(&key.len()));
                        assert!(value.len() <= MAX_BINARY_VALUE);
                    }
                }
            });
    }
}
