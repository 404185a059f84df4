//! What went wrong, whose matter it is, and what to do.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The body of every answer with a status of 400 or more: `{"error": {...}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// What went wrong.
    pub error: Failure,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    /// What kind of thing; for programs.
    pub code: ErrorCode,
    /// What exactly; for people. One line.
    pub message: String,
    /// What to do about it; for people. One line, or nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Failure {
    /// A failure without a hint.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl fmt::Display) -> Self {
        Self {
            code,
            message: message.to_string(),
            hint: None,
        }
    }

    /// With what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }
}

impl From<Failure> for Problem {
    fn from(error: Failure) -> Self {
        Self { error }
    }
}

/// What kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// The request makes no sense as it is.
    Invalid,
    /// Who asks may not.
    Forbidden,
    /// What is named does not exist.
    NotFound,
    /// There is no such method or path.
    NoSuchEndpoint,
    /// There is already one of this name, address, label or secret.
    Exists,
    /// Something else still needs it: images of a store, sessions on an image, a lease on a label.
    InUse,
    /// It is declared in the configuration file and must be changed there.
    Declared,
    /// It cannot be done with what this is: an image that is content, a store that is no directory.
    Unsupported,
    /// The data are no image, or one that is refused.
    BadImage,
    /// A body, a header or a list is larger than allowed.
    TooLarge,
    /// Too much at once; later it may work.
    Busy,
    /// The store, or all levels, are full.
    Full,
    /// A label is in doubt: nothing was served.
    LabelDoubt,
    /// What was taken away is not yet verifiably gone; it stays taken away.
    NotEnded,
    /// It took too long.
    TimedOut,
    /// Who asked has gone away.
    Cancelled,
    /// The file, the store or the registry failed.
    Storage,
    /// The gateway is starting or stopping.
    Unavailable,
    /// A fault of the gateway's own.
    Internal,
    /// A code that this version does not know. Never sent.
    #[serde(other)]
    Unknown,
}

impl ErrorCode {
    /// The HTTP status that goes with it.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::Forbidden => 403,
            Self::NotFound | Self::NoSuchEndpoint => 404,
            Self::Exists | Self::InUse | Self::Declared => 409,
            Self::TimedOut | Self::Cancelled => 408,
            Self::TooLarge => 413,
            Self::Unsupported | Self::BadImage | Self::LabelDoubt => 422,
            Self::Busy => 429,
            Self::Storage | Self::NotEnded | Self::Internal | Self::Unknown => 500,
            Self::Unavailable => 503,
            Self::Full => 507,
        }
    }
}
