//! Images that a keeper holds, as workers and keepers speak of them.

use serde::{Deserialize, Serialize};

use crate::{Serial, Text};

/// The most keepers that a worker has at a time. Each has a slot, whose number is below it.
pub const MAX_KEEPERS: u32 = 8;

/// How much memory a worker shares with its keepers, in bytes, if its pools may hold `pool_bytes`
/// ([`crate::Configure::pool_bytes`]). Each protocol rounds its part up, and what nobody touches
/// takes no memory: so it is amply more.
#[must_use]
pub const fn memory_bytes(pool_bytes: u64) -> u64 {
    let ample = pool_bytes.saturating_mul(2).saturating_add(16 << 20);
    ample / (1 << 20) * (1 << 20)
}

/// What a kept image looks like on its backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptShape {
    /// Its size in bytes. What is left of it over whole blocks is not served.
    pub size: u64,
    /// What its backend likes writes to be aligned to, in bytes: a power of two.
    pub physical_block: u32,
    /// Whether its backend takes space back.
    pub discard: bool,
    /// Whether a write that is to be stable (FUA) is, without a flush after it, and fails for itself
    /// alone.
    pub stable_writes: bool,
}

/// An image for a worker to serve from a keeper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddKept {
    /// What it is called in every later message, to the worker and to its keepers. Images in files
    /// and kept images have their numbers from one sequence.
    pub image: u32,
    /// The slot of the worker's page in which it is counted. Images may share one.
    pub slot: u32,
    /// The slot of the keepers that hold it, one after the other.
    pub keeper: u32,
    /// Its iSCSI target name (RFC 7143 4.2.7: at most 223 bytes).
    pub target: Text<223>,
    /// What it is called as a file; no two images of a worker have the same.
    pub file_name: Text<255>,
    /// Its unit serial number.
    pub serial: Serial,
    /// Its NAA identifier, type 3h.
    pub naa: [u8; 8],
    /// Logical block size in bytes: 512 or 4096.
    pub block_size: u32,
    /// Whether writes are refused.
    pub read_only: bool,
    /// A flush of it has failed, and no admin has dealt with that.
    pub poisoned: bool,
    /// What its keeper has said that it looks like.
    pub shape: KeptShape,
}
