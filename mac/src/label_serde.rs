//! A label in records: its canonical text, and nothing else.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::Label;

impl Serialize for Label {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LabelVisitor;

        impl Visitor<'_> for LabelVisitor {
            type Value = Label;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the canonical text of a label")
            }

            // A second spelling would be a second key for one label.
            fn visit_str<E: Error>(self, text: &str) -> Result<Label, E> {
                let label: Label = text.parse().map_err(E::custom)?;
                if label.to_string() == text {
                    Ok(label)
                } else {
                    Err(E::custom("a label that is not in its canonical form"))
                }
            }
        }

        deserializer.deserialize_str(LabelVisitor)
    }
}
