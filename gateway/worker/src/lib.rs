//! labelgate-worker: one label's protocol engines and the drivers that move their bytes.
//!
//! The worker is one thread and one loop: a driver waits for sockets and image I/O and tells the
//! desk what has happened; the desk asks the engine, which answers with actions; the desk gives
//! the actions to the driver. No lock is on the path of a request.

mod commands;
mod connections;
mod desk;
pub mod driver;
mod epochs;
pub mod fronts;
mod idle;
mod images;
pub mod iscsi;
mod keepers;
mod meter;
pub mod nfs;
mod outgoing;
mod reservations;
mod serve;
mod service;
mod stage;
mod start;
mod trees;

pub use keepers::HandedKeepers;
pub use meter::Meter;
pub use serve::{Farewell, HandedTrees, ServeError, Worker};
pub use service::Service;
pub use start::{RunError, run};
