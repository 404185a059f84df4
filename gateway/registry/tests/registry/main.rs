//! The registry as those who use it see it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a panic in a helper is a failed test, as in the tests themselves, and a child process talks to its parent by its output"
)]

mod backup;
mod changes;
mod check;
mod follow;
mod full;
mod fuzz;
mod hosts;
mod kill;
mod levels;
mod place;
mod pools;
mod random;
mod rules;
mod samples;
mod targets;
