//! What every Basic Header Segment has (RFC 7143, 11.2.1).

use super::layout::{BHS, FINAL, IMMEDIATE, rows};
use super::{InitiatorTaskTag, Lun, SegmentLength};

/// Opcodes (RFC 7143, 11.2.1.2).
pub mod opcode {
    /// NOP-Out.
    pub const NOP_OUT: u8 = 0x00;
    /// SCSI Command.
    pub const SCSI_COMMAND: u8 = 0x01;
    /// SCSI Task Management Function Request.
    pub const TASK_MANAGEMENT: u8 = 0x02;
    /// Login Request.
    pub const LOGIN: u8 = 0x03;
    /// Text Request.
    pub const TEXT: u8 = 0x04;
    /// SCSI Data-Out.
    pub const DATA_OUT: u8 = 0x05;
    /// Logout Request.
    pub const LOGOUT: u8 = 0x06;
    /// SNACK Request.
    pub const SNACK: u8 = 0x10;
    /// NOP-In.
    pub const NOP_IN: u8 = 0x20;
    /// SCSI Response.
    pub const SCSI_RESPONSE: u8 = 0x21;
    /// SCSI Task Management Function Response.
    pub const TASK_MANAGEMENT_RESPONSE: u8 = 0x22;
    /// Login Response.
    pub const LOGIN_RESPONSE: u8 = 0x23;
    /// Text Response.
    pub const TEXT_RESPONSE: u8 = 0x24;
    /// SCSI Data-In.
    pub const DATA_IN: u8 = 0x25;
    /// Logout Response.
    pub const LOGOUT_RESPONSE: u8 = 0x26;
    /// Ready To Transfer.
    pub const R2T: u8 = 0x31;
    /// Asynchronous Message.
    pub const ASYNC_MESSAGE: u8 = 0x32;
    /// Reject.
    pub const REJECT: u8 = 0x3f;
}

/// What every PDU has: enough to receive the rest of it and to answer it with a Reject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The six bits of the opcode, see [`opcode`].
    pub opcode: u8,
    /// The I bit: the request is for immediate delivery and takes no CmdSN.
    pub immediate: bool,
    /// The F bit. In some PDUs it is called T, in others it is always set.
    pub is_final: bool,
    /// TotalAHSLength, in 4-byte words.
    pub ahs_words: u8,
    /// DataSegmentLength.
    pub data_segment_length: SegmentLength,
    /// The LUN, in the PDUs that have one.
    pub lun: Lun,
    /// The Initiator Task Tag.
    pub initiator_task_tag: InitiatorTaskTag,
}

impl Header {
    /// Reads a header. Every 48 bytes are one.
    #[must_use]
    pub fn parse(bytes: &[u8; BHS]) -> Self {
        let [[first, second, _, _], lengths, lun_high, lun_low, task, ..] = rows(bytes);
        let [ahs_words, ..] = lengths;
        Self {
            opcode: first & 0x3f,
            immediate: first & IMMEDIATE != 0,
            is_final: second & FINAL != 0,
            ahs_words,
            data_segment_length: SegmentLength::from_row(lengths),
            lun: Lun::from_rows(lun_high, lun_low),
            initiator_task_tag: InitiatorTaskTag::from_row(task),
        }
    }

    /// How many bytes of additional header segments follow, at most 1020.
    #[must_use]
    pub fn ahs_length(&self) -> usize {
        usize::from(self.ahs_words) * 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_says_what_follows_it() {
        let mut bytes = [0; BHS];
        bytes[..20].copy_from_slice(&[
            0x41, 0x80, 0, 0, 2, 0x01, 0x02, 0x03, 0, 9, 0, 0, 0, 0, 0, 0, 0xde, 0xad, 0xbe, 0xef,
        ]);

        let header = Header::parse(&bytes);

        assert_eq!(header.opcode, opcode::SCSI_COMMAND);
        assert!(header.immediate && header.is_final);
        assert_eq!(header.ahs_length(), 8);
        assert_eq!(header.data_segment_length.get(), 0x01_0203);
        assert_eq!(header.lun.number(), Some(9));
        assert_eq!(header.initiator_task_tag, InitiatorTaskTag(0xdead_beef));
    }

    #[test]
    fn bit_7_of_the_first_byte_is_reserved_and_ignored() {
        let mut bytes = [0; BHS];
        bytes[0] = 0x83;
        assert_eq!(Header::parse(&bytes).opcode, opcode::LOGIN);
        assert!(!Header::parse(&bytes).immediate);
    }
}
