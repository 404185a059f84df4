//! What a session says, as the worker and the supervisor take it.

use labelgate_control::{KeptShape, NotServed, Text};
use labelgate_nfs_client::{Attributes, Error, Kind};
use labelgate_queue_pair::Failure;

/// What a server likes writes to be aligned to: the block of the file systems that it exports.
const PHYSICAL_BLOCK: u32 = 4096;

/// What an image looks like. A stable write of one that is not written through may fail for what was
/// written before.
pub(super) const fn shape(file: &Attributes, write_through: bool) -> KeptShape {
    KeptShape {
        size: file.size,
        physical_block: PHYSICAL_BLOCK,
        discard: false,
        stable_writes: write_through,
    }
}

/// Why an operation has failed. A server that is there and does not let the keeper do it may do so again,
/// and what was asked of it was not done.
pub(super) const fn failure(error: &Error) -> Failure {
    match error.kind() {
        Kind::NoSpace => Failure::NoSpace,
        Kind::OutOfRange => Failure::OutOfRange,
        Kind::ReadOnly => Failure::ReadOnly,
        Kind::Medium | Kind::Unfit => Failure::Medium,
        _ => Failure::NotReady,
    }
}

/// Why an image is not open.
pub(super) fn not_served(error: &Error) -> NotServed {
    match error.kind() {
        Kind::NotReady | Kind::Resources => NotServed::Unreachable(Text::clean(&error.to_string())),
        _ => NotServed::Unfit(Text::clean(&error.to_string())),
    }
}
