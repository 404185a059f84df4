//! labelgate-keysmith: makes and revokes the keys of one Ceph store, and the images in it.
//!
//! A keeper has a key that is good for its label's images and for nothing else. Somebody has to make
//! that key, take it away, and exclude whoever holds it: this process, which alone has the store's
//! minting key, and sees no byte of any image. It is told by the supervisor what to do
//! ([`labelgate_control::KeysmithTask`]), checks every name before it becomes part of a capability or
//! of a command, and is confined as a keeper is.
//!
//! * [`Scope`] says what a key is for, and how Ceph is told so; [`minting_caps`] what the minting key
//!   itself needs.
//! * [`Smith`] does the work; [`run`] is the process.
//! * [`Instance`] is the address of a client, as it is excluded by.
//!
//! An upstream iSCSI target's keys are made by its admin. Of these a keysmith only says what they open,
//! when a store is added: it looks once, and ends.
//!
//! Revoking is three things: the key is deleted, which lets nobody connect any more; the instances
//! that the cluster knows are put on the blocklist, which ends those that are connected; and the new
//! map of the cluster is waited for, so that whoever connects afterwards has it, and brings it to each
//! OSD that it speaks with before anything is read or written there.

#![forbid(unsafe_code)]

mod auth;
mod caps;
mod exclude;
mod fault;
mod images;
mod instance;
mod look;
mod name;
mod refused;
mod relatives;
mod run;
mod smith;
mod snapshots;
mod work;

pub use caps::{MINTED_MGR_CAP, MINTED_MON_CAP, Origin, Scope, Single, minting_caps};
pub use fault::Fault;
pub use instance::Instance;
pub use name::{Name, NameError};
pub use refused::Refused;
pub use run::run;
pub use smith::Smith;
