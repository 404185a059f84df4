//! Ready To Transfer (RFC 7143, 11.8).

use super::header::opcode;
use super::layout::{self, BHS, FINAL};
use super::{InitiatorTaskTag, Lun, Numbers, SegmentLength, TargetTransferTag};

/// The target has room for a part of a write's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct R2t {
    /// The write's logical unit.
    pub lun: Lun,
    /// The write's task.
    pub initiator_task_tag: InitiatorTaskTag,
    /// What the Data-Out PDUs that answer this are to carry; never reserved.
    pub target_transfer_tag: TargetTransferTag,
    /// The place among the command's R2T and Data-In PDUs, from zero.
    pub r2t_sn: u32,
    /// Where in the command's data the wanted part starts, in bytes.
    pub buffer_offset: u32,
    /// How many bytes are wanted: at least one, at most MaxBurstLength.
    pub desired_data_transfer_length: u32,
}

impl R2t {
    /// The header. No data follows, and the StatSN is the next one, not advanced.
    #[must_use]
    pub fn encode(&self, numbers: Numbers) -> [u8; BHS] {
        let (lun_high, lun_low) = self.lun.rows();
        let [stat_sn, exp_cmd_sn, max_cmd_sn] = numbers.rows();
        layout::bytes(&[
            [opcode::R2T, FINAL, 0, 0],
            SegmentLength::ZERO.row(0),
            lun_high,
            lun_low,
            self.initiator_task_tag.row(),
            self.target_transfer_tag.row(),
            stat_sn,
            exp_cmd_sn,
            max_cmd_sn,
            self.r2t_sn.to_be_bytes(),
            self.buffer_offset.to_be_bytes(),
            self.desired_data_transfer_length.to_be_bytes(),
        ])
    }

    #[cfg(test)]
    pub(crate) fn parse(bytes: &[u8; BHS]) -> (Self, Numbers) {
        let [
            _,
            _,
            lun_high,
            lun_low,
            task,
            transfer,
            stat,
            expected,
            max,
            rows @ ..,
        ] = layout::rows(bytes);
        let [r2t_sn, buffer_offset, desired] = rows;
        let pdu = Self {
            lun: Lun::from_rows(lun_high, lun_low),
            initiator_task_tag: InitiatorTaskTag::from_row(task),
            target_transfer_tag: TargetTransferTag::from_row(transfer),
            r2t_sn: u32::from_be_bytes(r2t_sn),
            buffer_offset: u32::from_be_bytes(buffer_offset),
            desired_data_transfer_length: u32::from_be_bytes(desired),
        };
        (pdu, Numbers::from_rows(stat, expected, max))
    }
}
