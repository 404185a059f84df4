//! Logical units of a real target.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

mod bench;
mod chap;
mod ends;
mod excluded;
mod impostor;
mod model;
mod parts;
mod sizes;
mod speed;
mod visible;

pub(crate) use bench::{Bench, Disk, LIMIT, kind};
