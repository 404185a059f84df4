//! What is in force, in words.

use std::fmt;

/// What is in force in a confined process: a few short entries, for a log line and for the
/// supervisor's records. Each is at most [`Report::MAX_ENTRY`] bytes of ASCII.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report(Vec<String>);

impl Report {
    /// The longest entry, in bytes.
    pub const MAX_ENTRY: usize = 128;
    /// The most entries.
    pub const MAX_ENTRIES: usize = 16;

    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn push(&mut self, entry: String) {
        debug_assert!(
            entry.is_ascii() && entry.len() <= Self::MAX_ENTRY,
            "{entry}"
        );
        self.0.push(entry);
    }

    /// The entries, in the order in which the layers went on.
    #[must_use]
    pub fn entries(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}
