//! Text Response (RFC 7143, 11.11).

use super::header::opcode;
use super::layout::{self, BHS, FINAL, RESERVED, flag};
use super::{InitiatorTaskTag, Lun, Numbers, SegmentLength, TargetTransferTag};

const CONTINUE: u8 = 0x40;

/// The answer to a text request, followed by text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextResponse {
    /// The F bit: the exchange is over.
    pub is_final: bool,
    /// The C bit: the text goes on in the next response.
    pub continued: bool,
    /// The request's task.
    pub initiator_task_tag: InitiatorTaskTag,
    /// What the next request is to carry; [`TargetTransferTag::RESERVED`] if there is none to come.
    pub target_transfer_tag: TargetTransferTag,
    /// The text that follows.
    pub data_segment_length: SegmentLength,
}

impl TextResponse {
    /// The header.
    #[must_use]
    pub fn encode(&self, numbers: Numbers) -> [u8; BHS] {
        let flags = flag(self.is_final, FINAL) | flag(self.continued, CONTINUE);
        // Text is about no logical unit; zero is a valid LUN for the initiator to copy.
        let (lun_high, lun_low) = Lun::ZERO.rows();
        let [stat_sn, exp_cmd_sn, max_cmd_sn] = numbers.rows();
        layout::bytes(&[
            [opcode::TEXT_RESPONSE, flags, 0, 0],
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
            [_, flags, ..],
            length,
            _,
            _,
            task,
            transfer,
            stat,
            expected,
            max,
            ..,
        ] = layout::rows(bytes);
        let pdu = Self {
            is_final: flags & FINAL != 0,
            continued: flags & CONTINUE != 0,
            initiator_task_tag: InitiatorTaskTag::from_row(task),
            target_transfer_tag: TargetTransferTag::from_row(transfer),
            data_segment_length: SegmentLength::from_row(length),
        };
        (pdu, Numbers::from_rows(stat, expected, max))
    }
}
