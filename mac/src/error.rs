//! Why a text is no context, range, level or label.

use std::fmt;

use crate::Category;

/// A text that could not be parsed, and where it went wrong.
///
/// It holds no copy of the text: that came from a peer or a file, and whoever reports the error
/// decides how much of it belongs into a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseError {
    position: usize,
    problem: Problem,
}

impl ParseError {
    pub(crate) const fn new(position: usize, problem: Problem) -> Self {
        Self { position, problem }
    }

    /// The byte, counted from 0, at which the offending part begins.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// What is wrong there.
    #[must_use]
    pub const fn problem(&self) -> Problem {
        self.problem
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {}", self.position, self.problem)
    }
}

impl std::error::Error for ParseError {}

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// More bytes than [`crate::MAX_CONTEXT_LENGTH`]; nothing of it was looked at.
    #[error(
        "{length} bytes are more than the {} allowed",
        crate::MAX_CONTEXT_LENGTH
    )]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// Not one of `s0` to `s15`, written without leading zeros.
    #[error("expected a sensitivity, s0 to s15")]
    Sensitivity,
    /// Not one of `c0` to `c1023`, written without leading zeros.
    #[error("expected a category, c0 to c1023")]
    Category,
    /// `c5.c1` or `c5.c5`: the kernel takes a run only when it goes up.
    #[error("the run {first}.{last} does not go up")]
    Run {
        /// The category before the dot.
        first: Category,
        /// The category after the dot.
        last: Category,
    },
    /// The high level of a range does not dominate its low level.
    #[error("the high level does not dominate the low level")]
    Dominance,
    /// A range where a single level is asked for.
    #[error("a single level is asked for, this is a range")]
    NotSingle,
    /// Fewer than the four parts `user:role:type:range`.
    #[error("expected user:role:type:range, the {0} is missing")]
    Missing(Part),
    /// A user, role or type that no policy could have declared.
    #[error(
        "the {0} must begin with a letter and hold letters, digits, '_', '-' and single inner '.'"
    )]
    Name(Part),
}

/// A part of a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The SELinux user.
    User,
    /// The role.
    Role,
    /// The type, or domain.
    Type,
    /// The MLS/MCS range.
    Range,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Role => "role",
            Self::Type => "type",
            Self::Range => "range",
        })
    }
}
