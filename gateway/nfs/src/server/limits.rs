//! How much a worker's NFS clients may take.

use std::time::Duration;

use labelgate_buffers::MAX_BUFFER;

/// Bounds on what the clients of one label can make this server hold.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at once; the supervisor keeps to it, the server closes what exceeds it.
    pub connections: u32,
    /// Bytes for the data of reads and writes, shared by all connections.
    pub pool_bytes: usize,
    /// Calls of one connection that are not answered yet, answers that its peer has not read
    /// included. One that has so many is not read.
    pub calls: usize,
    /// A peer that neither reads its answers nor sends the rest of a call for so long is closed.
    pub stall_time: Duration,
}

impl Limits {
    /// The most bytes one READ or WRITE moves: rtmax and wtmax (RFC 1813 3.3.19).
    pub const TRANSFER: u32 = 1 << 20;

    /// The most bytes a call has that is no WRITE, or a WRITE beside its data: the longest header
    /// of RPC, and the longest text of a symbolic link with its name, or two names.
    pub(super) const CALL: usize = 8192;

    /// The longest record.
    pub(super) const RECORD: usize = Self::TRANSFER as usize + Self::CALL;

    /// The most fragments of a record of so many bytes. A fragment may be empty, and would cost
    /// nothing to send; some clients send one of each few thousand bytes.
    pub(super) const fn fragments(bytes: usize) -> usize {
        64 + bytes / 1024
    }
}

const _: () = assert!(
    Limits::TRANSFER as usize <= MAX_BUFFER,
    "the data of a call fits into one buffer"
);

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 64,
            pool_bytes: 32 * MAX_BUFFER,
            calls: 64,
            stall_time: Duration::from_secs(60),
        }
    }
}
