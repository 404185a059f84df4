//! The worker's pool of page-aligned buffers.
//!
//! Each [`Pool`] is backed by a sealed memfd of its own or, where a worker has keepers, by a part of
//! the one [`Memory`] that the supervisor has made and given to all of them: page-aligned for
//! `O_DIRECT`, and shared with keepers, which are told where a buffer is. The size of a pool is a
//! bound, not a cost: pages come into being when they are first touched and [`Pool::trim`] gives
//! them back.
//!
//! A [`Buffer`] is owned by whoever holds the value and cannot be copied. An engine that submits an
//! operation *moves* the buffer into it and gets it back with the completion, so no safe code can
//! look at memory the kernel is still writing, and a buffer returns to the pool (by being dropped)
//! only when its last completion is in.

mod arena;
mod buddy;
mod buffer;
mod memory;
mod pool;

pub use buffer::Buffer;
pub use memory::Memory;
pub use pool::{MAX_BUFFER, PAGE, Pool};
