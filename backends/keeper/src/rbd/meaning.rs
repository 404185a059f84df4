//! What the library says, as the worker and the supervisor take it.

use labelgate_control::{NotServed, Text};
use labelgate_queue_pair::{Failure, Outcome};
use labelgate_rbd::{Error, Kind, Outcome as Told};

/// What an object store likes writes to be aligned to: the smallest piece that BlueStore allocates.
pub(super) const PHYSICAL_BLOCK: u32 = 4096;

/// EACCES.
const REFUSED: i32 = 13;

/// What has become of an operation that is no transfer: those end where they go well.
pub(super) const fn outcome(told: Told) -> Outcome {
    match told {
        Told::Done => Outcome::Done(0),
        Told::Extent(extent) => Outcome::Extent {
            length: extent.length,
            mapped: extent.mapped,
        },
        Told::Resized(size) => Outcome::Done(size),
    }
}

/// Why an operation has failed. Whose key is taken away, or whose lock, is shut out as well as who is
/// on the blocklist.
pub(super) const fn failure(error: &Error) -> Failure {
    match error.kind() {
        Kind::Fenced | Kind::Permission | Kind::Held => Failure::Fenced,
        Kind::NoSpace => Failure::NoSpace,
        Kind::NotReady | Kind::Resources => Failure::NotReady,
        Kind::OutOfRange => Failure::OutOfRange,
        Kind::ReadOnly => Failure::ReadOnly,
        _ => Failure::Medium,
    }
}

/// Why an image is not open.
pub(super) fn not_served(error: &Error) -> NotServed {
    match error.kind() {
        Kind::Held | Kind::Busy => NotServed::Held,
        Kind::Permission => NotServed::Refused { errno: REFUSED },
        Kind::NotReady | Kind::Fenced | Kind::Resources => {
            NotServed::Unreachable(Text::clean(&error.to_string()))
        }
        _ => NotServed::Unfit(Text::clean(&error.to_string())),
    }
}
