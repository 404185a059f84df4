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

/// The newest version of the stream that is read. Every one from the first on is read, and the
/// oldest that has all that there is to write is written.
///
/// 1. the first;
/// 2. has tokens and the master key;
/// 3. has keys of stores;
/// 4. has stores that are upstream, and what opens them;
/// 5. has hosts;
/// 6. has hosts with addresses, and leases on these;
/// 7. has images that follow machines.
const VERSION: u32 = 7;

/// The most bytes of a backup: half a million labels with all that may belong to them. None that
/// is longer is written, so that every one that was made can be restored.
pub const LONGEST_BACKUP: u64 = 1 << 30;
