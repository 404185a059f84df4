//! labelgated: listens, finds labels, starts and reaps workers.
//!
//! It parses no byte that a guest sent, and reads and writes no image. It accepts a connection,
//! finds the label of its client, and hands the socket to that label's worker, with the label's
//! images, opened and locked. What a worker says is bounded, and believed for nothing that
//! matters.
//!
//! * [`config`] is what it is told; [`image`] is how names become locked descriptors.
//! * `listener` decides who is let in, [`identify`] whether a label that the network tells is
//!   believed, `label_table` finds the label's service, `worker` is that service and the process
//!   it watches, `reload` takes in a changed configuration.
//! * [`audit`] is the trail of every decision.

#![forbid(unsafe_code)]

mod admin;
pub mod assignment;
pub mod audit;
mod catalogue;
pub mod cgroups;
pub mod config;
mod gateway;
mod greeting;
pub mod image;
pub mod import;
mod kept;
mod label_table;
mod listener;
pub mod logging;
mod memory;
pub mod metrics;
mod netlabel;
mod network;
mod poison;
mod portmap;
pub mod program;
pub mod provider;
mod rate;
mod refusal;
mod reload;
mod reservations;
mod run_lock;
mod sockets;
mod sources;
mod state;
mod uid;
mod worker;

pub use gateway::{RunError, run, run_assigned};
pub use netlabel::{NetlabelRefusal, identify};
pub use network::{Network, NetworkError, NetworkTable};
pub use portmap::EnterError;
pub use run_lock::RunLockError;
pub use state::{Clash, StateError};
pub use uid::{NoUid, Uids};
pub use worker::Death;
