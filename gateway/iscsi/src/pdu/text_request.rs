//! Text Request (RFC 7143, 11.10).

use super::header::opcode;
use super::layout::{self, BHS, FINAL, IMMEDIATE, RESERVED, flag};
use super::{InitiatorTaskTag, Lun, SegmentLength, TargetTransferTag};
use crate::serial::{CmdSn, StatSn};

const CONTINUE: u8 = 0x40;

/// A negotiation, or a question like SendTargets, in the full feature phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextRequest {
    /// The I bit.
    pub immediate: bool,
    /// The F bit: the initiator has nothing more to say.
    pub is_final: bool,
    /// The C bit: the text goes on in the next request.
    pub continued: bool,
    /// Copied from the text response this answers, with a transfer tag; otherwise reserved.
    pub lun: Lun,
    /// The task that all requests of one exchange share.
    pub initiator_task_tag: InitiatorTaskTag,
    /// Copied from the text response this answers; [`TargetTransferTag::RESERVED`] starts anew.
    pub target_transfer_tag: TargetTransferTag,
    /// The command's number; for immediate delivery, the next command's.
    pub cmd_sn: CmdSn,
    /// The next status the initiator expects.
    pub exp_stat_sn: StatSn,
}

impl TextRequest {
    pub(super) fn parse(bytes: &[u8; BHS]) -> Self {
        let [[first, flags, ..], _, lun_high, lun_low, rows @ ..] = layout::rows(bytes);
        let [task, transfer, cmd_sn, exp_stat_sn, ..] = rows;
        Self {
            immediate: first & IMMEDIATE != 0,
            is_final: flags & FINAL != 0,
            continued: flags & CONTINUE != 0,
            lun: Lun::from_rows(lun_high, lun_low),
            initiator_task_tag: InitiatorTaskTag::from_row(task),
            target_transfer_tag: TargetTransferTag::from_row(transfer),
            cmd_sn: CmdSn::new(u32::from_be_bytes(cmd_sn)),
            exp_stat_sn: StatSn::new(u32::from_be_bytes(exp_stat_sn)),
        }
    }

    /// The header as an initiator sends it, followed by `data` bytes of text.
    #[must_use]
    pub fn encode(&self, data: SegmentLength) -> [u8; BHS] {
        let (lun_high, lun_low) = self.lun.rows();
        let flags = flag(self.is_final, FINAL) | flag(self.continued, CONTINUE);
        layout::bytes(&[
            [layout::request(opcode::TEXT, self.immediate), flags, 0, 0],
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
