//! Stores.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Source, StoreName};

/// Where images live: a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Store {
    /// What it is called.
    pub name: StoreName,
    /// The directory, absolute.
    #[schema(value_type = String)]
    pub path: PathBuf,
    /// Whether every label has a tree of files of its own in it, which its NFS clients see.
    #[serde(default)]
    pub trees: bool,
    /// Which users of a label's clients are told apart there.
    #[serde(default)]
    pub squash: Squash,
    /// Where it is declared.
    pub source: Source,
    /// How many images it has.
    pub images: u64,
    /// Bytes of its file system that are free, if it could be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free: Option<u64>,
    /// Bytes of its file system in all, if it could be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// All stores, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stores {
    /// The stores.
    pub stores: Vec<Store>,
}

/// A store to add.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddStore {
    /// What it shall be called.
    pub name: StoreName,
    /// The directory, absolute. It must be there, and only root should be able to write it.
    #[schema(value_type = String)]
    pub path: PathBuf,
    /// Whether every label shall have a tree of files of its own in it, which its NFS clients see.
    #[serde(default)]
    pub trees: bool,
    /// Which users of a label's clients shall be told apart there. Anything but `all` needs `trees`.
    #[serde(default)]
    pub squash: Squash,
}

/// Which users of a label's NFS clients are told apart in its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Squash {
    /// None: all files are the label's, and everybody there may do with them what the label may.
    #[default]
    All,
    /// All but root, who counts as nobody: files have owners.
    Root,
    /// All: files have owners.
    None,
}

/// Which store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct StorePath {
    /// The store's name.
    pub store: StoreName,
}
