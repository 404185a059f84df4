//! One category, and sets of them.

use std::cmp::Ordering;
use std::fmt;

const WORDS: usize = 16;

/// One MCS/MLS category, `c0` to `c1023`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Category(u16);

impl Category {
    /// How many categories there are.
    pub const COUNT: u16 = 1024;

    /// The category of this number, if there is one.
    #[must_use]
    pub const fn new(number: u16) -> Option<Self> {
        if number < Self::COUNT {
            Some(Self(number))
        } else {
            None
        }
    }

    /// Its number, 0 to 1023.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// `c` and a number without leading zeros, since `c01` is not the name of a category.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::new(name_number(text, b'c')?)
    }

    const fn word(self) -> usize {
        (self.0 / 64) as usize
    }

    const fn bit(self) -> u64 {
        1 << (self.0 % 64)
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}", self.0)
    }
}

/// The number in a name such as `s0` or `c1023`: at most four digits, no leading zero.
pub(crate) fn name_number(name: &str, prefix: u8) -> Option<u16> {
    let (&first, digits) = name.as_bytes().split_first()?;
    let canonical = digits == b"0" || !matches!(digits.first(), None | Some(b'0'));
    if first != prefix || !canonical || digits.len() > 4 {
        return None;
    }
    digits.iter().try_fold(0_u16, |number, &digit| {
        let digit = digit.is_ascii_digit().then(|| u16::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// A set of categories.
///
/// [`Ord`] sorts as a list would (`c1,c2` before `c1,c3` before `c2`); it is an order for tables
/// and output. The order that decides access is [`Categories::is_superset`].
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Categories([u64; WORDS]);

impl Categories {
    /// No category.
    #[must_use]
    pub const fn new() -> Self {
        Self([0; WORDS])
    }

    /// All 1024.
    #[must_use]
    pub const fn all() -> Self {
        Self([u64::MAX; WORDS])
    }

    /// Adds one.
    pub fn insert(&mut self, category: Category) {
        if let Some(word) = self.0.get_mut(category.word()) {
            *word |= category.bit();
        }
    }

    /// Whether it is in the set.
    #[must_use]
    pub fn contains(&self, category: Category) -> bool {
        self.0
            .get(category.word())
            .is_some_and(|word| word & category.bit() != 0)
    }

    /// Whether every category of `other` is in this set, as it is when both are equal.
    #[must_use]
    pub fn is_superset(&self, other: &Self) -> bool {
        self.0
            .iter()
            .zip(&other.0)
            .all(|(ours, theirs)| theirs & !ours == 0)
    }

    /// How many there are, 0 to 1024.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }

    /// Whether there are all 1024.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.0.iter().all(|&word| word == u64::MAX)
    }

    /// The categories, lowest first.
    pub fn iter(&self) -> impl Iterator<Item = Category> + '_ {
        // Few sets have more than two: most words are empty, and are not searched.
        let words = self.0.iter().zip((0..Category::COUNT).step_by(64));
        let filled = words.filter(|&(&word, _)| word != 0);
        filled.flat_map(|(_, first)| {
            (first..first + 64)
                .map(Category)
                .filter(|&category| self.contains(category))
        })
    }
}

impl Extend<Category> for Categories {
    fn extend<I: IntoIterator<Item = Category>>(&mut self, categories: I) {
        for category in categories {
            self.insert(category);
        }
    }
}

impl FromIterator<Category> for Categories {
    fn from_iter<I: IntoIterator<Item = Category>>(categories: I) -> Self {
        let mut set = Self::new();
        set.extend(categories);
        set
    }
}

impl Ord for Categories {
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other.iter())
    }
}

impl PartialOrd for Categories {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Canonical text, as the kernel's `mls_sid_to_context` writes it: lowest first, a run of three
/// or more as `c1.c3`, a run of two as `c1,c2`. Nothing at all for the empty set.
impl fmt::Display for Categories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut categories = self.iter().peekable();
        let mut separator = "";
        while let Some(first) = categories.next() {
            let mut last = first;
            while let Some(next) = categories.next_if(|next| next.0 == last.0 + 1) {
                last = next;
            }
            write!(f, "{separator}{first}")?;
            match last.0 - first.0 {
                0 => {}
                1 => write!(f, ",{last}")?,
                _ => write!(f, ".{last}")?,
            }
            separator = ",";
        }
        Ok(())
    }
}

impl fmt::Debug for Categories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Categories({self})")
    }
}
