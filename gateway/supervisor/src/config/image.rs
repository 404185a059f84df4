//! One virtual disk.

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use labelgate_control::{Designator, Text};
use labelgate_mac::Label;
use serde::Deserialize;
use toml::Spanned;

use super::Store;

/// One virtual disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its name within its store.
    pub name: String,
    /// Its store.
    pub store: Arc<Store>,
    /// Where it is below the store's path: plain components only.
    pub file: PathBuf,
    /// The one label that may open it.
    pub label: Label,
    /// The name of its target.
    pub target: Text<223>,
    /// What tells it from every other image.
    pub designator: Designator,
    /// Logical block size in bytes: 512 or 4096.
    pub block_size: u32,
    /// The least size it shall have, in bytes, a multiple of the block size.
    pub size: Option<u64>,
    /// Writes are refused.
    pub read_only: bool,
    /// Past the page cache.
    pub direct: bool,
    /// It is a block device rather than a regular file.
    pub block_device: bool,
}

impl Image {
    /// Whether a worker that serves `self` can go on with `other` without opening anything anew.
    /// Only the size may differ.
    #[must_use]
    pub fn is_same_disk(&self, other: &Self) -> bool {
        let resized = Self {
            size: other.size,
            ..self.clone()
        };
        resized == *other
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.store.name, self.name)
    }
}

/// `[[image]]`, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawImage {
    pub(super) name: Spanned<String>,
    pub(super) store: Spanned<String>,
    pub(super) file: Spanned<PathBuf>,
    pub(super) label: Spanned<String>,
    #[serde(default)]
    pub(super) size: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) block_size: Option<Spanned<u32>>,
    #[serde(default)]
    pub(super) read_only: bool,
    #[serde(default)]
    pub(super) direct: bool,
    #[serde(default)]
    pub(super) block_device: bool,
}

/// Why a path cannot lead from a store to an image.
pub(super) fn check_file(file: &Path) -> Result<(), String> {
    let plain = |component: Component<'_>| matches!(component, Component::Normal(_));
    let within = !file.as_os_str().is_empty() && file.components().all(plain);
    if within && !file.as_os_str().as_encoded_bytes().contains(&0) {
        return Ok(());
    }
    Err(format!(
        "file {:?} is not a plain path below the store; write it relative to the store's path and without \"..\"",
        file.display().to_string()
    ))
}
