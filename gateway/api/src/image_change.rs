//! Changes to an image.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{Image, ImageAccess, Revocation};

/// A machine for an image to follow, which has no identity: the network tells it by its level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowMachine {
    /// The machine. Sessions on the image end before the answer, and it is nobody's until the machine
    /// starts.
    pub vm: Uuid,
}

/// Another label for an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelImage {
    /// Who may open it from now on. Sessions of others end before the answer. It follows no machine any
    /// more.
    pub label: ImageAccess,
}

/// An image with another label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RelabelledImage {
    /// The image as it is now.
    pub image: Image,
    /// What was ended for it.
    pub revocation: Revocation,
}

/// Another size for an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResizeImage {
    /// Bytes the disk shall have: a multiple of the block size, and not less than it has.
    pub size: u64,
}

/// An image with another size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResizedImage {
    /// The image as it is now.
    pub image: Image,
}

/// A poisoned image is to be served again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClearImage {
    /// The store is sound, what the kernel had cached of the image was dropped, and the image was
    /// checked or restored. Without saying so nothing is cleared.
    pub image_was_checked: bool,
}

/// How an image is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RemoveImageQuery {
    /// Although there are sessions on it: they are ended. Otherwise they are a reason to refuse.
    #[serde(default)]
    pub force: bool,
    /// Its file is deleted too. Otherwise it stays where it is.
    #[serde(default)]
    pub delete_data: bool,
}
