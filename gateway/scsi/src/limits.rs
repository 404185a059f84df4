//! How much one command may ask for. VPD page B0h says so to initiators.

/// The longest READ, WRITE or VERIFY, in bytes: one buffer.
pub const MAX_TRANSFER: u64 = labelgate_buffers::MAX_BUFFER as u64;

/// The longest WRITE SAME, in bytes. Patterns other than zeros are written out, and no command
/// may keep a worker busy for long.
pub const MAX_WRITE_SAME: u64 = 16 << 20;

/// How many blocks one UNMAP may discard.
pub const MAX_UNMAP_BLOCKS: u32 = 1 << 20;

/// How many descriptors one UNMAP may have.
pub const MAX_UNMAP_DESCRIPTORS: u32 = 256;

/// How many descriptors GET LBA STATUS answers with.
pub const MAX_LBA_STATUS_DESCRIPTORS: usize = 128;

/// How many I_T nexuses may be registered with one unit.
pub const MAX_REGISTRATIONS: usize = 64;

/// The longest record of one unit's reservations, in bytes: what fits into one message to whoever
/// keeps it. Names as initiators have them leave room for about forty registrations.
pub const MAX_RECORD: usize = 3072;

/// The longest answer to GET LBA STATUS, in bytes: a header and the descriptors.
pub const MAX_LBA_STATUS: usize = 8 + 16 * MAX_LBA_STATUS_DESCRIPTORS;
