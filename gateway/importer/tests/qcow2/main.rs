//! The reader of qcow2 against images that were made to harm it. What it does with sound images of
//! every kind is compared with qemu-img's in the end-to-end tests.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a panic in a helper is a failed test, and the images' numbers are our own"
)]

mod bombs;
mod entries;
mod forge;
mod fuzz;
mod headers;
mod model;
