//! Filling a new image.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::image::BlockSize;
use crate::{ImageAccess, ImageName, SnapshotName, StoreName};

/// What the bytes of an import are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ImageFormat {
    /// What they begin like. A raw image that some guest has written must not be imported so: it
    /// can begin like anything.
    #[default]
    Auto,
    /// The bytes of the disk.
    Raw,
    /// QEMU's format, versions 2 and 3, without backing file, data file or encryption.
    Qcow2,
}

/// How a new image is made of the bytes in the body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// Who may open it. The bytes are looked at in a process that is confined to this label.
    pub label: ImageAccess,
    /// What the bytes are.
    #[serde(default)]
    #[param(inline)]
    pub format: ImageFormat,
    /// Bytes the disk may have at most; by default what is free in the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_size: Option<u64>,
    /// Bytes of a logical block.
    #[serde(default)]
    #[param(value_type = u32)]
    pub block_size: BlockSize,
    /// Writes are refused. Content is always read-only.
    #[serde(default)]
    pub read_only: bool,
    /// Past the page cache (`O_DIRECT`).
    #[serde(default)]
    pub direct: bool,
}

/// A new image that is a copy of the one in the path: of content, or within one label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloneImage {
    /// The store of the new image.
    pub store: StoreName,
    /// What the new image shall be called.
    pub name: ImageName,
    /// Who may open the new image: unless the copied one is content, those who may open that.
    pub label: ImageAccess,
    /// Which snapshot is copied: needed of an image in a pool, where the copy is a clone in the same store,
    /// and shares with it what neither writes. Images in directories have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<SnapshotName>,
    /// Bytes of the new disk: at least those of the copied one, which is the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Writes to the new image are refused. Content is always read-only.
    #[serde(default)]
    pub read_only: bool,
    /// The new image goes past the page cache (`O_DIRECT`).
    #[serde(default)]
    pub direct: bool,
}
