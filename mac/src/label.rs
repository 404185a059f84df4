//! The label: the level a client is served under.

use std::fmt;
use std::str::FromStr;

use crate::{Categories, Category, Context, Level, ParseError, Range, Sensitivity};

/// The level a client is served under; the key of a worker.
///
/// It is a single level with at least one category and not all of them: neither `s0` nor
/// `s0:c0.c1023` opens anything here. A client's label must *equal* its image's, so the only
/// relation between labels is equality. [`Ord`] is an order for tables.
///
/// A label can only be made from something that was checked:
///
/// ```
/// use labelgate_mac::Label;
///
/// let label: Label = "s0:c9,c2".parse()?;
/// assert_eq!(label.to_string(), "s0:c2,c9");
/// assert!("s0".parse::<Label>().is_err());
/// assert!("s0:c0.c1023".parse::<Label>().is_err());
/// assert!("s0:c1-s0:c1,c2".parse::<Label>().is_err());
/// # Ok::<(), labelgate_mac::LabelError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label(Level);

/// Why something is no label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// It is no level at all.
    #[error("not a label: {0}")]
    Parse(#[from] ParseError),
    /// A range of two levels: whoever holds one could act for more than one label.
    #[error("not a label: a range; a label is a single level")]
    Range,
    /// A level without categories, such as `s0`, which every process without categories has.
    #[error("not a label: it has no category, and a level without categories opens nothing")]
    NoCategories,
    /// A level with all 1024 categories, which only the whole system has.
    #[error("not a label: it has all 1024 categories, and such a level opens nothing")]
    AllCategories,
}

impl Label {
    /// How many labels have exactly two categories at `s0`: 1024 × 1023 / 2.
    pub const PAIRS: u32 = 523_776;

    /// The level this label is.
    #[must_use]
    pub const fn level(&self) -> &Level {
        &self.0
    }

    /// A number below [`Label::PAIRS`] for a label of exactly two categories at `s0`, the kind
    /// that libvirt and leases give out. It is the same for ever: the UID of the label's worker
    /// is derived from it.
    #[must_use]
    pub fn pair_index(&self) -> Option<u32> {
        let mut categories = self.0.categories().iter();
        let pair = (categories.next(), categories.next(), categories.next());
        let (Some(low), Some(high), None) = pair else {
            return None;
        };
        if self.0.sensitivity() != Sensitivity::default() {
            return None;
        }
        let (low, high) = (u32::from(low.number()), u32::from(high.number()));
        // All pairs whose higher category is below `high` come first: 0 + 1 + ... + (high - 1).
        Some(high * (high - 1) / 2 + low)
    }

    /// The label of this [`Label::pair_index`].
    #[must_use]
    pub fn from_pair_index(index: u32) -> Option<Self> {
        let before = |high: u16| u32::from(high) * (u32::from(high).saturating_sub(1)) / 2;
        let high = (1..Category::COUNT)
            .rev()
            .find(|&high| before(high) <= index)?;
        let low = u16::try_from(index - before(high))
            .ok()
            .filter(|&low| low < high)?;
        let categories = [Category::new(low)?, Category::new(high)?];
        let level = Level::new(Sensitivity::default(), Categories::from_iter(categories));
        Self::try_from(level).ok()
    }
}

impl TryFrom<Level> for Label {
    type Error = LabelError;

    fn try_from(level: Level) -> Result<Self, LabelError> {
        if level.categories().is_empty() {
            return Err(LabelError::NoCategories);
        }
        if level.categories().is_all() {
            return Err(LabelError::AllCategories);
        }
        Ok(Self(level))
    }
}

impl TryFrom<&Range> for Label {
    type Error = LabelError;

    fn try_from(range: &Range) -> Result<Self, LabelError> {
        range.single().cloned().ok_or(LabelError::Range)?.try_into()
    }
}

impl TryFrom<&Context> for Label {
    type Error = LabelError;

    fn try_from(context: &Context) -> Result<Self, LabelError> {
        context.range().try_into()
    }
}

impl FromStr for Label {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, LabelError> {
        Self::try_from(&text.parse::<Range>()?)
    }
}

impl From<Label> for Level {
    fn from(label: Label) -> Self {
        label.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pair_indices_are_all_different_and_fill_the_range() {
        let pair = |low: u16, high: u16| format!("s0:c{low},c{high}").parse::<Label>().unwrap();
        let mut seen = vec![false; Label::PAIRS as usize];
        for high in 1..Category::COUNT {
            for low in (0..high).filter(|low| low % 97 == 0 || high % 101 == 0) {
                let label = pair(low, high);
                let index = label.pair_index().unwrap();
                assert!(
                    !std::mem::replace(&mut seen[index as usize], true),
                    "{label}"
                );
                assert_eq!(Label::from_pair_index(index), Some(label));
            }
        }
        // These four are fixed for ever: UIDs on disk and in logs depend on them.
        assert_eq!(pair(0, 1).pair_index(), Some(0));
        assert_eq!(pair(0, 2).pair_index(), Some(1));
        assert_eq!(pair(1, 2).pair_index(), Some(2));
        assert_eq!(pair(1022, 1023).pair_index(), Some(Label::PAIRS - 1));
        assert_eq!(Label::from_pair_index(Label::PAIRS), None);
        assert_eq!(Label::from_pair_index(u32::MAX), None);
    }

    #[test]
    fn other_labels_are_no_pair() {
        for text in ["s0:c1", "s0:c1.c3", "s1:c1,c2", "s0:c0.c1022"] {
            assert_eq!(text.parse::<Label>().unwrap().pair_index(), None, "{text}");
        }
    }
}
