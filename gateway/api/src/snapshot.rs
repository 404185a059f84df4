//! Snapshots of images.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{ImageName, SnapshotName, StoreName};

/// A snapshot of an image: what it held at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Snapshot {
    /// Its name within its image.
    pub name: SnapshotName,
    /// Bytes that the disk had.
    pub size: u64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created: jiff::Timestamp,
}

/// The snapshots of an image, in the order in which they were made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Snapshots {
    /// The snapshots. Those whose names were given elsewhere and are none here are left out.
    pub snapshots: Vec<Snapshot>,
}

/// A snapshot to make, of what the image holds now: all that was answered before, and nothing that is begun
/// after the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSnapshot {
    /// What it shall be called.
    pub name: SnapshotName,
}

/// An image is to hold again what it held then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollBack {
    /// Although somebody may have it open: their sessions are ended. Otherwise they are a reason to refuse.
    #[serde(default)]
    pub force: bool,
}

/// Which snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SnapshotPath {
    /// The store's name.
    pub store: StoreName,
    /// The image's name.
    pub image: ImageName,
    /// The snapshot's name.
    pub snapshot: SnapshotName,
}
