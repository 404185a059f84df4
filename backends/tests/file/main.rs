//! File images and trees on real file systems: a tmpfs, an ext4 on a loop device, and a bare loop device.
//!
//! Needs root, loop devices, `mount`, `losetup` (Debian: mount, util-linux) and `mkfs.ext4`
//! (Debian: e2fsprogs).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "all of this is test code; a panic is a failed test, and no size here is large"
)]

mod executor;
mod full;
mod model;
mod opening;
mod place;
mod poison;
mod report_once;
mod resize;
mod tree;
