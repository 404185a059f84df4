//! NOP-Out (RFC 7143, 11.18).

use super::header::opcode;
use super::layout::{self, BHS, FINAL, IMMEDIATE, RESERVED};
use super::{InitiatorTaskTag, Lun, SegmentLength, TargetTransferTag};
use crate::serial::{CmdSn, StatSn};

/// A ping, or the answer to one of the target's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NopOut {
    /// The I bit.
    pub immediate: bool,
    /// Copied from the NOP-In this answers; otherwise reserved.
    pub lun: Lun,
    /// The ping's task; [`InitiatorTaskTag::RESERVED`] if no NOP-In is wanted.
    pub initiator_task_tag: InitiatorTaskTag,
    /// Copied from the NOP-In this answers; otherwise [`TargetTransferTag::RESERVED`].
    pub target_transfer_tag: TargetTransferTag,
    /// The command's number; for immediate delivery, the next command's.
    pub cmd_sn: CmdSn,
    /// The next status the initiator expects.
    pub exp_stat_sn: StatSn,
}

impl NopOut {
    pub(super) fn parse(bytes: &[u8; BHS]) -> Self {
        let [
            [first, ..],
            _,
            lun_high,
            lun_low,
            task,
            transfer,
            cmd_sn,
            exp_stat_sn,
            ..,
        ] = layout::rows(bytes);
        Self {
            immediate: first & IMMEDIATE != 0,
            lun: Lun::from_rows(lun_high, lun_low),
            initiator_task_tag: InitiatorTaskTag::from_row(task),
            target_transfer_tag: TargetTransferTag::from_row(transfer),
            cmd_sn: CmdSn::new(u32::from_be_bytes(cmd_sn)),
            exp_stat_sn: StatSn::new(u32::from_be_bytes(exp_stat_sn)),
        }
    }

    /// The header as an initiator sends it, followed by `data` bytes of ping data.
    #[must_use]
    pub fn encode(&self, data: SegmentLength) -> [u8; BHS] {
        let (lun_high, lun_low) = self.lun.rows();
        layout::bytes(&[
            [
                layout::request(opcode::NOP_OUT, self.immediate),
                FINAL,
                0,
                0,
            ],
            data.row(0),
            lun_high,
            lun_low,
            self.initiator_task_tag.row(),
            self.target_transfer_tag.row(),
            self.cmd_sn.get().to_be_bytes(),
            self.exp_stat_sn.get().to_be_bytes(),
            RESERVED,
            RESERVED,
            RESERVED,
            RESERVED,
        ])
    }
}
