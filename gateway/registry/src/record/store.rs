//! Where images live.

use serde::{Deserialize, Serialize};

use super::{Record, StorePath};
use crate::StoreName;

/// A directory that holds images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// What it is called.
    pub name: StoreName,
    /// The directory.
    pub path: StorePath,
    /// Whether every label has a tree of its own in it. An older labelgate, which knows none, refuses
    /// a registry that has one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trees: bool,
    /// Whose the objects of its trees are; likewise.
    #[serde(default, skip_serializing_if = "Squash::is_all")]
    pub squash: Squash,
}

/// Which users of a label's clients are told apart in its trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Squash {
    /// None.
    #[default]
    All,
    /// All but root.
    Root,
    /// All.
    None,
}

impl Squash {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    const fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }
}

impl Record for Store {
    type Key = StoreName;

    fn key(&self) -> StoreName {
        self.name.clone()
    }
}
