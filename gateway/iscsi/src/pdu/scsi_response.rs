//! SCSI Response (RFC 7143, 11.4).

use super::header::opcode;
use super::layout::{self, BHS, FINAL, RESERVED};
use super::{InitiatorTaskTag, Numbers, Residual, SegmentLength};

const BIDI_OVERFLOW: u8 = 0x10;
const BIDI_UNDERFLOW: u8 = 0x08;
const OVERFLOW: u8 = 0x04;
const UNDERFLOW: u8 = 0x02;

/// Whether the command got through to SCSI (RFC 7143, 11.4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceResponse {
    /// It did, and this is its SCSI status (RFC 7143, 11.4.2; SAM-5, 5.3).
    Completed(u8),
    /// It did not.
    TargetFailure,
}

/// The end of a command. Sense data may follow, after its length in two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScsiResponse {
    /// The command's task.
    pub initiator_task_tag: InitiatorTaskTag,
    /// How it ended.
    pub response: ServiceResponse,
    /// How its data differs from what was expected; that of the write, if bidirectional.
    pub residual: Residual,
    /// For a bidirectional command, how the data read differs.
    pub bidirectional_read_residual: Residual,
    /// How many Data-In and R2T PDUs the target sent for the command.
    pub exp_data_sn: u32,
    /// SenseLength, sense data and response data: two bytes more than the sense data, or none.
    pub data_segment_length: SegmentLength,
}

impl ScsiResponse {
    /// The header.
    #[must_use]
    pub fn encode(&self, numbers: Numbers) -> [u8; BHS] {
        let (residual_flag, residual) = self.residual.encode(OVERFLOW, UNDERFLOW);
        let (read_flag, read_residual) = self
            .bidirectional_read_residual
            .encode(BIDI_OVERFLOW, BIDI_UNDERFLOW);
        let (response, status) = match self.response {
            ServiceResponse::Completed(status) => (0, status),
            ServiceResponse::TargetFailure => (1, 0),
        };
        let flags = FINAL | residual_flag | read_flag;
        let [stat_sn, exp_cmd_sn, max_cmd_sn] = numbers.rows();
        layout::bytes(&[
            [opcode::SCSI_RESPONSE, flags, response, status],
            self.data_segment_length.row(0),
            RESERVED,
            RESERVED,
            self.initiator_task_tag.row(),
            RESERVED, // SNACK Tag: no data was ever resent.
            stat_sn,
            exp_cmd_sn,
            max_cmd_sn,
            self.exp_data_sn.to_be_bytes(),
            read_residual,
            residual,
        ])
    }

    #[cfg(test)]
    pub(crate) fn parse(bytes: &[u8; BHS]) -> (Self, Numbers) {
        let [
            [_, flags, response, status],
            length,
            _,
            _,
            task,
            _,
            rows @ ..,
        ] = layout::rows(bytes);
        let [stat, expected, max, exp_data_sn, read_residual, residual] = rows;
        let pdu = Self {
            initiator_task_tag: InitiatorTaskTag::from_row(task),
            response: match response {
                0 => ServiceResponse::Completed(status),
                _ => ServiceResponse::TargetFailure,
            },
            residual: Residual::decode(flags, OVERFLOW, UNDERFLOW, residual),
            bidirectional_read_residual: Residual::decode(
                flags,
                BIDI_OVERFLOW,
                BIDI_UNDERFLOW,
                read_residual,
            ),
            exp_data_sn: u32::from_be_bytes(exp_data_sn),
            data_segment_length: SegmentLength::from_row(length),
        };
        (pdu, Numbers::from_rows(stat, expected, max))
    }
}
