//! A label on the wire: its canonical text, and nothing else.

use std::fmt;

use labelgate_mac::Label;
use serde::de::{Deserializer, Error, Visitor};
use serde::ser::Serializer;

/// The longest text of a label that has a worker, in bytes. A label of two categories has at most
/// fourteen; this leaves room for group labels without making a datagram large.
pub const MAX_LABEL: usize = 1024;

pub(crate) fn serialize<S: Serializer>(label: &Label, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(label)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Label, D::Error> {
    struct LabelVisitor;

    impl Visitor<'_> for LabelVisitor {
        type Value = Label;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the canonical text of a label")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Label, E> {
            if text.len() > MAX_LABEL {
                return Err(E::custom("a label longer than any that has a worker"));
            }
            let label: Label = text.parse().map_err(E::custom)?;
            if label.to_string() != text {
                return Err(E::custom("a label that is not in its canonical form"));
            }
            Ok(label)
        }
    }

    deserializer.deserialize_str(LabelVisitor)
}
