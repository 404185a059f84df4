//! Commands, parsed.

mod decode;
mod table;

use table::lookup;
pub(crate) use table::{Definition, Provisioning, TABLE};

use crate::Sense;
use crate::reservations::{InAction, OutAction};

/// Blocks to be moved, compared or looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// The first block.
    pub lba: u64,
    /// How many blocks. What zero means is the command's affair.
    pub blocks: u32,
    /// Force unit access: FUA, or FUA_NV of older initiators.
    pub fua: bool,
}

/// What VERIFY compares (BYTCHK).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteCheck {
    /// 00b: nothing; the blocks must be readable.
    Readable,
    /// 01b: each block with its block of data-out.
    Data,
    /// 11b: each block with the one block of data-out.
    Pattern,
}

/// The PC field of MODE SENSE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageControl {
    /// 00b: current values.
    Current,
    /// 01b: a mask of what MODE SELECT can change.
    Changeable,
    /// 10b: default values.
    Default,
    /// 11b: saved values.
    Saved,
}

/// MODE SENSE or MODE SELECT, the form with 6 or with 10 bytes: their headers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModeForm {
    /// 6-byte CDB, 4-byte header.
    Six,
    /// 10-byte CDB, 8-byte header.
    Ten,
}

/// READ DEFECT DATA, the form with 10 or with 12 bytes: their headers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefectForm {
    /// 10-byte CDB, 4-byte header.
    Ten,
    /// 12-byte CDB, 8-byte header.
    Twelve,
}

/// What REPORT SUPPORTED OPERATION CODES asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportedOpcodes {
    /// 000b: all commands.
    All,
    /// 001b: one command that has no service actions.
    Opcode(u8),
    /// 010b: one command that has service actions.
    ServiceAction(u8, u16),
    /// 011b: one command of either kind.
    Either(u8, u16),
}

/// A command descriptor block, parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// TEST UNIT READY.
    TestUnitReady,
    /// REQUEST SENSE.
    RequestSense {
        /// DESC: the answer is in descriptor format.
        descriptor: bool,
        /// ALLOCATION LENGTH.
        allocation: u8,
    },
    /// INQUIRY.
    Inquiry {
        /// EVPD: a page of vital product data is asked for.
        evpd: bool,
        /// PAGE CODE.
        page: u8,
        /// ALLOCATION LENGTH.
        allocation: u16,
    },
    /// MODE SELECT(6) and (10).
    ModeSelect {
        /// Which of the two.
        form: ModeForm,
        /// PF: the list has mode pages.
        page_format: bool,
        /// PARAMETER LIST LENGTH.
        length: u16,
    },
    /// MODE SENSE(6) and (10).
    ModeSense {
        /// Which of the two.
        form: ModeForm,
        /// LLBAA: the block descriptor may be a long one.
        long_lba: bool,
        /// DBD: no block descriptor.
        no_descriptor: bool,
        /// PC.
        control: PageControl,
        /// PAGE CODE; 3Fh is all.
        page: u8,
        /// SUBPAGE CODE; FFh is all.
        subpage: u8,
        /// ALLOCATION LENGTH.
        allocation: u16,
    },
    /// START STOP UNIT, without power conditions and without ejecting.
    StartStop {
        /// START; otherwise stop.
        start: bool,
        /// NO_FLUSH: what is cached may be left there.
        no_flush: bool,
    },
    /// READ CAPACITY(10).
    ReadCapacity10,
    /// READ CAPACITY(16).
    ReadCapacity16 {
        /// ALLOCATION LENGTH.
        allocation: u32,
    },
    /// READ(6), (10), (12) and (16).
    Read(Transfer),
    /// WRITE(6), (10), (12) and (16).
    Write(Transfer),
    /// WRITE AND VERIFY(10), (12) and (16).
    WriteVerify(Transfer),
    /// VERIFY(10), (12) and (16).
    Verify {
        /// Which blocks.
        transfer: Transfer,
        /// BYTCHK.
        check: ByteCheck,
    },
    /// WRITE SAME(10) and (16).
    WriteSame {
        /// Which blocks.
        transfer: Transfer,
        /// UNMAP: their space may be given back.
        unmap: bool,
        /// NDOB: no data-out, zeros instead.
        no_data_out: bool,
    },
    /// COMPARE AND WRITE.
    CompareAndWrite(Transfer),
    /// ORWRITE(16).
    OrWrite(Transfer),
    /// READ DEFECT DATA(10) and (12).
    ReadDefects {
        /// Which of the two.
        form: DefectForm,
        /// REQ_PLIST, REQ_GLIST and DEFECT LIST FORMAT, as in the byte that they share.
        lists: u8,
        /// ALLOCATION LENGTH.
        allocation: u32,
    },
    /// SYNCHRONIZE CACHE(10) and (16).
    SynchronizeCache {
        /// Which blocks; zero blocks are all from the first on.
        transfer: Transfer,
        /// IMMED.
        immediate: bool,
    },
    /// PRE-FETCH(10) and (16).
    Prefetch {
        /// Which blocks; zero blocks are all from the first on.
        transfer: Transfer,
        /// IMMED.
        immediate: bool,
    },
    /// UNMAP.
    Unmap {
        /// PARAMETER LIST LENGTH.
        length: u16,
    },
    /// GET LBA STATUS.
    GetLbaStatus {
        /// The first block.
        lba: u64,
        /// ALLOCATION LENGTH.
        allocation: u32,
    },
    /// REPORT LUNS.
    ReportLuns {
        /// SELECT REPORT.
        select: u8,
        /// ALLOCATION LENGTH.
        allocation: u32,
    },
    /// REPORT SUPPORTED OPERATION CODES.
    ReportSupportedOpcodes {
        /// REPORTING OPTIONS and what they refer to.
        what: ReportedOpcodes,
        /// RCTD: with command timeouts descriptors.
        timeouts: bool,
        /// ALLOCATION LENGTH.
        allocation: u32,
    },
    /// REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS.
    ReportSupportedTaskManagement {
        /// REPD: the extended form.
        extended: bool,
        /// ALLOCATION LENGTH.
        allocation: u32,
    },
    /// RESERVE(6), of the whole unit and for the sender.
    Reserve,
    /// RELEASE(6).
    Release,
    /// PERSISTENT RESERVE IN.
    PersistentReserveIn {
        /// SERVICE ACTION.
        action: InAction,
        /// ALLOCATION LENGTH.
        allocation: u16,
    },
    /// PERSISTENT RESERVE OUT.
    PersistentReserveOut {
        /// SERVICE ACTION.
        action: OutAction,
        /// SCOPE and TYPE, which some service actions have no use for.
        scope_and_type: u8,
        /// PARAMETER LIST LENGTH.
        length: u32,
    },
}

impl Command {
    /// Parses a CDB. Transports pad short ones with zeros; what follows the command's own length
    /// is not looked at.
    ///
    /// # Errors
    ///
    /// Always the initiator's fault, for CHECK CONDITION: INVALID COMMAND OPERATION CODE, or
    /// INVALID FIELD IN CDB with a pointer to the field (an unknown service action, a bit that
    /// is not in the command's usage data, a reserved value).
    pub fn parse(cdb: &[u8; 16]) -> Result<Self, Sense> {
        let definition = lookup(cdb)?;
        definition.check(cdb)?;
        (definition.decode)(cdb)
    }
}
