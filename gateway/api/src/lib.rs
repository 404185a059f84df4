//! What the admin socket speaks: HTTP/1.1 and JSON over a Unix socket.
//!
//! Each operation is an [`Endpoint`]: a method, a path, and the types of what it is asked and what
//! it answers. The server routes by them, the client calls by them, and the OpenAPI document is
//! made of them, so that the three cannot disagree. [`endpoints`] lists all of them.
//!
//! - Texts that name something (labels, stores, images, identities) are types that can only be
//!   made from what was checked.
//! - Sizes are bytes, times are RFC 3339.
//! - A request with a field that is not known is refused; an answer may have fields that a client
//!   does not know.
//! - An error is a [`Problem`], with a status of 400 or more.
//! - Long operations answer with [`Step`]s, one JSON object per line.
//! - `GET` changes nothing and shows no secret. It is what the read-only group may ask.

#![forbid(unsafe_code)]

pub mod endpoints;

mod audit;
mod document;
mod endpoint;
mod group;
mod host;
mod identity;
mod image;
mod image_change;
mod import;
mod label;
mod lease;
mod level;
mod machine;
mod name;
mod network;
mod note;
mod problem;
mod registry;
mod revocation;
mod secret;
mod snapshot;
mod status;
mod step;
mod store;
mod store_key;
mod text;
mod token;
mod uri;
mod worker;

pub use audit::{AuditBreak, AuditQuery, AuditReport};
pub use document::document;
pub use endpoint::{
    Bytes, Content, Declaration, Endpoint, Json, JsonContent, Lines, Method, Nothing, PlainText,
};
pub use group::{AddGroup, Group, GroupPath, Groups, MemberPath};
pub use host::{
    AddHost, CertifiedHost, CertifyHost, Host, HostAddresses, HostMachinePath, HostPath, HostRole,
    Hosts,
};
pub use identity::{
    AddIdentity, AddedIdentity, ChapSecrets, Identities, Identity, IdentityPath, NewProof, Proof,
    RotateIdentity, Rotated,
};
pub use image::{
    BlockSize, CloneSource, CreateImage, Image, ImagePath, Images, ImagesQuery, Source,
};
pub use image_change::{
    ClearImage, FollowMachine, LabelImage, RelabelledImage, RemoveImageQuery, ResizeImage,
    ResizedImage,
};
pub use import::{CloneImage, ImageFormat, ImportQuery};
pub use label::{ImageAccess, Label, LabelChoice};
pub use lease::{EndedLease, Lease, LeasePath, Leases, StartLease};
pub use level::{AllocateLevel, Level, LevelPath, Levels};
pub use machine::{
    Disk, DiskSource, MachinePath, MachineSecret, NewMachineSecret, StartMachine, StopMachine,
};
pub use name::{HostName, IdentityName, ImageName, NameError, SnapshotName, StoreName};
pub use network::{Network, NetworkError};
pub use note::{Note, NoteError};
pub use problem::{ErrorCode, Failure, Problem};
pub use registry::{Reloaded, Restored};
pub use revocation::Revocation;
pub use secret::{Secret, SecretError};
pub use snapshot::{CreateSnapshot, RollBack, Snapshot, SnapshotPath, Snapshots};
pub use status::{ChapAlgorithm, SelinuxStatus, Status};
pub use step::{Progress, Step};
pub use store::{
    AddBackend, AddStore, Backend, RekeyStore, Squash, Store, StorePath, Stores, TargetSecrets,
};
pub use store_key::{StoreKey, StoreKeyError};
pub use token::{Token, TokenError};
pub use uri::uri;
pub use worker::{Worker, WorkerPath, WorkerPhase, Workers};

/// Done, and there is nothing to say about it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
)]
pub struct Done {}
