//! What a session says, as the worker and the supervisor take it.

use labelgate_control::{KeptShape, NotServed, Text};
use labelgate_initiator::{Error, Kind, Unit};
use labelgate_queue_pair::Failure;

/// What an image looks like.
pub(super) const fn shape(unit: &Unit) -> KeptShape {
    KeptShape {
        size: unit.size,
        physical_block: unit.physical_block,
        discard: unit.unmaps,
        stable_writes: unit.stable_writes || !unit.volatile,
    }
}

/// Why an operation has failed. A target that is there and does not let the keeper in may do so again,
/// and what was asked of it was not done.
pub(super) const fn failure(error: &Error) -> Failure {
    match error.kind() {
        Kind::Fenced | Kind::Held => Failure::Fenced,
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
        Kind::Held => NotServed::Unfit(Text::clean(&format!(
            "{error}; if nobody else uses it, clear that on its target: sg_persist --out --clear"
        ))),
        Kind::NotReady | Kind::Resources => NotServed::Unreachable(Text::clean(&error.to_string())),
        _ => NotServed::Unfit(Text::clean(&error.to_string())),
    }
}
