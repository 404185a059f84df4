//! A keysmith's work on a real cluster, with a minting key that has what it needs and no more.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

mod bench;
mod clones;
mod copied;
mod ends;
mod images;
mod isolation;
mod keeper;
mod minimal;
mod minting;
mod process;
mod snapshots;

pub(crate) use bench::{Bench, name};
