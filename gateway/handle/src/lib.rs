//! NFS file handles (RFC 1813, 2.5: `nfs_fh3`, at most 64 bytes).
//!
//! A handle is all that an NFS client has to show for a file, and it may show it on any connection,
//! years later. So each is sealed with a key of the label whose file it is: nobody can make one,
//! change one, or use one of another label. [`LENGTH`] bytes, every number big-endian:
//!
//! ```text
//!    0   u8        version: 1
//!    1   u8        kind of object: 0 root of the export, 1 image, 2 node of a tree
//!    2   [u8; 6]   zeros
//!    8   u64       epoch: which identity, and which of its tokens
//!   16   [u8; 16]  object; of a root, zeros
//!   32   [u8; 16]  MAC: of all before it and, where handles are bound to it, the client's address
//! ```
//!
//! The crate knows no protocol: the supervisor opens handles to find out whose they are, and parses
//! nothing else that a client sends.

#![forbid(unsafe_code)]

mod handle;
mod key;
mod object;
mod sealed;
mod store;

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod golden;

pub use handle::Handle;
pub use key::{HandleKey, NoKey};
pub use object::{Object, TREE_ROOT};
pub use sealed::{BadHandle, Sealed, Stale};
pub use store::tree_of_store;

/// The length of a sealed handle in bytes.
pub const LENGTH: usize = BODY + MAC;

/// What the MAC covers of it.
const BODY: usize = 32;

/// The MAC.
const MAC: usize = 16;

/// The version of the layout.
const VERSION: u8 = 1;
