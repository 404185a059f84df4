//! What backends have in common: what is moved, what is told, and what is waited for.
//!
//! - [`Memory`] that a library reads into and writes from, and that others look at meanwhile.
//! - [`Mailbox`]: what a library's threads tell ours, with a descriptor to be polled.
//! - [`Poll`]: one descriptor to be polled, for a socket and for the time.

mod mailbox;
mod memory;
mod poll;

pub use mailbox::Mailbox;
pub use memory::{Memory, Place};
pub use poll::Poll;
