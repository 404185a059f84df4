//! Reject (RFC 7143, 11.17).

use super::header::opcode;
use super::layout::{self, BHS, FINAL, RESERVED};
use super::{InitiatorTaskTag, Numbers, SegmentLength};

/// Why a PDU is rejected (RFC 7143, 11.17.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum RejectReason {
    /// Data (payload) digest error. The initiator may send the original PDU again.
    DataDigestError = 0x02,
    /// SNACK reject.
    SnackReject = 0x03,
    /// Protocol error, such as a SNACK for a status already acknowledged.
    ProtocolError = 0x04,
    /// Command not supported.
    CommandNotSupported = 0x05,
    /// Immediate command reject: too many immediate commands.
    TooManyImmediateCommands = 0x06,
    /// Task in progress.
    TaskInProgress = 0x07,
    /// Invalid data ack.
    InvalidDataAck = 0x08,
    /// Invalid PDU field.
    InvalidPduField = 0x09,
    /// Long operation reject: cannot generate a target transfer tag, out of resources.
    LongOperationReject = 0x0a,
    /// Waiting for logout.
    WaitingForLogout = 0x0c,
}

/// A PDU is refused. The refused header follows as data, with its digest left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reject {
    /// Why.
    pub reason: RejectReason,
    /// The next Data-In or R2T of the task, when one's Data-Out or SNACK is refused; otherwise zero.
    pub data_sn: u32,
    /// The refused header: 48 bytes, and its additional header segments if any.
    pub data_segment_length: SegmentLength,
}

impl Reject {
    /// The refusal of a PDU that had no additional header segments worth showing.
    #[must_use]
    pub const fn new(reason: RejectReason) -> Self {
        Self {
            reason,
            data_sn: 0,
            data_segment_length: SegmentLength::BHS,
        }
    }

    /// The header.
    #[must_use]
    pub fn encode(&self, numbers: Numbers) -> [u8; BHS] {
        let [stat_sn, exp_cmd_sn, max_cmd_sn] = numbers.rows();
        layout::bytes(&[
            [opcode::REJECT, FINAL, self.reason as u8, 0],
            self.data_segment_length.row(0),
            RESERVED,
            RESERVED,
            InitiatorTaskTag::RESERVED.row(),
            RESERVED,
            stat_sn,
            exp_cmd_sn,
            max_cmd_sn,
            self.data_sn.to_be_bytes(),
            RESERVED,
            RESERVED,
        ])
    }

    #[cfg(test)]
    pub(crate) fn parse(bytes: &[u8; BHS]) -> (Self, Numbers) {
        let [
            [_, _, code, _],
            length,
            _,
            _,
            _,
            _,
            stat,
            expected,
            max,
            data_sn,
            ..,
        ] = layout::rows(bytes);
        let reasons = [
            RejectReason::DataDigestError,
            RejectReason::SnackReject,
            RejectReason::CommandNotSupported,
            RejectReason::TooManyImmediateCommands,
            RejectReason::TaskInProgress,
            RejectReason::InvalidDataAck,
            RejectReason::InvalidPduField,
            RejectReason::LongOperationReject,
            RejectReason::WaitingForLogout,
        ];
        let known = reasons.into_iter().find(|&reason| reason as u8 == code);
        let pdu = Self {
            reason: known.unwrap_or(RejectReason::ProtocolError),
            data_sn: u32::from_be_bytes(data_sn),
            data_segment_length: SegmentLength::from_row(length),
        };
        (pdu, Numbers::from_rows(stat, expected, max))
    }
}
