//! What the library says, as the worker and the supervisor take it.

use labelgate_control::{NotServed, Text};
use labelgate_gluster::{Error, Kind, Outcome as Told};
use labelgate_queue_pair::{Failure, Outcome};

/// What a brick likes writes to be aligned to: the block of the file systems that it is on.
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
        Told::Size(size) => Outcome::Done(size),
    }
}

/// Why an operation has failed. A file whose connection or lock is lost can be used no more, and
/// neither can this keeper: it is as if it were shut out, and a successor is asked again.
pub(super) const fn failure(error: &Error) -> Failure {
    match error.kind() {
        Kind::Lost | Kind::Permission | Kind::Held => Failure::Fenced,
        Kind::NoSpace => Failure::NoSpace,
        Kind::NotReady | Kind::Resources => Failure::NotReady,
        Kind::OutOfRange => Failure::OutOfRange,
        Kind::ReadOnly => Failure::ReadOnly,
        _ => Failure::Medium,
    }
}

/// Why an image is not open.
pub(super) fn not_served(error: &Error) -> NotServed {
    match (error, error.kind()) {
        (Error::Volume { .. }, Kind::Permission) => NotServed::Refused { errno: REFUSED },
        (_, Kind::Held) => NotServed::Held,
        (_, Kind::NotReady | Kind::Lost | Kind::Resources) => {
            NotServed::Unreachable(Text::clean(&error.to_string()))
        }
        _ => NotServed::Unfit(Text::clean(&error.to_string())),
    }
}
