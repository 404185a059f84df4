//! Contexts, ranges, levels and labels: properties, hostile texts, and libsepol's own opinion.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a panic is a failed test, and what it prints says what it tried"
)]

mod fuzz;
mod libsepol;
mod properties;
mod refusals;
mod strategy;
