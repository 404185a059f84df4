//! The basic header segment, RFC 7143 section 11.2: 48 bytes before every message.

use labelgate_wire::{Reader, Truncated};

/// Bytes of a basic header segment.
pub const LENGTH: usize = 48;
/// The reserved tag: "no task", "no transfer".
pub const NO_TAG: u32 = 0xffff_ffff;
/// The F bit (T in a login): the last message of a sequence.
pub const FINAL: u8 = 0x80;

/// Opcodes of section 11.2.1.2 that the floor knows.
pub mod opcode {
    pub const NOP_OUT: u8 = 0x00;
    pub const SCSI_COMMAND: u8 = 0x01;
    pub const TASK_MANAGEMENT: u8 = 0x02;
    pub const LOGIN: u8 = 0x03;
    pub const TEXT: u8 = 0x04;
    pub const DATA_OUT: u8 = 0x05;
    pub const LOGOUT: u8 = 0x06;
    pub const NOP_IN: u8 = 0x20;
    pub const SCSI_RESPONSE: u8 = 0x21;
    pub const TASK_MANAGEMENT_RESPONSE: u8 = 0x22;
    pub const LOGIN_RESPONSE: u8 = 0x23;
    pub const TEXT_RESPONSE: u8 = 0x24;
    pub const DATA_IN: u8 = 0x25;
    pub const LOGOUT_RESPONSE: u8 = 0x26;
    pub const R2T: u8 = 0x31;
}

/// An initiator's header, with the fields that every message has at the same place.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    pub opcode: u8,
    pub immediate: bool,
    pub flags: u8,
    /// Additional header segments, bytes.
    pub ahs_length: usize,
    /// Data segment without its padding, bytes.
    pub data_length: usize,
    /// The logical unit, or ISID and TSIH in a login.
    pub lun: [u8; 8],
    pub initiator_task_tag: u32,
    /// Expected data transfer length of a command, target transfer tag of a Data-Out.
    pub expected_length: u32,
    pub command_number: u32,
    /// The CDB of a command.
    pub cdb: [u8; 16],
}

impl Request {
    /// Decodes `bytes`, of which there must be [`LENGTH`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Truncated> {
        let mut reader = Reader::new(bytes);
        let first = reader.u8()?;
        let flags = reader.u8()?;
        reader.skip(2)?;
        let ahs_words = reader.u8()?;
        let data_length = reader.u24()?;
        let lun = reader.array()?;
        let initiator_task_tag = reader.u32()?;
        let expected_length = reader.u32()?;
        let command_number = reader.u32()?;
        reader.skip(4)?;
        Ok(Self {
            opcode: first & 0x3f,
            immediate: first & 0x40 != 0,
            flags,
            ahs_length: usize::from(ahs_words) * 4,
            data_length: usize::try_from(data_length).unwrap_or(usize::MAX),
            lun,
            initiator_task_tag,
            expected_length,
            command_number,
            cdb: reader.array()?,
        })
    }
}

/// A target's header under construction.
#[derive(Debug, Clone, Copy)]
pub struct Response([u8; LENGTH]);

impl Response {
    /// A header of zeros but for its first two bytes.
    pub const fn new(opcode: u8, flags: u8) -> Self {
        let mut bytes = [0; LENGTH];
        let [first, second, ..] = &mut bytes;
        *first = opcode;
        *second = flags;
        Self(bytes)
    }

    /// Sets the bytes from `offset` on.
    pub fn with<const N: usize>(mut self, offset: usize, value: [u8; N]) -> Self {
        if let Some(field) = self.0.get_mut(offset..offset + N) {
            field.copy_from_slice(&value);
        }
        self
    }

    /// Sets the 32-bit number at `offset`.
    pub fn number(self, offset: usize, value: u32) -> Self {
        self.with(offset, value.to_be_bytes())
    }

    /// Answers the task with this tag.
    pub fn task(self, tag: u32) -> Self {
        self.number(16, tag)
    }

    /// Sets DataSegmentLength (24 bits).
    pub fn data_length(self, length: usize) -> Self {
        let [_, length @ ..] = u32::try_from(length).unwrap_or(0).to_be_bytes();
        self.with(5, length)
    }

    /// The header's bytes.
    pub const fn bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }
}
