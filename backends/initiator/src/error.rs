//! Why something could not be done, and whose fault that is.

use std::fmt;
use std::io;

use labelgate_libiscsi_sys::LoadError;

/// Why something could not be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The library is missing.
    #[error(transparent)]
    Library(#[from] LoadError),
    /// A text has a byte 0 in it, is empty, or is too long: the caller's fault.
    #[error("{0} is no text that can be given to a target")]
    Text(&'static str),
    /// Both sides would prove themselves by the same secret, which proves nothing.
    #[error("the initiator's secret and the target's must not be the same")]
    SameSecret,
    /// The target, or the way to it, said no.
    #[error("{doing}: {kind}{said}", said = Said(said))]
    Target {
        /// What was being done.
        doing: &'static str,
        /// What that means.
        kind: Kind,
        /// What was said, if anything was.
        said: String,
    },
}

/// What an error means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The target does not let this initiator in.
    Permission,
    /// The target has not proved who it is.
    Impostor,
    /// There is no such target, or no such logical unit.
    NotFound,
    /// Another initiator has reserved the logical unit.
    Held,
    /// Another initiator has taken the logical unit away from this one.
    Fenced,
    /// The target is not there, or not ready.
    NotReady,
    /// It is full.
    NoSpace,
    /// It does not let anybody write.
    ReadOnly,
    /// The range is not within the logical unit.
    OutOfRange,
    /// It is no disk, or none that can be served.
    Unfit,
    /// It is another logical unit than it was.
    Another,
    /// The target could not read or write its medium.
    Medium,
    /// The system has no memory or descriptor for it.
    Resources,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Permission => "the target does not let this initiator in",
            Self::Impostor => "the target has not proved who it is",
            Self::NotFound => "there is no such target or logical unit",
            Self::Held => "another initiator has reserved the logical unit",
            Self::Fenced => "another initiator has taken the logical unit away",
            Self::NotReady => "the target does not answer, or is not ready",
            Self::NoSpace => "there is no space left",
            Self::ReadOnly => "it is write-protected",
            Self::OutOfRange => "the range is not within the logical unit",
            Self::Unfit => "it is no disk that can be served",
            Self::Another => "another logical unit is there now",
            Self::Medium => "the target could not do it",
            Self::Resources => "no memory or no descriptor for it",
        })
    }
}

struct Said<'a>(&'a str);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            "" => Ok(()),
            said => write!(f, " ({said})"),
        }
    }
}

impl Error {
    /// What it means.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Library(_) | Self::Text(_) | Self::SameSecret => Kind::Unfit,
            Self::Target { kind, .. } => *kind,
        }
    }

    pub(crate) const fn of(doing: &'static str, kind: Kind) -> Self {
        Self::Target {
            doing,
            kind,
            said: String::new(),
        }
    }

    /// The same error with what was said, cut to what a log line takes.
    pub(crate) fn with(mut self, words: &str) -> Self {
        if let Self::Target { said, .. } = &mut self {
            let clean = |character: char| {
                if character.is_control() {
                    ' '
                } else {
                    character
                }
            };
            *said = words.trim().chars().take(160).map(clean).collect();
        }
        self
    }

    pub(crate) fn system(doing: &'static str, error: &io::Error) -> Self {
        Self::of(doing, Kind::Resources).with(&error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_reads_as_a_line_whatever_the_target_says() {
        let error = Error::of("logging in", Kind::Permission).with("no\nsuch\u{1b}[2Juser");
        assert_eq!(
            error.to_string(),
            "logging in: the target does not let this initiator in (no such [2Juser)"
        );
        let long = Error::of("logging in", Kind::Permission).with(&"x".repeat(5000));
        assert!(long.to_string().len() < 300);
    }
}
