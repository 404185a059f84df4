//! Where images live.

use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

/// A directory that holds images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// What it is called.
    pub name: String,
    /// The directory, absolute.
    pub path: PathBuf,
}

/// `[[store]]`, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStore {
    pub(super) name: Spanned<String>,
    pub(super) path: Spanned<PathBuf>,
}
