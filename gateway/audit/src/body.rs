//! What a record says, as JSON: everything but its place in the chain.

use std::io;

use serde::ser::{Serialize, Serializer};
use serde_json::ser::{CompactFormatter, Formatter};

use crate::record::Record;

/// The longest reason, in bytes of text.
const LONGEST_REASON: usize = 4096;
/// The longest other text. Names of initiators and targets have at most 223 bytes (RFC 7143,
/// 4.2.7.1), identities 255, images a store's name and an image's.
const LONGEST_NAME: usize = 512;
/// What stands for the rest of a text that was cut.
const CUT: &str = " [cut]";

/// The record as a JSON object, in ASCII and on one line.
pub fn encode(record: &Record<'_>) -> String {
    let mut bytes = Vec::with_capacity(256);
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Ascii);
    Body::of(record)
        .serialize(&mut serializer)
        .expect("numbers and texts can be written to memory");
    String::from_utf8(bytes).expect("JSON is UTF-8")
}

/// The members of a record, in this order. `docs/AUDIT.md` explains them.
#[derive(Debug, serde::Serialize)]
struct Body<'a> {
    event: &'static str,
    decision: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<Cut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<Cut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<Cut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    initiator: Option<Cut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Cut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease: Option<Cut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_by: Option<Cut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    milliseconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cut<'a>>,
}

impl<'a> Body<'a> {
    fn of(record: &Record<'a>) -> Self {
        let name = |text: &'a str| Cut(text, LONGEST_NAME);
        Self {
            event: record.event.name(),
            decision: record.decision.name(),
            // A label with every other category has some 3 kB, which is the longest.
            label: record.label.map(ToString::to_string),
            was: record.was.map(ToString::to_string),
            identity: record.identity.map(name),
            proof: record.proof.map(name),
            peer: record.peer.map(|peer| peer.to_string()),
            connection: record.connection,
            image: record.image.map(name),
            initiator: record.initiator.map(name),
            target: record.target.map(name),
            lease: record.lease.map(name),
            pid: record.pid,
            asked_by: record.asked_by.map(name),
            count: record.count,
            milliseconds: record.milliseconds,
            reason: record.reason.map(|reason| Cut(reason, LONGEST_REASON)),
        }
    }
}

/// A text of which no more than so many bytes are written.
#[derive(Debug)]
struct Cut<'a>(&'a str, usize);

impl Serialize for Cut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(text, most) = *self;
        if text.len() <= most {
            return serializer.serialize_str(text);
        }
        let (head, _) = text.split_at(floor(text, most));
        serializer.collect_str(&format_args!("{head}{CUT}"))
    }
}

/// The last boundary between characters that is not beyond `most` bytes.
fn floor(text: &str, most: usize) -> usize {
    let is_boundary = |&at: &usize| text.is_char_boundary(at);
    (0..=most).rev().find(is_boundary).unwrap_or(0)
}

/// JSON in which everything beyond printable ASCII is escaped: a name that drives a terminal or
/// reorders text does nothing when the trail is shown as it is.
#[derive(Debug)]
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        // Control characters below U+0020, quotes and backslashes never come here.
        for character in fragment.chars() {
            match u8::try_from(character) {
                Ok(byte @ b' '..=b'~') => writer.write_all(&[byte])?,
                _ => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        write!(writer, "\\u{unit:04x}")?;
                    }
                }
            }
        }
        Ok(())
    }

    fn write_char_escape<W>(
        &mut self,
        writer: &mut W,
        escape: serde_json::ser::CharEscape,
    ) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        CompactFormatter.write_char_escape(writer, escape)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chain::MAX_LINE;
    use crate::{Decision, Event};

    fn decoded(json: &str) -> serde_json::Value {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let record = Record::new(Event::Reload, Decision::Allow);
        assert_eq!(encode(&record), r#"{"event":"reload","decision":"allow"}"#);
    }

    #[test]
    fn the_largest_record_fits_a_line() {
        let wide = "\u{1}".repeat(100_000);
        let label: labelgate_mac::Label = {
            let every_other: Vec<String> = (0..512).map(|n| format!("c{}", 2 * n)).collect();
            format!("s0:{}", every_other.join(",")).parse().unwrap()
        };
        let record = Record {
            was: Some(&label),
            identity: Some(&wide),
            proof: Some(&wide),
            peer: Some(
                "[2001:db8:1111:2222:3333:4444:5555:6666]:65535"
                    .parse()
                    .unwrap(),
            ),
            connection: Some(u64::MAX),
            image: Some(&wide),
            initiator: Some(&wide),
            target: Some(&wide),
            lease: Some(&wide),
            pid: Some(u32::MAX),
            asked_by: Some(&wide),
            count: Some(u64::MAX),
            milliseconds: Some(u64::MAX),
            ..Record::new(Event::SessionReinstated, Decision::Allow)
        };
        let json = encode(&record.label(&label).reason(&wide));
        assert!(json.len() + 200 < MAX_LINE, "{}", json.len());
        let reason = decoded(&json)["reason"].as_str().unwrap().to_owned();
        assert_eq!(reason.len(), LONGEST_REASON + CUT.len());
    }

    proptest! {
        #[test]
        fn any_text_comes_back_and_is_printable_ascii(text in ".{0,100}") {
            let json = encode(&Record::new(Event::Login, Decision::Deny).reason(&text));
            prop_assert!(json.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            let decoded = decoded(&json);
            prop_assert_eq!(decoded["reason"].as_str(), Some(text.as_str()));
        }

        #[test]
        fn a_text_is_cut_between_characters(text in "[a\u{e4}\u{20ac}\u{1f4be}]{400,600}") {
            let json = encode(&Record {
                initiator: Some(&text),
                ..Record::new(Event::Login, Decision::Deny)
            });
            let written = decoded(&json)["initiator"].as_str().unwrap().to_owned();
            let head = written.strip_suffix(CUT).unwrap_or(&written);
            prop_assert!(text.starts_with(head));
            prop_assert!(head.len() <= LONGEST_NAME && head.len() + 4 > LONGEST_NAME.min(text.len()));
        }
    }
}
