//! SCSI Command (RFC 7143, 11.3).

use super::header::opcode;
use super::layout::{self, BHS, FINAL, IMMEDIATE, flag};
use super::{InitiatorTaskTag, Lun, SegmentLength};
use crate::serial::{CmdSn, StatSn};

const READ: u8 = 0x40;
const WRITE: u8 = 0x20;

/// How a task is queued (RFC 7143, 11.3.1; SAM-5, 8.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskAttribute {
    /// Untagged: as simple, for an initiator that does not care.
    Untagged,
    /// SIMPLE.
    Simple,
    /// ORDERED.
    Ordered,
    /// HEAD OF QUEUE.
    HeadOfQueue,
    /// ACA.
    Aca,
    /// A reserved value.
    Reserved(u8),
}

impl TaskAttribute {
    const fn from_code(code: u8) -> Self {
        match code & 7 {
            0 => Self::Untagged,
            1 => Self::Simple,
            2 => Self::Ordered,
            3 => Self::HeadOfQueue,
            4 => Self::Aca,
            reserved => Self::Reserved(reserved),
        }
    }

    const fn code(self) -> u8 {
        match self {
            Self::Untagged => 0,
            Self::Simple => 1,
            Self::Ordered => 2,
            Self::HeadOfQueue => 3,
            Self::Aca => 4,
            Self::Reserved(code) => code & 7,
        }
    }
}

/// A command for a logical unit. Immediate data may follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScsiCommand {
    /// The I bit.
    pub immediate: bool,
    /// The F bit: no unsolicited Data-Out PDUs follow this one.
    pub is_final: bool,
    /// The R bit: data is expected to the initiator.
    pub read: bool,
    /// The W bit: data is expected from the initiator. With `read`, the command is bidirectional.
    pub write: bool,
    /// How it is queued.
    pub attribute: TaskAttribute,
    /// The logical unit.
    pub lun: Lun,
    /// The task.
    pub initiator_task_tag: InitiatorTaskTag,
    /// Bytes the initiator expects to move; those of the write, if the command is bidirectional.
    pub expected_data_transfer_length: u32,
    /// The command's number; for immediate delivery, the next command's.
    pub cmd_sn: CmdSn,
    /// The next status the initiator expects.
    pub exp_stat_sn: StatSn,
    /// The first 16 bytes of the CDB. The rest of a longer one is an additional header segment.
    pub cdb: [u8; 16],
}

impl ScsiCommand {
    pub(super) fn parse(bytes: &[u8; BHS]) -> Self {
        let [[first, flags, ..], _, lun_high, lun_low, rows @ ..] = layout::rows(bytes);
        let [task, expected, cmd_sn, exp_stat_sn, cdb @ ..] = rows;
        Self {
            immediate: first & IMMEDIATE != 0,
            is_final: flags & FINAL != 0,
            read: flags & READ != 0,
            write: flags & WRITE != 0,
            attribute: TaskAttribute::from_code(flags),
            lun: Lun::from_rows(lun_high, lun_low),
            initiator_task_tag: InitiatorTaskTag::from_row(task),
            expected_data_transfer_length: u32::from_be_bytes(expected),
            cmd_sn: CmdSn::new(u32::from_be_bytes(cmd_sn)),
            exp_stat_sn: StatSn::new(u32::from_be_bytes(exp_stat_sn)),
            cdb: cdb
                .as_flattened()
                .try_into()
                .expect("four rows of four are 16 bytes"),
        }
    }

    /// The header as an initiator sends it, followed by `data` bytes of immediate data.
    #[must_use]
    pub fn encode(&self, data: SegmentLength) -> [u8; BHS] {
        let (lun_high, lun_low) = self.lun.rows();
        let flags = flag(self.is_final, FINAL)
            | flag(self.read, READ)
            | flag(self.write, WRITE)
            | self.attribute.code();
        let (cdb, _) = self.cdb.as_chunks();
        let [a, b, c, d] = cdb.try_into().expect("16 bytes are four rows of four");
        layout::bytes(&[
            [
                layout::request(opcode::SCSI_COMMAND, self.immediate),
                flags,
                0,
                0,
            ],
            data.row(0),
            lun_high,
            lun_low,
            self.initiator_task_tag.row(),
            self.expected_data_transfer_length.to_be_bytes(),
            self.cmd_sn.get().to_be_bytes(),
            self.exp_stat_sn.get().to_be_bytes(),
            a,
            b,
            c,
            d,
        ])
    }
}
