//! Files on a real server.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

mod bench;
mod ends;
mod hostile;
mod model;
mod patience;
mod refused;
mod restart;
mod server;
mod sizes;
mod speed;

pub(crate) use bench::{Bench, Disk, LIMIT, kind, with};
