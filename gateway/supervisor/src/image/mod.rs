//! Image files, from their names to locked descriptors.
//!
//! The supervisor opens them and passes them on; it never reads or writes what is in them.

mod check;
mod claim;
mod holder;
mod lock;
mod open;
mod place;

pub use check::{LABEL_ATTRIBUTE, Unfit};
pub use lock::{LockFailure, lock, lock_within};
pub use open::{Anchor, OpenError, Opened, Witness, open};
pub use place::{Extent, create, delete, enlarge, look, note_label};
