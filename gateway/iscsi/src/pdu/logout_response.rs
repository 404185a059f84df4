//! Logout Response (RFC 7143, 11.15).

use super::header::opcode;
use super::layout::{self, BHS, FINAL, RESERVED};
use super::{InitiatorTaskTag, Numbers, SegmentLength};

/// What became of the logout (RFC 7143, 11.15.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum LogoutOutcome {
    /// Connection or session closed successfully.
    Closed = 0,
    /// The CID was not found.
    CidNotFound = 1,
    /// Connection recovery is not supported (ErrorRecoveryLevel below 2).
    RecoveryNotSupported = 2,
    /// Cleanup failed.
    CleanupFailed = 3,
}

/// The answer to a logout. After it the target closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogoutResponse {
    /// The request's task.
    pub initiator_task_tag: InitiatorTaskTag,
    /// What became of it.
    pub outcome: LogoutOutcome,
    /// The least time to wait before logging in again, in seconds.
    pub time2wait: u16,
    /// How long after that tasks could be reassigned, in seconds; zero: not at all.
    pub time2retain: u16,
}

impl LogoutResponse {
    /// The header. No data follows.
    #[must_use]
    pub fn encode(&self, numbers: Numbers) -> [u8; BHS] {
        let [stat_sn, exp_cmd_sn, max_cmd_sn] = numbers.rows();
        layout::bytes(&[
            [opcode::LOGOUT_RESPONSE, FINAL, self.outcome as u8, 0],
            SegmentLength::ZERO.row(0),
            RESERVED,
            RESERVED,
            self.initiator_task_tag.row(),
            RESERVED,
            stat_sn,
            exp_cmd_sn,
            max_cmd_sn,
            RESERVED,
            layout::row(self.time2wait, self.time2retain),
            RESERVED,
        ])
    }

    #[cfg(test)]
    pub(crate) fn parse(bytes: &[u8; BHS]) -> (Self, Numbers) {
        let [
            [_, _, code, _],
            _,
            _,
            _,
            task,
            _,
            stat,
            expected,
            max,
            _,
            times,
            _,
        ] = layout::rows(bytes);
        let (time2wait, time2retain) = layout::halves(times);
        let pdu = Self {
            initiator_task_tag: InitiatorTaskTag::from_row(task),
            outcome: match code {
                0 => LogoutOutcome::Closed,
                1 => LogoutOutcome::CidNotFound,
                2 => LogoutOutcome::RecoveryNotSupported,
                _ => LogoutOutcome::CleanupFailed,
            },
            time2wait,
            time2retain,
        };
        (pdu, Numbers::from_rows(stat, expected, max))
    }
}
