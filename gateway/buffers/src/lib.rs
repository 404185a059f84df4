//! The worker's pool of page-aligned buffers.
//!
//! One [`Pool`] per worker, backed by one sealed memfd: page-aligned for `O_DIRECT` and for ring
//! registration, and shareable with a keeper by passing [`Pool::descriptor`]. The size of the pool
//! is a bound, not a cost: pages come into being when they are first touched and [`Pool::trim`]
//! gives them back.
//!
//! A [`Buffer`] is owned by whoever holds the value and cannot be copied. An engine that submits an
//! operation *moves* the buffer into it and gets it back with the completion, so no safe code can
//! look at memory the kernel is still writing, and a buffer returns to the pool (by being dropped)
//! only when its last completion is in.

mod arena;
mod buddy;
mod buffer;
mod pool;

pub use buffer::Buffer;
pub use pool::{MAX_BUFFER, PAGE, Pool};
