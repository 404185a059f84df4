//! Task Management Function Request (RFC 7143, 11.5).

use super::header::opcode;
use super::layout::{self, BHS, FINAL, IMMEDIATE};
use super::{InitiatorTaskTag, Lun, SegmentLength};
use crate::serial::{CmdSn, StatSn};

/// What to do with a task, or with several (RFC 7143, 11.5.1; RFC 7144, 4.2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskFunction {
    /// ABORT TASK.
    AbortTask,
    /// ABORT TASK SET.
    AbortTaskSet,
    /// CLEAR ACA.
    ClearAca,
    /// CLEAR TASK SET.
    ClearTaskSet,
    /// LOGICAL UNIT RESET.
    LogicalUnitReset,
    /// TARGET WARM RESET.
    TargetWarmReset,
    /// TARGET COLD RESET.
    TargetColdReset,
    /// TASK REASSIGN.
    TaskReassign,
    /// QUERY TASK.
    QueryTask,
    /// QUERY TASK SET.
    QueryTaskSet,
    /// I_T NEXUS RESET.
    ItNexusReset,
    /// QUERY ASYNCHRONOUS EVENT.
    QueryAsynchronousEvent,
    /// A function that neither RFC knows.
    Unknown(u8),
}

impl TaskFunction {
    const fn from_code(code: u8) -> Self {
        match code & 0x7f {
            1 => Self::AbortTask,
            2 => Self::AbortTaskSet,
            3 => Self::ClearAca,
            4 => Self::ClearTaskSet,
            5 => Self::LogicalUnitReset,
            6 => Self::TargetWarmReset,
            7 => Self::TargetColdReset,
            8 => Self::TaskReassign,
            9 => Self::QueryTask,
            10 => Self::QueryTaskSet,
            11 => Self::ItNexusReset,
            12 => Self::QueryAsynchronousEvent,
            unknown => Self::Unknown(unknown),
        }
    }

    const fn code(self) -> u8 {
        match self {
            Self::AbortTask => 1,
            Self::AbortTaskSet => 2,
            Self::ClearAca => 3,
            Self::ClearTaskSet => 4,
            Self::LogicalUnitReset => 5,
            Self::TargetWarmReset => 6,
            Self::TargetColdReset => 7,
            Self::TaskReassign => 8,
            Self::QueryTask => 9,
            Self::QueryTaskSet => 10,
            Self::ItNexusReset => 11,
            Self::QueryAsynchronousEvent => 12,
            Self::Unknown(code) => code & 0x7f,
        }
    }
}

/// A request to abort, reset or query tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskManagement {
    /// The I bit.
    pub immediate: bool,
    /// What to do.
    pub function: TaskFunction,
    /// The logical unit, for functions that address one.
    pub lun: Lun,
    /// This request's own task.
    pub initiator_task_tag: InitiatorTaskTag,
    /// The task to act upon; [`InitiatorTaskTag::RESERVED`] for functions that act on no single one.
    pub referenced_task_tag: InitiatorTaskTag,
    /// The request's number; for immediate delivery, the next command's.
    pub cmd_sn: CmdSn,
    /// The next status the initiator expects.
    pub exp_stat_sn: StatSn,
    /// The referenced task's CmdSN, which tells whether the target can have seen it.
    pub ref_cmd_sn: CmdSn,
    /// For a reassigned read, the next Data-In the initiator expects.
    pub exp_data_sn: u32,
}

impl TaskManagement {
    pub(super) fn parse(bytes: &[u8; BHS]) -> Self {
        let [[first, function, ..], _, lun_high, lun_low, rows @ ..] = layout::rows(bytes);
        let [
            task,
            referenced,
            cmd_sn,
            exp_stat_sn,
            ref_cmd_sn,
            exp_data_sn,
            ..,
        ] = rows;
        Self {
            immediate: first & IMMEDIATE != 0,
            function: TaskFunction::from_code(function),
            lun: Lun::from_rows(lun_high, lun_low),
            initiator_task_tag: InitiatorTaskTag::from_row(task),
            referenced_task_tag: InitiatorTaskTag::from_row(referenced),
            cmd_sn: CmdSn::new(u32::from_be_bytes(cmd_sn)),
            exp_stat_sn: StatSn::new(u32::from_be_bytes(exp_stat_sn)),
            ref_cmd_sn: CmdSn::new(u32::from_be_bytes(ref_cmd_sn)),
            exp_data_sn: u32::from_be_bytes(exp_data_sn),
        }
    }

    /// The header as an initiator sends it. No data follows.
    #[must_use]
    pub fn encode(&self) -> [u8; BHS] {
        let (lun_high, lun_low) = self.lun.rows();
        let function = FINAL | self.function.code();
        layout::bytes(&[
            [
                layout::request(opcode::TASK_MANAGEMENT, self.immediate),
                function,
                0,
                0,
            ],
            SegmentLength::ZERO.row(0),
            lun_high,
            lun_low,
            self.initiator_task_tag.row(),
            self.referenced_task_tag.row(),
            self.cmd_sn.get().to_be_bytes(),
            self.exp_stat_sn.get().to_be_bytes(),
            self.ref_cmd_sn.get().to_be_bytes(),
            self.exp_data_sn.to_be_bytes(),
            layout::RESERVED,
            layout::RESERVED,
        ])
    }
}
