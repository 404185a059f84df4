//! Why something is not done, as the supervisor is told.

use labelgate_control::{KeysmithRefusal, Text};
use labelgate_rbd::{Error, Kind};

use crate::NameError;

/// Why something is not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refused {
    /// What kind of reason it is.
    pub why: KeysmithRefusal,
    /// What is wrong, and what to do about it.
    pub reason: String,
}

impl Refused {
    pub(crate) fn new(why: KeysmithRefusal, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { why, reason }
    }

    pub(crate) fn unfit(reason: impl Into<String>) -> Self {
        Self::new(KeysmithRefusal::Unfit, reason)
    }

    pub(crate) fn nonsense(what: &str) -> Self {
        let reason = format!("the cluster's answer is not understood: {what}");
        Self::new(KeysmithRefusal::Failed, reason)
    }

    /// As it is in an answer.
    #[must_use]
    pub fn said(&self) -> (KeysmithRefusal, Text<512>) {
        (self.why, Text::clean(&self.reason))
    }
}

impl From<NameError> for Refused {
    fn from(error: NameError) -> Self {
        Self::unfit(error.to_string())
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        let why = match &error {
            Error::Library(_) => KeysmithRefusal::Library,
            Error::Text(_) => KeysmithRefusal::Unfit,
            Error::Cluster { kind, .. } => of_kind(*kind),
        };
        Self::new(why, error.to_string())
    }
}

const fn of_kind(kind: Kind) -> KeysmithRefusal {
    match kind {
        Kind::Permission | Kind::Fenced => KeysmithRefusal::Permission,
        Kind::NoSpace => KeysmithRefusal::NoSpace,
        Kind::NotReady => KeysmithRefusal::NotReady,
        Kind::NotFound => KeysmithRefusal::NotFound,
        Kind::Exists => KeysmithRefusal::Exists,
        Kind::Busy | Kind::Held => KeysmithRefusal::Busy,
        Kind::Unsupported | Kind::Invalid | Kind::OutOfRange | Kind::ReadOnly => {
            KeysmithRefusal::Unfit
        }
        _ => KeysmithRefusal::Failed,
    }
}
