//! What the registry keeps, one type of record per file.

mod backend_text;
mod ceph;
mod gluster;
mod group;
mod host;
mod identity;
mod image;
mod lease;
mod level;
mod path;
mod server;
mod store;
mod upstream;
mod words;

pub use backend_text::BackendNameError;
pub use ceph::{EntityName, InPool, Monitors, PoolName};
pub use gluster::{Servers, VolumeDirectory, VolumeName, check_on_volume};
pub use group::Group;
pub use host::{Fingerprint, FingerprintError, Host, HostRole, Machines};
pub use identity::{Identity, Proof};
pub use image::{BlockSize, Follows, Image, fresh_designator};
pub use lease::Lease;
pub use level::Level;
pub use path::{ImageFile, PathError, StorePath};
pub use server::{ExportPath, ServerAddress, ServerAddressError, check_on_server};
pub use store::{Gluster, Iscsi, Nfs, Place, Rbd, Squash, Store};
pub use upstream::{ChapName, IscsiName, Portal, PortalError, UnitError, unit_of};
pub use words::{HostName, Purpose};

/// Reads and writes a type as its text, which it checks itself.
macro_rules! serde_as_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use serde_as_text;

/// A record that is kept under a key.
pub(crate) trait Record: serde::Serialize + serde::de::DeserializeOwned + PartialEq {
    /// What it is kept under.
    type Key: Ord + Clone + std::fmt::Display;

    /// What this one is kept under.
    fn key(&self) -> Self::Key;
}
