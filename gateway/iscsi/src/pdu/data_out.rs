//! SCSI Data-Out (RFC 7143, 11.7).

use super::header::opcode;
use super::layout::{self, BHS, FINAL, RESERVED, flag};
use super::{InitiatorTaskTag, Lun, SegmentLength, TargetTransferTag};
use crate::serial::StatSn;

/// Data for a write, asked for by an R2T or unsolicited. It has no CmdSN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataOut {
    /// The F bit: the last of this sequence (of one R2T, or of the unsolicited data).
    pub is_final: bool,
    /// The logical unit, when there is a transfer tag.
    pub lun: Lun,
    /// The write's task.
    pub initiator_task_tag: InitiatorTaskTag,
    /// The R2T this answers; [`TargetTransferTag::RESERVED`] for unsolicited data.
    pub target_transfer_tag: TargetTransferTag,
    /// The next status the initiator expects.
    pub exp_stat_sn: StatSn,
    /// The place in its sequence, from zero.
    pub data_sn: u32,
    /// Where in the command's data it starts, in bytes.
    pub buffer_offset: u32,
}

impl DataOut {
    pub(super) fn parse(bytes: &[u8; BHS]) -> Self {
        let [[_, flags, ..], _, lun_high, lun_low, rows @ ..] = layout::rows(bytes);
        let [task, transfer, _, exp_stat_sn, _, data_sn, buffer_offset, _] = rows;
        Self {
            is_final: flags & FINAL != 0,
            lun: Lun::from_rows(lun_high, lun_low),
            initiator_task_tag: InitiatorTaskTag::from_row(task),
            target_transfer_tag: TargetTransferTag::from_row(transfer),
            exp_stat_sn: StatSn::new(u32::from_be_bytes(exp_stat_sn)),
            data_sn: u32::from_be_bytes(data_sn),
            buffer_offset: u32::from_be_bytes(buffer_offset),
        }
    }

    /// The header as an initiator sends it, followed by `data` bytes.
    #[must_use]
    pub fn encode(&self, data: SegmentLength) -> [u8; BHS] {
        let (lun_high, lun_low) = self.lun.rows();
        layout::bytes(&[
            [opcode::DATA_OUT, flag(self.is_final, FINAL), 0, 0],
            data.row(0),
            lun_high,
            lun_low,
            self.initiator_task_tag.row(),
            self.target_transfer_tag.row(),
            RESERVED,
            self.exp_stat_sn.get().to_be_bytes(),
            RESERVED,
            self.data_sn.to_be_bytes(),
            self.buffer_offset.to_be_bytes(),
            RESERVED,
        ])
    }
}
