//! The chain: each line holds the hash of the one before.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::Deserialize;

/// The longest line, in bytes. No record is longer, and a file that has a longer one is damaged.
pub const MAX_LINE: usize = 64 << 10;

/// The hash of a line: BLAKE3 of its bytes without the line feed.
///
/// The first record of all has nothing before it, and says [`LineHash::NONE`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineHash([u8; 32]);

/// A text that is no hash: a hash has 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a hash has 64 lower-case hexadecimal digits")]
pub struct NoHash;

impl LineHash {
    /// What stands before the first record.
    pub const NONE: Self = Self([0; 32]);

    /// The hash of a line; the line feed is no part of it.
    #[must_use]
    pub fn of(line: &[u8]) -> Self {
        Self(*blake3::hash(line).as_bytes())
    }
}

impl fmt::Display for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for LineHash {
    type Err = NoHash;

    fn from_str(text: &str) -> Result<Self, NoHash> {
        let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if !text.bytes().all(lower) {
            return Err(NoHash);
        }
        let hash = blake3::Hash::from_hex(text).map_err(|_| NoHash)?;
        Ok(Self(*hash.as_bytes()))
    }
}

impl serde::Serialize for LineHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LineHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A place in the chain that can be noted elsewhere: a record's number and the hash of its line.
/// Everything up to it is what it was if the chain still leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, Deserialize)]
pub struct Anchor {
    /// `seq` of the record.
    pub seq: u64,
    /// The hash of its line.
    pub hash: LineHash,
}

impl Anchor {
    /// Before the first record.
    pub const START: Self = Self {
        seq: 0,
        hash: LineHash::NONE,
    };

    /// The line of the record that follows here, without its line feed; and its own anchor.
    /// `body` is a JSON object.
    #[must_use]
    pub fn seal(&self, time: Timestamp, body: &str) -> (String, Self) {
        let seq = self.seq.saturating_add(1);
        let members = body.strip_prefix('{').unwrap_or(body);
        let line = format!(
            r#"{{"seq":{seq},"time":"{time:.9}","previous":"{}",{members}"#,
            self.hash
        );
        let hash = LineHash::of(line.as_bytes());
        (line, Self { seq, hash })
    }

    /// Takes the next line of the chain.
    pub fn follow(&self, line: &[u8]) -> Result<(Head, Self), Fault> {
        let head = Head::parse(line)?;
        if head.seq != self.seq.wrapping_add(1) {
            return Err(Fault::Number {
                expected: self.seq.wrapping_add(1),
                found: head.seq,
            });
        }
        if head.previous != self.hash {
            return Err(Fault::Previous);
        }
        Ok((head.clone(), head.anchor(line)))
    }
}

/// What the chain needs to know of a line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Head {
    /// The record's number.
    pub seq: u64,
    /// When it was written.
    pub time: Timestamp,
    /// The hash of the line before.
    pub previous: LineHash,
    /// What it is about.
    pub event: String,
    /// What the event counts.
    #[serde(default)]
    pub count: Option<u64>,
}

impl Head {
    /// Reads a line.
    pub fn parse(line: &[u8]) -> Result<Self, Fault> {
        serde_json::from_slice(line).map_err(|error| Fault::NoRecord(error.to_string()))
    }

    /// The line's own anchor.
    #[must_use]
    pub fn anchor(&self, line: &[u8]) -> Anchor {
        Anchor {
            seq: self.seq,
            hash: LineHash::of(line),
        }
    }
}

/// Why a line is not the next one of the chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is no record.
    #[error("this line is no record: {0}")]
    NoRecord(String),
    /// It is longer than any record.
    #[error("this line is longer than {MAX_LINE} bytes, which no record is")]
    TooLong,
    /// Records are missing, repeated or out of order.
    #[error("record {expected} should be here, and this is record {found}")]
    Number {
        /// `seq` that should be here.
        expected: u64,
        /// `seq` that is here.
        found: u64,
    },
    /// The line before is not the one that was there when this one was written.
    #[error("the line before is not the one that this record was written after")]
    Previous,
    /// The file's name says that it begins with another record.
    #[error("the name of the file says that record {expected} is here, and this is record {found}")]
    Name {
        /// `seq` in the name.
        expected: u64,
        /// `seq` that is here.
        found: u64,
    },
    /// The record of an anchor is another one.
    #[error("record {seq} is not the one whose hash was noted")]
    Anchor {
        /// `seq` of the anchor.
        seq: u64,
    },
    /// The chain ends before the anchor, or begins after it.
    #[error("record {seq}, whose hash was noted, is not there; the last one here is {last}")]
    NoAnchor {
        /// `seq` of the anchor.
        seq: u64,
        /// The last `seq` that is there, or 0.
        last: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_line_follows_and_nothing_else_does() {
        let time: Timestamp = "2026-11-24T08:00:00.5Z".parse().unwrap();
        let (line, first) = Anchor::START.seal(time, r#"{"event":"reload"}"#);
        assert_eq!(
            line,
            format!(
                r#"{{"seq":1,"time":"2026-11-24T08:00:00.500000000Z","previous":"{}","event":"reload"}}"#,
                "0".repeat(64)
            )
        );
        let (head, anchor) = Anchor::START.follow(line.as_bytes()).unwrap();
        assert_eq!((head.event.as_str(), anchor), ("reload", first));
        let (second, _) = first.seal(time, r#"{"event":"login"}"#);
        assert!(first.follow(second.as_bytes()).is_ok());
        let skipped = Anchor::START.follow(second.as_bytes());
        assert_eq!(
            skipped.unwrap_err(),
            Fault::Number {
                expected: 1,
                found: 2
            }
        );
        let other = Anchor {
            hash: LineHash::of(b"x"),
            ..first
        };
        assert_eq!(
            other.follow(second.as_bytes()).unwrap_err(),
            Fault::Previous
        );
    }

    #[test]
    fn a_hash_is_written_in_one_way_only() {
        let hash = LineHash::of(b"");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!(
            hash.to_string().to_uppercase().parse::<LineHash>(),
            Err(NoHash)
        );
        assert_eq!("00".parse::<LineHash>(), Err(NoHash));
    }
}
