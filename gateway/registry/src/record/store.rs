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
}

impl Record for Store {
    type Key = StoreName;

    fn key(&self) -> StoreName {
        self.name.clone()
    }
}
