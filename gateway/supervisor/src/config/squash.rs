//! Whose the objects of a store's trees are.

use labelgate_control::Owners;
use serde::Deserialize;

/// Which users of a label's clients are told apart in its trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Squash {
    /// None: all objects are the label's.
    #[default]
    All,
    /// All but root, who is nobody.
    Root,
    /// All: objects have owners.
    None,
}

impl Squash {
    /// Whether objects have owners of their own.
    #[must_use]
    pub const fn keeps_owners(self) -> bool {
        !matches!(self, Self::All)
    }

    /// As a worker is told.
    #[must_use]
    pub const fn owners(self) -> Owners {
        match self {
            Self::All => Owners::Label,
            Self::Root => Owners::Callers { squash_root: true },
            Self::None => Owners::Callers { squash_root: false },
        }
    }
}
