//! A level: one sensitivity and a set of categories.

use std::fmt;
use std::str::FromStr;

use crate::category::name_number;
use crate::{Categories, Category, MAX_CONTEXT_LENGTH, ParseError, Problem};

/// A sensitivity, `s0` to `s15`. MCS policies have only `s0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Sensitivity(u8);

impl Sensitivity {
    /// How many sensitivities there are (refpolicy's `MLS_SENS`).
    pub const COUNT: u8 = 16;

    /// The sensitivity of this number, if there is one.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if number < Self::COUNT {
            Some(Self(number))
        } else {
            None
        }
    }

    /// Its number, 0 to 15.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    fn parse(text: &str) -> Option<Self> {
        Self::new(u8::try_from(name_number(text, b's')?).ok()?)
    }
}

impl fmt::Display for Sensitivity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}", self.0)
    }
}

/// A single level, such as `s0:c0.c5,c9`.
///
/// Two levels are equal exactly when their canonical texts are. [`Ord`] is an order for tables;
/// the order that decides access is [`Level::dominates`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Level {
    sensitivity: Sensitivity,
    categories: Categories,
}

impl Level {
    /// The level of a sensitivity and categories.
    #[must_use]
    pub const fn new(sensitivity: Sensitivity, categories: Categories) -> Self {
        Self {
            sensitivity,
            categories,
        }
    }

    /// `s0`: what has no category.
    #[must_use]
    pub fn lowest() -> Self {
        Self::default()
    }

    /// `s0:c0.c1023`: all categories, as the whole system has them under an MCS policy.
    #[must_use]
    pub fn highest() -> Self {
        let all = (0..Category::COUNT).filter_map(Category::new);
        Self::new(Sensitivity::default(), Categories::from_iter(all))
    }

    /// Its sensitivity.
    #[must_use]
    pub const fn sensitivity(&self) -> Sensitivity {
        self.sensitivity
    }

    /// Its categories.
    #[must_use]
    pub const fn categories(&self) -> &Categories {
        &self.categories
    }

    /// Whether this level dominates `other` (the kernel's `mls_level_dom`): its sensitivity is
    /// at least as high and it holds every category of `other`. Equal levels dominate each other.
    #[must_use]
    pub fn dominates(&self, other: &Self) -> bool {
        self.sensitivity >= other.sensitivity && self.categories.is_superset(&other.categories)
    }

    /// Parses what stands at `offset` of a longer text.
    ///
    /// Follows the kernel's `mls_context_to_sid`: categories in any order and more than once are
    /// taken, an empty item, an unknown name and a run that does not go up are not.
    pub(crate) fn parse_at(text: &str, offset: usize) -> Result<Self, ParseError> {
        let (sensitivity, list) = match text.split_once(':') {
            Some((sensitivity, list)) => (sensitivity, Some(list)),
            None => (text, None),
        };
        let mut level = Self {
            sensitivity: Sensitivity::parse(sensitivity)
                .ok_or(ParseError::new(offset, Problem::Sensitivity))?,
            categories: Categories::new(),
        };
        let mut position = offset + sensitivity.len() + 1;
        for item in list.into_iter().flat_map(|list| list.split(',')) {
            level.insert_item(item, position)?;
            position += item.len() + 1;
        }
        Ok(level)
    }

    /// Adds one item of a category list: `c9`, or the run `c0.c5`.
    fn insert_item(&mut self, item: &str, position: usize) -> Result<(), ParseError> {
        let parse = |text: &str, position| {
            Category::parse(text).ok_or(ParseError::new(position, Problem::Category))
        };
        let Some((first, last)) = item.split_once('.') else {
            self.categories.insert(parse(item, position)?);
            return Ok(());
        };
        let (first, last) = (
            parse(first, position)?,
            parse(last, position + first.len() + 1)?,
        );
        if first >= last {
            return Err(ParseError::new(position, Problem::Run { first, last }));
        }
        let run = first.number()..=last.number();
        self.categories.extend(run.filter_map(Category::new));
        Ok(())
    }
}

impl FromStr for Level {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        check_length(text)?;
        match text.find('-') {
            Some(position) => Err(ParseError::new(position, Problem::NotSingle)),
            None => Self::parse_at(text, 0),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.sensitivity)?;
        if !self.categories.is_empty() {
            write!(f, ":{}", self.categories)?;
        }
        Ok(())
    }
}

/// Refuses what is too long before anything of it is read.
pub(crate) const fn check_length(text: &str) -> Result<(), ParseError> {
    let length = text.len();
    if length > MAX_CONTEXT_LENGTH {
        return Err(ParseError::new(
            MAX_CONTEXT_LENGTH,
            Problem::TooLong { length },
        ));
    }
    Ok(())
}
