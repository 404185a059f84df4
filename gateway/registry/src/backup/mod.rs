//! Backups: all of a registry as lines of JSON, independent of any database.
//!
//! The first line says what it is, each following line is one record, and the last has the BLAKE3
//! hash of all lines before it. **Secrets are in it**, in hexadecimal.

mod contents;
mod line;
mod reader;
mod writer;

pub(crate) use contents::Contents;
pub(crate) use reader::read;
pub(crate) use writer::write;

/// The newest version of the stream that is read, and the one that is written. Every one from the
/// first on is read.
///
/// 1. the first;
/// 2. has tokens and the master key.
const VERSION: u32 = 2;

/// The most bytes of a backup: half a million labels with all that may belong to them. None that
/// is longer is written, so that every one that was made can be restored.
pub const LONGEST_BACKUP: u64 = 1 << 30;
