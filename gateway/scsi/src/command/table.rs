//! The one table of commands: the parser accepts what it says, and REPORT SUPPORTED OPERATION
//! CODES reports what it says.

use super::{Command, decode};
use crate::Sense;

/// A CDB as transports hand it in, padded with zeros.
pub(crate) type Cdb = [u8; 16];

/// Whether a command, or one bit of it, is there only for units that discard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provisioning {
    /// Any unit has it.
    Any,
    /// The whole command.
    Command,
    /// The UNMAP bit, bit 3 of byte 1.
    UnmapBit,
}

/// One command.
#[derive(Debug)]
pub(crate) struct Definition {
    /// CDB USAGE DATA (SPC-4 6.35.3): the operation code, the service action where there is one,
    /// and otherwise a one for each bit that is looked at. A CDB with any other bit set is
    /// refused. As long as the CDB.
    pub(crate) usage: &'static [u8],
    /// Whether byte 1 has a service action.
    pub(crate) service_action: bool,
    /// What depends on the unit.
    pub(crate) provisioning: Provisioning,
    /// Reads the fields of a checked CDB.
    pub(crate) decode: fn(&Cdb) -> Result<Command, Sense>,
}

const SERVICE_ACTION: u8 = 0x1f;
const OPERATION_CODE_BYTE: usize = 0;
const SERVICE_ACTION_BYTE: usize = 1;

impl Definition {
    /// The operation code.
    pub(crate) fn opcode(&self) -> u8 {
        self.usage.first().copied().unwrap_or_default()
    }

    /// The service action, if it has one.
    pub(crate) fn action(&self) -> Option<u8> {
        let byte = self.usage.get(SERVICE_ACTION_BYTE)?;
        self.service_action.then_some(byte & SERVICE_ACTION)
    }

    /// The bits of byte `at` that a CDB may have set.
    fn mask(&self, at: usize, usage: u8) -> u8 {
        match at {
            OPERATION_CODE_BYTE => 0xff,
            SERVICE_ACTION_BYTE if self.service_action => usage | SERVICE_ACTION,
            _ => usage,
        }
    }

    /// Refuses a CDB with a bit set that the command has no use for, reserved and protection
    /// fields above all: RDPROTECT and WRPROTECT must be zero where there is no protection
    /// information (SBC-3 4.22), and NACA where NORMACA is zero (SAM-5 5.2).
    pub(crate) fn check(&self, cdb: &Cdb) -> Result<(), Sense> {
        for ((at, byte), usage) in (0..).zip(cdb).zip(self.usage) {
            let surplus = byte & !self.mask(usize::from(at), *usage);
            if let Some(bit) = surplus.checked_ilog2() {
                return Err(Sense::invalid_field(at, u8::try_from(bit).ok()));
            }
        }
        Ok(())
    }
}

/// The definition of a CDB's command.
pub(crate) fn lookup(cdb: &Cdb) -> Result<&'static Definition, Sense> {
    let [opcode, second, ..] = *cdb;
    let mut known = false;
    for definition in TABLE.iter().filter(|one| one.opcode() == opcode) {
        known = true;
        if definition
            .action()
            .is_none_or(|action| action == second & SERVICE_ACTION)
        {
            return Ok(definition);
        }
    }
    Err(if known {
        Sense::invalid_field(1, Some(4))
    } else {
        Sense::INVALID_OPERATION_CODE
    })
}

/// A command that any unit has.
const fn plain(usage: &'static [u8], decode: fn(&Cdb) -> Result<Command, Sense>) -> Definition {
    Definition {
        usage,
        service_action: false,
        provisioning: Provisioning::Any,
        decode,
    }
}

/// A service action that any unit has.
const fn action(usage: &'static [u8], decode: fn(&Cdb) -> Result<Command, Sense>) -> Definition {
    Definition {
        service_action: true,
        ..plain(usage, decode)
    }
}

/// One of which something depends on whether the unit discards.
const fn thin(
    provisioning: Provisioning,
    usage: &'static [u8],
    decode: fn(&Cdb) -> Result<Command, Sense>,
) -> Definition {
    Definition {
        provisioning,
        ..plain(usage, decode)
    }
}

/// DPO, FUA, and SBC-2's FUA_NV, which is obeyed as FUA.
const CACHING: u8 = 0x1a;
/// DPO and BYTCHK of VERIFY.
const CHECKING: u8 = 0x16;
/// DPO and the BYTCHK bit of WRITE AND VERIFY.
const CHECKING_WRITE: u8 = 0x12;
/// SYNC_NV (SBC-2) and IMMED.
const SYNCHRONIZING: u8 = 0x06;
/// GROUP NUMBER is accepted and has no effect.
const GROUP: u8 = 0x3f;
const X: u8 = 0xff;

/// All commands, in order of operation code and service action.
#[rustfmt::skip]
pub(crate) static TABLE: &[Definition] = &[
    // TEST UNIT READY, REQUEST SENSE
    plain(&[0x00, 0, 0, 0, 0, 0], decode::test_unit_ready),
    plain(&[0x03, 0x01, 0, 0, X, 0], decode::request_sense),
    // READ(6), WRITE(6)
    plain(&[0x08, 0x1f, X, X, X, 0], decode::read_6),
    plain(&[0x0a, 0x1f, X, X, X, 0], decode::write_6),
    // INQUIRY, MODE SELECT(6), RESERVE(6), RELEASE(6), MODE SENSE(6), START STOP UNIT
    plain(&[0x12, 0x01, X, X, X, 0], decode::inquiry),
    plain(&[0x15, 0x10, 0, 0, X, 0], decode::mode_select_6),
    plain(&[0x16, 0, 0, 0, 0, 0], decode::reserve_6),
    plain(&[0x17, 0, 0, 0, 0, 0], decode::release_6),
    plain(&[0x1a, 0x08, X, X, X, 0], decode::mode_sense_6),
    plain(&[0x1b, 0x01, 0, 0, 0x05, 0], decode::start_stop),
    // READ CAPACITY(10)
    plain(&[0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0], decode::read_capacity_10),
    // READ(10), WRITE(10), WRITE AND VERIFY(10), VERIFY(10)
    plain(&[0x28, CACHING, X, X, X, X, GROUP, X, X, 0], decode::read_10),
    plain(&[0x2a, CACHING, X, X, X, X, GROUP, X, X, 0], decode::write_10),
    plain(&[0x2e, CHECKING_WRITE, X, X, X, X, GROUP, X, X, 0], decode::write_verify_10),
    plain(&[0x2f, CHECKING, X, X, X, X, GROUP, X, X, 0], decode::verify_10),
    // PRE-FETCH(10), SYNCHRONIZE CACHE(10)
    plain(&[0x34, 0x02, X, X, X, X, GROUP, X, X, 0], decode::prefetch_10),
    plain(&[0x35, SYNCHRONIZING, X, X, X, X, GROUP, X, X, 0], decode::synchronize_10),
    // READ DEFECT DATA(10)
    plain(&[0x37, 0, 0x1f, 0, 0, 0, 0, X, X, 0], decode::read_defects_10),
    // WRITE SAME(10), UNMAP
    thin(Provisioning::UnmapBit, &[0x41, 0x08, X, X, X, X, GROUP, X, X, 0], decode::write_same_10),
    thin(Provisioning::Command, &[0x42, 0, 0, 0, 0, 0, GROUP, X, X, 0], decode::unmap),
    // MODE SELECT(10), MODE SENSE(10)
    plain(&[0x55, 0x10, 0, 0, 0, 0, 0, X, X, 0], decode::mode_select_10),
    plain(&[0x5a, 0x18, X, X, 0, 0, 0, X, X, 0], decode::mode_sense_10),
    // PERSISTENT RESERVE IN: READ KEYS, READ RESERVATION, REPORT CAPABILITIES, READ FULL STATUS
    action(&[0x5e, 0x00, 0, 0, 0, 0, 0, X, X, 0], decode::persistent_reserve_in),
    action(&[0x5e, 0x01, 0, 0, 0, 0, 0, X, X, 0], decode::persistent_reserve_in),
    action(&[0x5e, 0x02, 0, 0, 0, 0, 0, X, X, 0], decode::persistent_reserve_in),
    action(&[0x5e, 0x03, 0, 0, 0, 0, 0, X, X, 0], decode::persistent_reserve_in),
    // PERSISTENT RESERVE OUT: REGISTER, RESERVE, RELEASE, CLEAR, PREEMPT, PREEMPT AND ABORT,
    // REGISTER AND IGNORE EXISTING KEY, REGISTER AND MOVE
    action(&[0x5f, 0x00, X, 0, 0, X, X, X, X, 0], decode::persistent_reserve_out),
    action(&[0x5f, 0x01, X, 0, 0, X, X, X, X, 0], decode::persistent_reserve_out),
    action(&[0x5f, 0x02, X, 0, 0, X, X, X, X, 0], decode::persistent_reserve_out),
    action(&[0x5f, 0x03, X, 0, 0, X, X, X, X, 0], decode::persistent_reserve_out),
    action(&[0x5f, 0x04, X, 0, 0, X, X, X, X, 0], decode::persistent_reserve_out),
    action(&[0x5f, 0x05, X, 0, 0, X, X, X, X, 0], decode::persistent_reserve_out),
    action(&[0x5f, 0x06, X, 0, 0, X, X, X, X, 0], decode::persistent_reserve_out),
    action(&[0x5f, 0x07, X, 0, 0, X, X, X, X, 0], decode::persistent_reserve_out),
    // READ(16), COMPARE AND WRITE, WRITE(16), ORWRITE(16), WRITE AND VERIFY(16), VERIFY(16)
    plain(&[0x88, CACHING, X, X, X, X, X, X, X, X, X, X, X, X, GROUP, 0], decode::read_16),
    plain(&[0x89, CACHING, X, X, X, X, X, X, X, X, 0, 0, 0, X, GROUP, 0], decode::compare_and_write),
    plain(&[0x8a, CACHING, X, X, X, X, X, X, X, X, X, X, X, X, GROUP, 0], decode::write_16),
    plain(&[0x8b, CACHING, X, X, X, X, X, X, X, X, X, X, X, X, GROUP, 0], decode::or_write),
    plain(&[0x8e, CHECKING_WRITE, X, X, X, X, X, X, X, X, X, X, X, X, GROUP, 0], decode::write_verify_16),
    plain(&[0x8f, CHECKING, X, X, X, X, X, X, X, X, X, X, X, X, GROUP, 0], decode::verify_16),
    // PRE-FETCH(16), SYNCHRONIZE CACHE(16)
    plain(&[0x90, 0x02, X, X, X, X, X, X, X, X, X, X, X, X, GROUP, 0], decode::prefetch_16),
    plain(&[0x91, SYNCHRONIZING, X, X, X, X, X, X, X, X, X, X, X, X, GROUP, 0], decode::synchronize_16),
    // WRITE SAME(16)
    thin(Provisioning::UnmapBit, &[0x93, 0x09, X, X, X, X, X, X, X, X, X, X, X, X, GROUP, 0], decode::write_same_16),
    // SERVICE ACTION IN(16): READ CAPACITY(16), GET LBA STATUS
    action(&[0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, X, X, X, X, 0, 0], decode::read_capacity_16),
    action(&[0x9e, 0x12, X, X, X, X, X, X, X, X, X, X, X, X, 0, 0], decode::get_lba_status),
    // REPORT LUNS
    plain(&[0xa0, 0, X, 0, 0, 0, X, X, X, X, 0, 0], decode::report_luns),
    // MAINTENANCE IN: REPORT SUPPORTED OPERATION CODES, ... TASK MANAGEMENT FUNCTIONS
    action(&[0xa3, 0x0c, 0x87, X, X, X, X, X, X, X, 0, 0], decode::report_supported_opcodes),
    action(&[0xa3, 0x0d, 0x80, 0, 0, 0, X, X, X, X, 0, 0], decode::report_supported_task_management),
    // READ(12), WRITE(12), WRITE AND VERIFY(12), VERIFY(12)
    plain(&[0xa8, CACHING, X, X, X, X, X, X, X, X, GROUP, 0], decode::read_12),
    plain(&[0xaa, CACHING, X, X, X, X, X, X, X, X, GROUP, 0], decode::write_12),
    plain(&[0xae, CHECKING_WRITE, X, X, X, X, X, X, X, X, GROUP, 0], decode::write_verify_12),
    plain(&[0xaf, CHECKING, X, X, X, X, X, X, X, X, GROUP, 0], decode::verify_12),
    // READ DEFECT DATA(12)
    plain(&[0xb7, 0x1f, X, X, X, X, X, X, X, X, 0, 0], decode::read_defects_12),
];
