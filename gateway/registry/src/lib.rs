//! Stores, images, identities, labels and leases, kept on disk.
//!
//! The configuration file says how a gateway runs. The [`Registry`] holds what admins change
//! while it runs:
//!
//! * [`Store`]s, apart from everything else the [`StoreKey`]s of some, and [`Image`]s,
//! * [`Identity`]s and, apart from everything else, their [`ChapSecrets`] and [`Token`]s,
//! * [`Group`]s: labels of disks that several identities share,
//! * [`Host`]s that may speak to the gateway over the network,
//! * [`Level`]s that were allocated, and [`Lease`]s that bind a virtual machine on a host to one.
//!
//! It also keeps a [`MasterKey`], which it makes itself.
//!
//! All of it but the secrets is one [`Snapshot`]. It changes only by a [`Change`], which is
//! checked against the whole of it: either nothing happens and a [`Refusal`] says what is in the
//! way, or the change is on the disk when the call returns. What holds for every snapshot is
//! written down in [`Snapshot::check`].
//!
//! [`RedbRegistry`] is the registry of a gateway that is alone. The rules are in [`Snapshot`],
//! not in it, so that another [`Registry`] has the same.

#![forbid(unsafe_code)]

mod allocate;
mod apply;
mod backup;
mod cephx_key;
mod change;
mod check;
mod database;
mod error;
mod followed;
mod hexadecimal;
mod master_key;
mod name;
mod network;
mod record;
mod refusal;
mod registry;
mod secret;
mod snapshot;
mod store_key;
mod token;

pub use backup::LONGEST_BACKUP;
pub use cephx_key::{CephxKey, CephxKeyError};
pub use change::{Allocation, Change, NewIdentity, NewProof, NewSecrets, NewStore};
pub use check::Contradiction;
pub use database::RedbRegistry;
pub use error::{ApplyError, BackupError, RegistryError, RestoreError};
pub use followed::Followed;
pub use master_key::MasterKey;
pub use name::{HostId, IdentityName, ImageId, ImageName, NameError, StoreName};
pub use network::{Network, NetworkError};
pub use record::{
    BackendNameError, BlockSize, ChapName, EntityName, ExportPath, Fingerprint, FingerprintError,
    Follows, Gluster, Group, Host, HostName, HostRole, Identity, Image, ImageFile, InPool, Iscsi,
    IscsiName, Lease, Level, Machines, Monitors, Nfs, PathError, Place, PoolName, Portal,
    PortalError, Proof, Purpose, Rbd, ServerAddress, ServerAddressError, Servers, Squash, Store,
    StorePath, UnitError, VolumeDirectory, VolumeName, check_on_server, check_on_volume,
    fresh_designator, unit_of,
};
pub use refusal::{Kind, Refusal, Thing};
pub use registry::{Applied, Registry};
pub use secret::{ChapSecrets, Secret, SecretError};
pub use snapshot::Snapshot;
pub use store_key::StoreKey;
pub use token::{Token, TokenError};
