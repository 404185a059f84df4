//! One label's images on one backend, in a process of its own.
//!
//! A backend's library is large, starts threads, opens sockets, and has credentials: none of it
//! belongs into a process that parses what a guest sends. A keeper has all of it, and sees of the
//! guest nothing but payload. The worker asks it through a queue pair (`labelgate-queue-pair`) to
//! move bytes between its images and the memory that both map.
//!
//! **The worker is not trusted.** A guest may have taken it over. What it asks for is an operation
//! on one of the images that the supervisor has had opened, within that image, into or out of the
//! shared memory: anything else is refused. A queue pair that cannot be ends the
//! keeper.
//!
//! **What it has answered outlives it.** It holds nothing back, so that its successor can be asked
//! again for what it has not answered, and for nothing else.
//!
//! What the library would have to wait for is done on other threads; the first one, which has the
//! queue, never waits but for something to happen.

#![deny(unsafe_code)]

mod anchor;
mod backend;
mod ends;
mod fault;
mod gluster;
mod images;
mod iscsi;
mod memory;
mod nfs;
mod outgoing;
mod queue;
mod rbd;
mod serve;
mod start;

pub use anchor::{AnchorFault, read as read_anchor};
pub use fault::Fault;
pub use start::{exit, run};
