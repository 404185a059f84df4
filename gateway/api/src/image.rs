//! Images.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{ImageAccess, ImageName, Label, SnapshotName, StoreName};

/// Where something is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// In the configuration file: it is changed there.
    Configuration,
    /// In the registry: it is changed here.
    Registry,
}

/// One virtual disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Image {
    /// Its store.
    pub store: StoreName,
    /// Its name within its store.
    pub name: ImageName,
    /// The name of its iSCSI target; the disk is its LUN 0.
    #[schema(examples("iqn.2026-11.io.labelgate:vms.web-1"))]
    pub target: String,
    /// The one label that may open it. Content has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// Whether it is content: read-only, and every label may read it.
    pub content: bool,
    /// The machine that it follows, if it follows one: while that runs its label is the level of the
    /// machine's process, and otherwise one that is nobody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<Uuid>,
    /// Where it is below the store's path; in a pool, IMAGE or NAMESPACE/IMAGE.
    #[schema(value_type = String)]
    pub file: PathBuf,
    /// Bytes of the disk, if its file could be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Bytes its file takes up, if it could be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocated: Option<u64>,
    /// Bytes of a logical block.
    pub block_size: BlockSize,
    /// Writes are refused.
    pub read_only: bool,
    /// Past the page cache.
    pub direct: bool,
    /// The serial number a guest sees, in hexadecimal.
    #[schema(pattern = "^[0-9a-f]{32}$")]
    pub serial: String,
    /// The NAA identifier a guest sees, in hexadecimal.
    #[schema(pattern = "^[0-9a-f]{16}$")]
    pub naa: String,
    /// Where it is declared.
    pub source: Source,
    /// A flush failed: everything answers MEDIUM ERROR until an admin clears it.
    pub poisoned: bool,
    /// What initiators have reserved it for and how many are registered, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(examples(
        "write exclusive, held by iqn.2008-11.org.linux-kvm:web-1,i,0x800000000001; 2 registered"
    ))]
    pub reservations: Option<String>,
    /// How many snapshots it has, where one image that is in a pool was asked for and the pool answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshots: Option<u64>,
}

/// All images that were asked for, by store and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Images {
    /// The images.
    pub images: Vec<Image>,
}

/// Which images to list; without any of these, all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImagesQuery {
    /// Those of this store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreName>,
    /// Those of this label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
}

/// Which image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ImagePath {
    /// The store's name.
    pub store: StoreName,
    /// The image's name.
    pub image: ImageName,
}

/// Bytes of a logical block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub enum BlockSize {
    /// 512 bytes, which every guest can boot from.
    #[default]
    B512,
    /// 4096 bytes.
    B4096,
}

impl From<BlockSize> for u32 {
    fn from(size: BlockSize) -> Self {
        match size {
            BlockSize::B512 => 512,
            BlockSize::B4096 => 4096,
        }
    }
}

impl TryFrom<u32> for BlockSize {
    type Error = &'static str;

    fn try_from(size: u32) -> Result<Self, &'static str> {
        match size {
            512 => Ok(Self::B512),
            4096 => Ok(Self::B4096),
            _ => Err("a block size is 512 or 4096"),
        }
    }
}

impl utoipa::PartialSchema for BlockSize {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
        let object = ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::Integer))
            .description(Some("Bytes of a logical block"))
            .enum_values(Some([512, 4096]));
        Schema::Object(object.build()).into()
    }
}

impl ToSchema for BlockSize {}

/// What is in a pool, of which a new image is to be a clone: it is none of the gateway's, or of the same label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloneSource {
    /// The image in the store's pool: IMAGE or NAMESPACE/IMAGE.
    #[schema(examples("debian-12"))]
    pub image: String,
    /// Which snapshot of it.
    pub snapshot: SnapshotName,
}

/// An image to create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateImage {
    /// Its store.
    pub store: StoreName,
    /// What it shall be called.
    pub name: ImageName,
    /// Who may open it.
    pub label: ImageAccess,
    /// Bytes of the disk: a file of that size is made, sparse, or an image in the pool, and it is an
    /// error if there is one. Without a size it must be there, and is taken as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub size: Option<u64>,
    /// In a pool, instead of a size: it is made as a clone of this, of the same size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clone_of: Option<CloneSource>,
    /// Where it shall be below the store's path: plain components only. The default is `NAME.img`.
    /// In a pool: IMAGE or NAMESPACE/IMAGE; the default is NAME in the namespace of the label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub file: Option<PathBuf>,
    /// Bytes of a logical block.
    #[serde(default)]
    pub block_size: BlockSize,
    /// Writes are refused. Content is always read-only.
    #[serde(default)]
    pub read_only: bool,
    /// Past the page cache (`O_DIRECT`).
    #[serde(default)]
    pub direct: bool,
}
