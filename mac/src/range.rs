//! A range: a low level and a high level that dominates it.

use std::fmt;
use std::str::FromStr;

use crate::level::check_length;
use crate::{Level, ParseError, Problem};

/// A range of levels, `low-high`, printed as one level when both are equal.
///
/// [`Ord`] is an order for tables; the order that decides access is [`Range::contains`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Range {
    low: Level,
    high: Level,
}

impl Range {
    /// The range from `low` to `high`, unless `high` does not dominate `low`.
    #[must_use]
    pub fn new(low: Level, high: Level) -> Option<Self> {
        high.dominates(&low).then_some(Self { low, high })
    }

    /// Its low level.
    #[must_use]
    pub const fn low(&self) -> &Level {
        &self.low
    }

    /// Its high level.
    #[must_use]
    pub const fn high(&self) -> &Level {
        &self.high
    }

    /// The one level of a range whose ends are equal.
    #[must_use]
    pub fn single(&self) -> Option<&Level> {
        (self.low == self.high).then_some(&self.low)
    }

    /// Whether `other` lies wholly within this range (the kernel's `mls_range_contains`).
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        other.low.dominates(&self.low) && self.high.dominates(&other.high)
    }

    /// Parses what stands at `offset` of a longer text.
    pub(crate) fn parse_at(text: &str, offset: usize) -> Result<Self, ParseError> {
        let Some((low, high)) = text.split_once('-') else {
            return Ok(Level::parse_at(text, offset)?.into());
        };
        let middle = offset + low.len() + 1;
        let (low, high) = (
            Level::parse_at(low, offset)?,
            Level::parse_at(high, middle)?,
        );
        Self::new(low, high).ok_or(ParseError::new(middle, Problem::Dominance))
    }
}

impl From<Level> for Range {
    fn from(level: Level) -> Self {
        Self {
            low: level.clone(),
            high: level,
        }
    }
}

impl FromStr for Range {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        check_length(text)?;
        Self::parse_at(text, 0)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.single() {
            Some(level) => level.fmt(f),
            None => write!(f, "{}-{}", self.low, self.high),
        }
    }
}
