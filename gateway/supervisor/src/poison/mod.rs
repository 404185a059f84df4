//! Marks of poisoned images: what a failed flush leaves behind until an admin has dealt with it.
//!
//! Linux reports a lost write once. Whoever flushes again is told that all is well, so nothing but
//! our own memory keeps a later worker from serving an image as if it were whole. That memory is
//! a file for each poisoned image in `state_dir/poisoned`, named by the image's serial number. That
//! the file is there is what counts; what it says is for the admin, who deletes it and has the
//! configuration reloaded to state that the image may be served again.

mod marks;
mod notice;
mod settling;

pub use marks::PoisonMarks;
pub use notice::{announce, poisoned, read_again};
pub use settling::Settling;
