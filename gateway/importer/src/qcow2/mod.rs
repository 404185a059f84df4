//! A reader of qcow2 images, made for images that were made to harm.
//!
//! It reads the active state of an image that stands alone, from the front of the disk to its end,
//! once. Snapshots, bitmaps, reference counts and header extensions are never looked at. Whatever
//! the image says, it holds one header, a piece of the L1 table, a piece of one L2 table, one
//! cluster and its compressed form: [`MOST_MEMORY`]. A table is never read outside the file, and
//! the work is bounded by the size of the disk, which the supervisor bounds.
//!
//! Source: QEMU's `docs/interop/qcow2.rst`.

mod decompress;
pub mod entry;
mod header;
mod pieces;
mod problem;
mod table;

pub use decompress::Decompressor;
pub use header::{Compression, HEADER_LENGTH, Header, MAGIC};
pub use pieces::{Content, Piece, Pieces};
pub use problem::{Malformed, Unsupported};

/// The most memory that reading takes, in bytes, whatever the image is: a cluster of 2 MiB, 4 MiB
/// of its compressed form, and Zstandard's window.
pub const MOST_MEMORY: usize = 24 << 20;
