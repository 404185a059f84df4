//! SCSI Data-In (RFC 7143, 11.7).

use super::header::opcode;
use super::layout::{self, BHS, FINAL, RESERVED};
use super::{InitiatorTaskTag, Lun, Numbers, Residual, SegmentLength, TargetTransferTag};

const OVERFLOW: u8 = 0x04;
const UNDERFLOW: u8 = 0x02;
const STATUS: u8 = 0x01;

/// Where in its sequence a Data-In stands: its F and S bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sequence {
    /// More of the sequence follows.
    Continues,
    /// The last of a sequence of at most MaxBurstLength bytes.
    Ends,
    /// The last of the command's data, and the command's status with it: no SCSI Response follows.
    EndsWithStatus {
        /// A SCSI status that has no sense data with it.
        status: u8,
        /// How the data differs from what was expected.
        residual: Residual,
    },
}

/// Data for the initiator. The A bit is never set: it belongs to error recovery level 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataIn {
    /// Where in its sequence it stands.
    pub sequence: Sequence,
    /// The read's task.
    pub initiator_task_tag: InitiatorTaskTag,
    /// The place among the command's Data-In and R2T PDUs, from zero.
    pub data_sn: u32,
    /// Where in the command's data it starts, in bytes.
    pub buffer_offset: u32,
    /// The data that follows.
    pub data_segment_length: SegmentLength,
}

impl DataIn {
    /// The header. The StatSN counts only when there is a status.
    #[must_use]
    pub fn encode(&self, numbers: Numbers) -> [u8; BHS] {
        let [stat_sn, exp_cmd_sn, max_cmd_sn] = numbers.rows();
        let (flags, status, stat_sn, residual) = match self.sequence {
            Sequence::Continues => (0, 0, RESERVED, RESERVED),
            Sequence::Ends => (FINAL, 0, RESERVED, RESERVED),
            Sequence::EndsWithStatus { status, residual } => {
                let (flag, count) = residual.encode(OVERFLOW, UNDERFLOW);
                (FINAL | STATUS | flag, status, stat_sn, count)
            }
        };
        // Transfer tag and LUN are valid only with the A bit (11.7.4), which is never set.
        let (lun_high, lun_low) = Lun::ZERO.rows();
        layout::bytes(&[
            [opcode::DATA_IN, flags, 0, status],
            self.data_segment_length.row(0),
            lun_high,
            lun_low,
            self.initiator_task_tag.row(),
            TargetTransferTag::RESERVED.row(),
            stat_sn,
            exp_cmd_sn,
            max_cmd_sn,
            self.data_sn.to_be_bytes(),
            self.buffer_offset.to_be_bytes(),
            residual,
        ])
    }

    #[cfg(test)]
    pub(crate) fn parse(bytes: &[u8; BHS]) -> (Self, Numbers) {
        let [[_, flags, _, status], length, _, _, task, _, rows @ ..] = layout::rows(bytes);
        let [stat, expected, max, data_sn, buffer_offset, residual] = rows;
        let sequence = match (flags & FINAL != 0, flags & STATUS != 0) {
            (_, true) => Sequence::EndsWithStatus {
                status,
                residual: Residual::decode(flags, OVERFLOW, UNDERFLOW, residual),
            },
            (true, false) => Sequence::Ends,
            (false, false) => Sequence::Continues,
        };
        let pdu = Self {
            sequence,
            initiator_task_tag: InitiatorTaskTag::from_row(task),
            data_sn: u32::from_be_bytes(data_sn),
            buffer_offset: u32::from_be_bytes(buffer_offset),
            data_segment_length: SegmentLength::from_row(length),
        };
        (pdu, Numbers::from_rows(stat, expected, max))
    }
}
