//! SNACK Request (RFC 7143, 11.16).

use super::InitiatorTaskTag;
use super::layout::{self, BHS};

/// A request to send something again, which is error recovery level 1.
///
/// At level 0, which is ours, it is to be rejected, so only what the Reject needs is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snack {
    /// The task whose PDUs are wanted again.
    pub initiator_task_tag: InitiatorTaskTag,
}

impl Snack {
    pub(super) fn parse(bytes: &[u8; BHS]) -> Self {
        let [_, _, _, _, task, ..] = layout::rows(bytes);
        Self {
            initiator_task_tag: InitiatorTaskTag::from_row(task),
        }
    }
}
