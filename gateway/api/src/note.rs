//! Free text of an admin's.

use std::fmt;
use std::str::FromStr;

use labelgate_control::Text;

use crate::text::json_text;

/// At most 255 bytes of text without control characters, and not empty: a host's name, or what
/// something is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Note(Text<255>);

/// Why a text is no [`Note`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// There is nothing in it.
    #[error("an empty text")]
    Empty,
    /// It is too long, or a log could not show it.
    #[error(transparent)]
    Refused(#[from] labelgate_control::Refused),
}

impl Note {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for Note {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        match text {
            "" => Err(NoteError::Empty),
            text => Ok(Self(Text::new(text)?)),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

json_text!(
    Note,
    "1 to 255 bytes of text without control characters",
    "",
    "hypervisor-3"
);
