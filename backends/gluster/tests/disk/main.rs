//! Images on a real volume.

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
mod extents;
mod faults;
mod labels;
mod locks;
mod model;
mod sizes;

pub(crate) use bench::{Bench, LABEL, LIMIT, kind};
