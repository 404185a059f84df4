//! File handles: what a client names a file by, and cannot make itself.
//!
//! > Servers should try to maintain a one-to-one correspondence between file handles and files,
//! > but this is not required. Clients should use file handle comparisons only to improve
//! > performance, not for correct behavior. (RFC 1813, 2.6)
//!
//! ```text
//!  0  u8       version, 1
//!  1  u8       kind: 0 the export's root, 1 an image, 2 a node of the label's tree in a store
//!  2  [u8; 6]  zero
//!  8  u64      epoch: which identity, and which of its tokens
//! 16  [u8; 16] object: zero; the first bytes of the image's serial; or the node's store (u32),
//!              generation (u32) and inode (u64)
//! 32  [u8; 16] the seal: the first bytes of the keyed BLAKE3 of what stands before it, and of
//!              the client's address (16 bytes, IPv4 mapped into IPv6; zero if not bound to one)
//! ```
//!
//! All numbers are big-endian. The key is the label's, so that no label's handle opens in
//! another's worker, whoever it was given to.

#[cfg(test)]
mod fuzz;
mod key;
mod sealed;

use std::net::IpAddr;

use crate::xdr::Encoder;

pub use key::HandleKey;
pub use sealed::{BadHandle, Sealed, Stale};

/// How many bytes a handle is on the wire, of the 64 that RFC 1813 allows.
pub const LENGTH: usize = CONTENT + SEAL;

const VERSION: u8 = 1;
const CONTENT: usize = 32;
const SEAL: usize = 16;

const ROOT: u8 = 0;
const IMAGE: u8 = 1;
const NODE: u8 = 2;

/// A handle that was made here, or whose seal has been verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Handle {
    /// Which identity it was given to, and by which of its tokens.
    pub epoch: u64,
    /// What it names.
    pub object: Object,
}

/// What a handle names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Object {
    /// The export's root directory.
    Root,
    /// An image, by the first bytes of its serial.
    Image([u8; 16]),
    /// A file or directory of the label's tree in a store.
    Node {
        /// The store, as the worker counts them.
        store: u32,
        /// The inode's generation: an inode's number is used again, and is another file then.
        generation: u32,
        /// The inode.
        inode: u64,
    },
}

impl Handle {
    /// The handle as it is given to the client at `client`, or to any client of the label.
    #[must_use]
    pub fn seal(&self, key: &HandleKey, client: Option<IpAddr>) -> [u8; LENGTH] {
        let content = self.content();
        let seal = key.seal(&content, client);
        let mut sealed = [0; LENGTH];
        let bytes = content.iter().chain(&seal);
        for (to, from) in sealed.iter_mut().zip(bytes) {
            *to = *from;
        }
        sealed
    }

    fn content(&self) -> [u8; CONTENT] {
        let mut bytes = Vec::with_capacity(CONTENT);
        let mut e = Encoder::new(&mut bytes);
        e.fixed(&[VERSION, self.object.kind(), 0, 0, 0, 0, 0, 0]);
        e.u64(self.epoch);
        match self.object {
            Object::Root => e.fixed(&[0; 16]),
            Object::Image(serial) => e.fixed(&serial),
            Object::Node {
                store,
                generation,
                inode,
            } => {
                e.u32(store);
                e.u32(generation);
                e.u64(inode);
            }
        }
        bytes
            .try_into()
            .expect("eight bytes, an epoch and sixteen bytes of object are the content")
    }
}

impl Object {
    const fn kind(&self) -> u8 {
        match self {
            Self::Root => ROOT,
            Self::Image(_) => IMAGE,
            Self::Node { .. } => NODE,
        }
    }
}

#[cfg(test)]
mod tests;
