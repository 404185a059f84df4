//! Images in Ceph (RADOS block devices), over librbd.
//!
//! A [`Cluster`] is one connection under one entity's key. An [`Image`] of it carries out operations
//! on [`Memory`] that its owner shares with others: what is read lands there, what is written is
//! taken from there. Nothing that a caller does to an image waits for the cluster, except opening it:
//! each operation ends as an [`Event`] in [`Completions`], a queue with a descriptor to be polled.
//! What librbd has no asynchronous call for (extents, resizing, locking, closing) is done by a thread
//! of the image's own, which is there while there is something to do.
//!
//! There is no cache: what has been answered is on the cluster's stable storage.
//!
//! A process ends by [`exit_process`]: librbd's threads must not meet its destructors.
//!
//! [`Pool`] is for whoever makes and removes images, and [`Cluster::command`] for whoever makes keys.

mod call;
mod cluster;
mod completions;
mod credentials;
mod describe;
mod error;
mod exit;
mod extent;
mod flight;
mod handle;
mod helper;
mod image;
mod objects;
mod open;
mod pool;
mod read;
mod relatives;
mod snapshot;
mod watch;

pub use cluster::{Answer, Cluster};
pub use completions::{Completions, Event, Outcome};
pub use credentials::{Credentials, Limits};
pub use describe::{Description, Parent};
pub use error::{Error, Kind};
pub use exit::exit_process;
pub use extent::Extent;
pub use image::{Image, Shape};
pub use labelgate_rbd_sys::LoadError;
pub use labelgate_shared::{Memory, Place};
pub use open::OpenOptions;
pub use pool::{Entry, Locker, Pool};
pub use relatives::Child;
pub use snapshot::Snapshot;

/// Loads the libraries, which opens files and maps them to be executed: to be called before a process
/// confines itself. Starts no thread.
///
/// # Errors
///
/// [`Error::Library`]
pub fn load() -> Result<(), Error> {
    labelgate_rbd_sys::Libraries::get()?;
    Ok(())
}
