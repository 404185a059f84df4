//! Why something could not be done, and whose fault that is.

use std::fmt;
use std::io;

/// Why something could not be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A path does not lead to a file beneath an exported directory: the caller's fault.
    #[error("{0} is not made of plain names")]
    Path(&'static str),
    /// The server, or the way to it, said no.
    #[error("{doing}: {kind}{said}", said = Said(said))]
    Server {
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
    /// The server does not let this user, or this machine, do it.
    Permission,
    /// There is no such export, or no such file.
    NotFound,
    /// The server is not there, or not ready.
    NotReady,
    /// It is full.
    NoSpace,
    /// It does not let anybody write.
    ReadOnly,
    /// The range is not within the file, or the file may not be so large.
    OutOfRange,
    /// It is no regular file, or on no server that can be used.
    Unfit,
    /// It is another file than it was.
    Another,
    /// The server could not read or write it, or has lost what it had answered.
    Medium,
    /// The system has no memory or descriptor for it.
    Resources,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Permission => "the server does not let this user or machine do it",
            Self::NotFound => "there is no such export or file",
            Self::NotReady => "the server does not answer, or is not ready",
            Self::NoSpace => "there is no space left",
            Self::ReadOnly => "it is write-protected",
            Self::OutOfRange => "the range is not within the file",
            Self::Unfit => "it is no file that can be served",
            Self::Another => "another file is there now",
            Self::Medium => "the server could not do it, or has lost what was written",
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
            Self::Path(_) => Kind::Unfit,
            Self::Server { kind, .. } => *kind,
        }
    }

    pub(crate) const fn of(doing: &'static str, kind: Kind) -> Self {
        Self::Server {
            doing,
            kind,
            said: String::new(),
        }
    }

    /// The same error with what was said, cut to what a log line takes.
    pub(crate) fn with(mut self, words: &str) -> Self {
        if let Self::Server { said, .. } = &mut self {
            let clean = |character: char| match character.is_control() {
                true => ' ',
                false => character,
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
    fn an_error_reads_as_a_line_whatever_is_said() {
        let error = Error::of("mounting", Kind::Permission).with("no\nsuch\u{1b}[2Juser");
        assert_eq!(
            error.to_string(),
            "mounting: the server does not let this user or machine do it (no such [2Juser)"
        );
        let long = Error::of("mounting", Kind::Permission).with(&"x".repeat(5000));
        assert!(long.to_string().len() < 300);
    }
}
