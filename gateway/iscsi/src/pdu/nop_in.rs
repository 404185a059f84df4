//! NOP-In (RFC 7143, 11.19).

use super::header::opcode;
use super::layout::{self, BHS, FINAL, RESERVED};
use super::{InitiatorTaskTag, Lun, Numbers, SegmentLength, TargetTransferTag};

/// The answer to a ping, a ping of the target's own, or merely news of the command window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NopIn {
    /// A valid LUN when there is a transfer tag; otherwise reserved.
    pub lun: Lun,
    /// The ping this answers; [`InitiatorTaskTag::RESERVED`] if the target sends on its own, and
    /// then the StatSN is not advanced.
    pub initiator_task_tag: InitiatorTaskTag,
    /// What the initiator's answer is to carry; [`TargetTransferTag::RESERVED`] if none is wanted.
    pub target_transfer_tag: TargetTransferTag,
    /// The ping data that follows: the initiator's own.
    pub data_segment_length: SegmentLength,
}

impl NopIn {
    /// The header.
    #[must_use]
    pub fn encode(&self, numbers: Numbers) -> [u8; BHS] {
        let (lun_high, lun_low) = self.lun.rows();
        let [stat_sn, exp_cmd_sn, max_cmd_sn] = numbers.rows();
        layout::bytes(&[
            [opcode::NOP_IN, FINAL, 0, 0],
            self.data_segment_length.row(0),
            lun_high,
            lun_low,
            self.initiator_task_tag.row(),
            self.target_transfer_tag.row(),
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
        let [
            _,
            length,
            lun_high,
            lun_low,
            task,
            transfer,
            stat,
            expected,
            max,
            ..,
        ] = layout::rows(bytes);
        let pdu = Self {
            lun: Lun::from_rows(lun_high, lun_low),
            initiator_task_tag: InitiatorTaskTag::from_row(task),
            target_transfer_tag: TargetTransferTag::from_row(transfer),
            data_segment_length: SegmentLength::from_row(length),
        };
        (pdu, Numbers::from_rows(stat, expected, max))
    }
}
