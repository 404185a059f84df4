//! Text that is bounded and can be printed anywhere.

use std::fmt;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

/// At most `N` bytes of UTF-8 without a character that could change what a reader of a log sees.
///
/// Such characters are the control characters (a line feed would forge a second record, an escape
/// would drive the terminal), the line and paragraph separators, and those that reorder text.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Text<const N: usize>(String);

/// Why something is no [`Text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It has more bytes than allowed.
    #[error("{length} bytes of text where {limit} are allowed")]
    TooLong {
        /// How many bytes it has.
        length: usize,
        /// How many it may have.
        limit: usize,
    },
    /// It has a character that must not reach a log.
    #[error("a control character in a text")]
    Control,
}

impl<const N: usize> Text<N> {
    /// The text as it is, or the reason why it must not be used.
    pub fn new(text: &str) -> Result<Self, Refused> {
        if text.len() > N {
            let length = text.len();
            return Err(Refused::TooLong { length, limit: N });
        }
        if text.chars().any(is_unprintable) {
            return Err(Refused::Control);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text with each unprintable character replaced by U+FFFD, cut to `N` bytes.
    ///
    /// This is what a peer's words go through on their way to a log.
    #[must_use]
    pub fn clean(text: &str) -> Self {
        let mut clean = String::with_capacity(text.len().min(N));
        for character in text.chars() {
            let printable = if is_unprintable(character) {
                char::REPLACEMENT_CHARACTER
            } else {
                character
            };
            if clean.len() + printable.len_utf8() > N {
                break;
            }
            clean.push(printable);
        }
        Self(clean)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a log must not show the character as it is.
fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{061C}' | '\u{200E}' | '\u{200F}' // marks of direction
            | '\u{2028}' | '\u{2029}' // separators of lines and paragraphs
            | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' // embeddings, overrides, isolates
            | '\u{FEFF}')
}

impl<const N: usize> Deref for Text<N> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<const N: usize> TryFrom<&str> for Text<N> {
    type Error = Refused;

    fn try_from(text: &str) -> Result<Self, Refused> {
        Self::new(text)
    }
}

impl<const N: usize> From<Text<N>> for String {
    fn from(text: Text<N>) -> Self {
        text.0
    }
}

impl<const N: usize> Serialize for Text<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Text<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor<const N: usize>;

        impl<const N: usize> Visitor<'_> for TextVisitor<N> {
            type Value = Text<N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "at most {N} bytes of printable text")
            }

            // The text is still in the datagram here: nothing is allocated before the check.
            fn visit_str<E: Error>(self, text: &str) -> Result<Text<N>, E> {
                Text::new(text).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_peer_cannot_forge_a_line_or_reorder_one() {
        assert_eq!(Text::<32>::new("a\nb"), Err(Refused::Control));
        assert_eq!(Text::<32>::new("a\u{202E}b"), Err(Refused::Control));
        assert_eq!(
            Text::<32>::clean("a\n\u{1b}[2Jb\u{2028}").as_str(),
            "a\u{FFFD}\u{FFFD}[2Jb\u{FFFD}"
        );
    }

    #[test]
    fn a_cut_never_splits_a_character() {
        assert_eq!(Text::<4>::clean("abcé").as_str(), "abc");
        assert_eq!(Text::<5>::clean("abcé").as_str(), "abcé");
        // One byte becomes three: the replacement counts as what it is.
        assert_eq!(Text::<2>::clean("\n").as_str(), "");
    }

    proptest! {
        #[test]
        fn whatever_was_cleaned_is_accepted(text in any::<String>()) {
            let clean = Text::<24>::clean(&text);
            prop_assert_eq!(Text::<24>::new(clean.as_str()), Ok(clean));
        }
    }
}
