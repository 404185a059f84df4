//! Image files, from their names to locked descriptors.
//!
//! The supervisor opens them and passes them on; it never reads or writes what is in them.

mod by_path;
mod check;
mod claim;
mod holder;
mod lock;
pub mod lock_table;
mod manner;
mod open;
mod place;
mod tree_root;

pub use by_path::{give_to, make_at};
pub use check::{LABEL_ATTRIBUTE, Unfit};
pub use lock::{LockFailure, lock, lock_within};
pub use manner::Manner;
pub use open::{Anchor, OpenError, Opened, Witness, open, open_directory};
pub use place::{Extent, adopt, create, delete, enlarge, look, note_label};
pub use tree_root::{TreeOwner, TreeRootError, tree_root};
