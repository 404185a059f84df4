//! Functions that C calls.

use libc::{c_int, c_void};

use crate::declare::callbacks;
use crate::rados::rados_completion_t;
use crate::rbd::rbd_completion_t;

callbacks! {
    /// An operation on objects has ended: its completion, and what was given along with it.
    named rados_callback_t = fn(rados_completion_t, *mut c_void);
    /// An operation on an image has ended, likewise.
    named rbd_callback_t = fn(rbd_completion_t, *mut c_void);
    /// Something about an image has changed.
    named rbd_update_callback_t = fn(*mut c_void);
    /// How far something has come; another answer than 0 ends it.
    named librbd_progress_fn_t = fn(u64, u64, *mut c_void) -> c_int;
    /// A run of an image: where, how long, whether it is there. A negative answer ends the iteration.
    nameless diff_callback_t = fn(u64, usize, c_int, *mut c_void) -> c_int;
}
