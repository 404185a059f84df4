//! Task Management Function Response (RFC 7143, 11.6).

use super::header::opcode;
use super::layout::{self, BHS, FINAL, RESERVED};
use super::{InitiatorTaskTag, Numbers, SegmentLength};

/// What became of the request (RFC 7143, 11.6.1; RFC 7144, 4.2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum TaskManagementOutcome {
    /// Function complete.
    Complete = 0,
    /// Task does not exist.
    TaskDoesNotExist = 1,
    /// LUN does not exist.
    LunDoesNotExist = 2,
    /// Task still allegiant.
    TaskStillAllegiant = 3,
    /// Task allegiance reassignment not supported.
    ReassignmentNotSupported = 4,
    /// Task management function not supported.
    NotSupported = 5,
    /// Function authorization failed.
    NotAuthorized = 6,
    /// Function succeeded: the answer "yes" to a query.
    Succeeded = 7,
    /// Function rejected.
    Rejected = 255,
}

/// The answer to a task management request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskManagementResponse {
    /// The request's task.
    pub initiator_task_tag: InitiatorTaskTag,
    /// What became of it.
    pub outcome: TaskManagementOutcome,
}

impl TaskManagementResponse {
    /// The header. No data follows.
    #[must_use]
    pub fn encode(&self, numbers: Numbers) -> [u8; BHS] {
        let [stat_sn, exp_cmd_sn, max_cmd_sn] = numbers.rows();
        layout::bytes(&[
            [
                opcode::TASK_MANAGEMENT_RESPONSE,
                FINAL,
                self.outcome as u8,
                0,
            ],
            SegmentLength::ZERO.row(0),
            RESERVED,
            RESERVED,
            self.initiator_task_tag.row(),
            RESERVED,
            stat_sn,
            exp_cmd_sn,
            max_cmd_sn,
            RESERVED,
            RESERVED,
            RESERVED,
        ])
    }

    #[cfg(test)]
    pub(crate) fn parse(bytes: &[u8; BHS]) -> (Self, Numbers) {
        use TaskManagementOutcome as Outcome;
        let [[_, _, code, _], _, _, _, task, _, stat, expected, max, ..] = layout::rows(bytes);
        let outcomes = [
            Outcome::Complete,
            Outcome::TaskDoesNotExist,
            Outcome::LunDoesNotExist,
            Outcome::TaskStillAllegiant,
            Outcome::ReassignmentNotSupported,
            Outcome::NotSupported,
            Outcome::NotAuthorized,
            Outcome::Succeeded,
        ];
        let known = outcomes.into_iter().find(|&outcome| outcome as u8 == code);
        let pdu = Self {
            initiator_task_tag: InitiatorTaskTag::from_row(task),
            outcome: known.unwrap_or(Outcome::Rejected),
        };
        (pdu, Numbers::from_rows(stat, expected, max))
    }
}
