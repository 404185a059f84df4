//! Logout Request (RFC 7143, 11.14).

use super::header::opcode;
use super::layout::{self, BHS, FINAL, IMMEDIATE, RESERVED};
use super::{Cid, InitiatorTaskTag, SegmentLength};
use crate::serial::{CmdSn, StatSn};

/// What is to end (RFC 7143, 11.14.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoutReason {
    /// The session, with all its connections and tasks.
    CloseSession,
    /// One connection.
    CloseConnection,
    /// One connection, whose tasks are to be taken over by another.
    RemoveConnectionForRecovery,
    /// A reserved value.
    Unknown(u8),
}

impl LogoutReason {
    const fn from_code(code: u8) -> Self {
        match code & 0x7f {
            0 => Self::CloseSession,
            1 => Self::CloseConnection,
            2 => Self::RemoveConnectionForRecovery,
            unknown => Self::Unknown(unknown),
        }
    }

    const fn code(self) -> u8 {
        match self {
            Self::CloseSession => 0,
            Self::CloseConnection => 1,
            Self::RemoveConnectionForRecovery => 2,
            Self::Unknown(code) => code & 0x7f,
        }
    }
}

/// The orderly end of a session or connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogoutRequest {
    /// The I bit.
    pub immediate: bool,
    /// What is to end.
    pub reason: LogoutReason,
    /// This request's task.
    pub initiator_task_tag: InitiatorTaskTag,
    /// The connection; reserved when the session is to end.
    pub cid: Cid,
    /// The command's number; for immediate delivery, the next command's.
    pub cmd_sn: CmdSn,
    /// The next status the initiator expects.
    pub exp_stat_sn: StatSn,
}

impl LogoutRequest {
    pub(super) fn parse(bytes: &[u8; BHS]) -> Self {
        let [
            [first, reason, ..],
            _,
            _,
            _,
            task,
            cid,
            cmd_sn,
            exp_stat_sn,
            ..,
        ] = layout::rows(bytes);
        Self {
            immediate: first & IMMEDIATE != 0,
            reason: LogoutReason::from_code(reason),
            initiator_task_tag: InitiatorTaskTag::from_row(task),
            cid: Cid(layout::halves(cid).0),
            cmd_sn: CmdSn::new(u32::from_be_bytes(cmd_sn)),
            exp_stat_sn: StatSn::new(u32::from_be_bytes(exp_stat_sn)),
        }
    }

    /// The header as an initiator sends it. No data follows.
    #[must_use]
    pub fn encode(&self) -> [u8; BHS] {
        let reason = FINAL | self.reason.code();
        layout::bytes(&[
            [
                layout::request(opcode::LOGOUT, self.immediate),
                reason,
                0,
                0,
            ],
            SegmentLength::ZERO.row(0),
            RESERVED,
            RESERVED,
            self.initiator_task_tag.row(),
            layout::row(self.cid.0, 0),
            self.cmd_sn.get().to_be_bytes(),
            self.exp_stat_sn.get().to_be_bytes(),
            RESERVED,
            RESERVED,
            RESERVED,
            RESERVED,
        ])
    }
}
