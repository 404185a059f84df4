//! Images on a real cluster.

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
mod excluded;
mod extents;
mod faults;
mod locks;
mod model;
mod objects;
mod sizes;

pub(crate) use bench::{Bench, LIMIT, kind};
