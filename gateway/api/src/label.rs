//! Labels in requests and answers.

use std::fmt;
use std::str::FromStr;

use labelgate_control::MAX_LABEL;
use labelgate_mac::LabelError;

use crate::text::json_text;

/// A label, such as `s0:c12,c34`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label(labelgate_mac::Label);

impl Label {
    /// The label.
    #[must_use]
    pub const fn get(&self) -> &labelgate_mac::Label {
        &self.0
    }
}

impl From<labelgate_mac::Label> for Label {
    fn from(label: labelgate_mac::Label) -> Self {
        Self(label)
    }
}

impl From<Label> for labelgate_mac::Label {
    fn from(label: Label) -> Self {
        label.0
    }
}

/// Why a text is no label that can be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LabelTextError {
    /// It is no label.
    #[error("{0}; write two categories, such as \"s0:c12,c34\"")]
    Label(#[from] LabelError),
    /// It has more categories than a message to a worker has room for.
    #[error("a label of {0} characters; use at most {MAX_LABEL}")]
    TooLong(usize),
}

impl FromStr for Label {
    type Err = LabelTextError;

    fn from_str(text: &str) -> Result<Self, LabelTextError> {
        let label: labelgate_mac::Label = text.parse()?;
        match label.to_string().len() {
            length if length > MAX_LABEL => Err(LabelTextError::TooLong(length)),
            _ => Ok(Self(label)),
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

json_text!(
    Label,
    "A level with at least one category and not all of them",
    "^s([0-9]|1[0-5]):c[0-9]{1,4}([.,]c[0-9]{1,4})*$",
    "s0:c12,c34"
);

/// A label that is given, or one that no other has yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelChoice {
    /// This one.
    Given(Label),
    /// `auto`: a level is allocated.
    Auto,
}

impl FromStr for LabelChoice {
    type Err = LabelTextError;

    fn from_str(text: &str) -> Result<Self, LabelTextError> {
        match text {
            "auto" => Ok(Self::Auto),
            label => label.parse().map(Self::Given),
        }
    }
}

impl fmt::Display for LabelChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(label) => label.fmt(f),
            Self::Auto => f.write_str("auto"),
        }
    }
}

json_text!(
    LabelChoice,
    "A label, or \"auto\" for one that no other has",
    "^(auto|s([0-9]|1[0-5]):c[0-9]{1,4}([.,]c[0-9]{1,4})*)$",
    "auto"
);

/// Who may open an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageAccess {
    /// The clients of one label.
    Label(LabelChoice),
    /// `content`: every client, to read.
    Content,
}

impl FromStr for ImageAccess {
    type Err = LabelTextError;

    fn from_str(text: &str) -> Result<Self, LabelTextError> {
        match text {
            "content" => Ok(Self::Content),
            label => label.parse().map(Self::Label),
        }
    }
}

impl fmt::Display for ImageAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(label) => label.fmt(f),
            Self::Content => f.write_str("content"),
        }
    }
}

json_text!(
    ImageAccess,
    "A label, \"auto\" for one that no other has, or \"content\" for a read-only image that \
     every label may read",
    "^(auto|content|s([0-9]|1[0-5]):c[0-9]{1,4}([.,]c[0-9]{1,4})*)$",
    "s0:c12,c34"
);
