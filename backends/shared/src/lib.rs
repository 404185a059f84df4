//! What the C library of a backend and our own threads share.
//!
//! - [`Memory`] that a library reads into and writes from, and that others look at meanwhile.
//! - [`Mailbox`]: what a library's threads tell ours, with a descriptor to be polled.

mod mailbox;
mod memory;

pub use mailbox::Mailbox;
pub use memory::{Memory, Place};
