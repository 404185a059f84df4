//! From the bytes of a checked CDB to a [`Command`]: SPC-4 chapter 6, SBC-3 chapter 5.

use super::table::Cdb;
use super::{ByteCheck, Command, DefectForm, ModeForm, PageControl, ReportedOpcodes, Transfer};
use crate::Sense;
use crate::reservations::{InAction, OutAction};

type Decoded = Result<Command, Sense>;

/// FUA, or FUA_NV: "to nonvolatile cache, volatile cache not enough" is what FUA gives as well.
const FORCE_ACCESS: u8 = 0x08 | 0x02;

/// LBA and length of READ(6) and WRITE(6). "A TRANSFER LENGTH field set to zero specifies that
/// 256 logical blocks shall be read" (SBC-3 5.10).
fn short(cdb: &Cdb) -> Transfer {
    let [_, a, b, c, length, ..] = *cdb;
    Transfer {
        lba: u64::from(u32::from_be_bytes([0, a & 0x1f, b, c])),
        blocks: if length == 0 { 256 } else { u32::from(length) },
        fua: false,
    }
}

/// LBA and length as in READ(10).
fn ten(cdb: &Cdb) -> Transfer {
    let [_, flags, a, b, c, d, _, high, low, ..] = *cdb;
    Transfer {
        lba: u64::from(u32::from_be_bytes([a, b, c, d])),
        blocks: u32::from(u16::from_be_bytes([high, low])),
        fua: flags & FORCE_ACCESS != 0,
    }
}

/// LBA and length as in READ(12).
fn twelve(cdb: &Cdb) -> Transfer {
    let [_, flags, a, b, c, d, e, f, g, h, ..] = *cdb;
    Transfer {
        lba: u64::from(u32::from_be_bytes([a, b, c, d])),
        blocks: u32::from_be_bytes([e, f, g, h]),
        fua: flags & FORCE_ACCESS != 0,
    }
}

/// LBA and length as in READ(16).
fn sixteen(cdb: &Cdb) -> Transfer {
    let [_, flags, ..] = *cdb;
    Transfer {
        lba: long_lba(cdb),
        blocks: long_length(cdb),
        fua: flags & FORCE_ACCESS != 0,
    }
}

/// Bytes 2 to 9.
const fn long_lba(cdb: &Cdb) -> u64 {
    let [_, _, a, b, c, d, e, f, g, h, ..] = *cdb;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Bytes 10 to 13: a transfer or allocation length of 16-byte CDBs.
const fn long_length(cdb: &Cdb) -> u32 {
    let [.., a, b, c, d, _, _] = *cdb;
    u32::from_be_bytes([a, b, c, d])
}

/// Bytes 6 to 9: the allocation length of 12-byte CDBs.
const fn twelve_allocation(cdb: &Cdb) -> u32 {
    let [_, _, _, _, _, _, a, b, c, d, ..] = *cdb;
    u32::from_be_bytes([a, b, c, d])
}

/// Bytes 7 and 8: the allocation or parameter list length of 10-byte CDBs.
const fn ten_length(cdb: &Cdb) -> u16 {
    let [_, _, _, _, _, _, _, high, low, ..] = *cdb;
    u16::from_be_bytes([high, low])
}

/// SYNCHRONIZE CACHE and PRE-FETCH have IMMED where others have FUA_NV.
const fn unforced(transfer: Transfer) -> Transfer {
    Transfer {
        fua: false,
        ..transfer
    }
}

const fn immediate(cdb: &Cdb) -> bool {
    let [_, flags, ..] = *cdb;
    flags & 0x02 != 0
}

pub(super) const fn test_unit_ready(_: &Cdb) -> Decoded {
    Ok(Command::TestUnitReady)
}

pub(super) const fn request_sense(cdb: &Cdb) -> Decoded {
    let [_, flags, _, _, allocation, ..] = *cdb;
    Ok(Command::RequestSense {
        descriptor: flags & 0x01 != 0,
        allocation,
    })
}

pub(super) const fn inquiry(cdb: &Cdb) -> Decoded {
    let [_, flags, page, high, low, ..] = *cdb;
    Ok(Command::Inquiry {
        evpd: flags & 0x01 != 0,
        page,
        allocation: u16::from_be_bytes([high, low]),
    })
}

pub(super) fn mode_select_6(cdb: &Cdb) -> Decoded {
    let [_, flags, _, _, length, ..] = *cdb;
    Ok(Command::ModeSelect {
        form: ModeForm::Six,
        page_format: flags & 0x10 != 0,
        length: u16::from(length),
    })
}

pub(super) const fn mode_select_10(cdb: &Cdb) -> Decoded {
    let [_, flags, ..] = *cdb;
    Ok(Command::ModeSelect {
        form: ModeForm::Ten,
        page_format: flags & 0x10 != 0,
        length: ten_length(cdb),
    })
}

pub(super) fn mode_sense_6(cdb: &Cdb) -> Decoded {
    let [_, _, _, _, allocation, ..] = *cdb;
    Ok(mode_sense(cdb, ModeForm::Six, u16::from(allocation)))
}

pub(super) const fn mode_sense_10(cdb: &Cdb) -> Decoded {
    Ok(mode_sense(cdb, ModeForm::Ten, ten_length(cdb)))
}

const fn mode_sense(cdb: &Cdb, form: ModeForm, allocation: u16) -> Command {
    let [_, flags, page, subpage, ..] = *cdb;
    Command::ModeSense {
        form,
        long_lba: flags & 0x10 != 0,
        no_descriptor: flags & 0x08 != 0,
        control: match page >> 6 {
            0 => PageControl::Current,
            1 => PageControl::Changeable,
            2 => PageControl::Default,
            _ => PageControl::Saved,
        },
        page: page & 0x3f,
        subpage,
        allocation,
    }
}

pub(super) const fn start_stop(cdb: &Cdb) -> Decoded {
    let [_, _, _, _, flags, ..] = *cdb;
    Ok(Command::StartStop {
        start: flags & 0x01 != 0,
        no_flush: flags & 0x04 != 0,
    })
}

pub(super) const fn read_capacity_10(_: &Cdb) -> Decoded {
    Ok(Command::ReadCapacity10)
}

pub(super) const fn read_capacity_16(cdb: &Cdb) -> Decoded {
    Ok(Command::ReadCapacity16 {
        allocation: long_length(cdb),
    })
}

pub(super) fn read_6(cdb: &Cdb) -> Decoded {
    Ok(Command::Read(short(cdb)))
}

pub(super) fn read_10(cdb: &Cdb) -> Decoded {
    Ok(Command::Read(ten(cdb)))
}

pub(super) fn read_12(cdb: &Cdb) -> Decoded {
    Ok(Command::Read(twelve(cdb)))
}

pub(super) fn read_16(cdb: &Cdb) -> Decoded {
    Ok(Command::Read(sixteen(cdb)))
}

pub(super) fn write_6(cdb: &Cdb) -> Decoded {
    Ok(Command::Write(short(cdb)))
}

pub(super) fn write_10(cdb: &Cdb) -> Decoded {
    Ok(Command::Write(ten(cdb)))
}

pub(super) fn write_12(cdb: &Cdb) -> Decoded {
    Ok(Command::Write(twelve(cdb)))
}

pub(super) fn write_16(cdb: &Cdb) -> Decoded {
    Ok(Command::Write(sixteen(cdb)))
}

pub(super) fn write_verify_10(cdb: &Cdb) -> Decoded {
    Ok(Command::WriteVerify(unforced(ten(cdb))))
}

pub(super) fn write_verify_12(cdb: &Cdb) -> Decoded {
    Ok(Command::WriteVerify(unforced(twelve(cdb))))
}

pub(super) fn write_verify_16(cdb: &Cdb) -> Decoded {
    Ok(Command::WriteVerify(unforced(sixteen(cdb))))
}

pub(super) fn verify_10(cdb: &Cdb) -> Decoded {
    verify(cdb, ten(cdb))
}

pub(super) fn verify_12(cdb: &Cdb) -> Decoded {
    verify(cdb, twelve(cdb))
}

pub(super) fn verify_16(cdb: &Cdb) -> Decoded {
    verify(cdb, sixteen(cdb))
}

const fn verify(cdb: &Cdb, transfer: Transfer) -> Decoded {
    let [_, flags, ..] = *cdb;
    let check = match (flags >> 1) & 0x03 {
        0 => ByteCheck::Readable,
        1 => ByteCheck::Data,
        3 => ByteCheck::Pattern,
        _ => return Err(Sense::invalid_field(1, Some(2))),
    };
    Ok(Command::Verify {
        transfer: unforced(transfer),
        check,
    })
}

pub(super) fn write_same_10(cdb: &Cdb) -> Decoded {
    Ok(write_same(cdb, ten(cdb), false))
}

pub(super) fn write_same_16(cdb: &Cdb) -> Decoded {
    let [_, flags, ..] = *cdb;
    Ok(write_same(cdb, sixteen(cdb), flags & 0x01 != 0))
}

const fn write_same(cdb: &Cdb, transfer: Transfer, no_data_out: bool) -> Command {
    let [_, flags, ..] = *cdb;
    Command::WriteSame {
        transfer: unforced(transfer),
        unmap: flags & 0x08 != 0,
        no_data_out,
    }
}

pub(super) fn compare_and_write(cdb: &Cdb) -> Decoded {
    let [.., blocks, _, _] = *cdb;
    Ok(Command::CompareAndWrite(Transfer {
        blocks: u32::from(blocks),
        ..sixteen(cdb)
    }))
}

pub(super) fn or_write(cdb: &Cdb) -> Decoded {
    Ok(Command::OrWrite(sixteen(cdb)))
}

pub(super) const fn read_defects_10(cdb: &Cdb) -> Decoded {
    let [_, _, lists, ..] = *cdb;
    Ok(Command::ReadDefects {
        form: DefectForm::Ten,
        lists,
        allocation: ten_length(cdb) as u32,
    })
}

pub(super) const fn read_defects_12(cdb: &Cdb) -> Decoded {
    let [_, lists, ..] = *cdb;
    Ok(Command::ReadDefects {
        form: DefectForm::Twelve,
        lists,
        allocation: twelve_allocation(cdb),
    })
}

pub(super) fn synchronize_10(cdb: &Cdb) -> Decoded {
    Ok(Command::SynchronizeCache {
        transfer: unforced(ten(cdb)),
        immediate: immediate(cdb),
    })
}

pub(super) fn synchronize_16(cdb: &Cdb) -> Decoded {
    Ok(Command::SynchronizeCache {
        transfer: unforced(sixteen(cdb)),
        immediate: immediate(cdb),
    })
}

pub(super) fn prefetch_10(cdb: &Cdb) -> Decoded {
    Ok(Command::Prefetch {
        transfer: unforced(ten(cdb)),
        immediate: immediate(cdb),
    })
}

pub(super) fn prefetch_16(cdb: &Cdb) -> Decoded {
    Ok(Command::Prefetch {
        transfer: unforced(sixteen(cdb)),
        immediate: immediate(cdb),
    })
}

pub(super) const fn unmap(cdb: &Cdb) -> Decoded {
    Ok(Command::Unmap {
        length: ten_length(cdb),
    })
}

pub(super) const fn get_lba_status(cdb: &Cdb) -> Decoded {
    Ok(Command::GetLbaStatus {
        lba: long_lba(cdb),
        allocation: long_length(cdb),
    })
}

pub(super) const fn report_luns(cdb: &Cdb) -> Decoded {
    let [_, _, select, ..] = *cdb;
    Ok(Command::ReportLuns {
        select,
        allocation: twelve_allocation(cdb),
    })
}

pub(super) const fn report_supported_opcodes(cdb: &Cdb) -> Decoded {
    let [_, _, options, opcode, high, low, ..] = *cdb;
    let action = u16::from_be_bytes([high, low]);
    let what = match options & 0x07 {
        0 => ReportedOpcodes::All,
        1 => ReportedOpcodes::Opcode(opcode),
        2 => ReportedOpcodes::ServiceAction(opcode, action),
        3 => ReportedOpcodes::Either(opcode, action),
        _ => return Err(Sense::invalid_field(2, Some(2))),
    };
    Ok(Command::ReportSupportedOpcodes {
        what,
        timeouts: options & 0x80 != 0,
        allocation: twelve_allocation(cdb),
    })
}

pub(super) const fn report_supported_task_management(cdb: &Cdb) -> Decoded {
    let [_, _, options, ..] = *cdb;
    Ok(Command::ReportSupportedTaskManagement {
        extended: options & 0x80 != 0,
        allocation: twelve_allocation(cdb),
    })
}

pub(super) const fn reserve_6(_: &Cdb) -> Decoded {
    Ok(Command::Reserve)
}

pub(super) const fn release_6(_: &Cdb) -> Decoded {
    Ok(Command::Release)
}

pub(super) const fn persistent_reserve_in(cdb: &Cdb) -> Decoded {
    let [_, action, ..] = *cdb;
    let action = match action & 0x1f {
        0x00 => InAction::ReadKeys,
        0x01 => InAction::ReadReservation,
        0x02 => InAction::ReportCapabilities,
        0x03 => InAction::ReadFullStatus,
        _ => return Err(Sense::invalid_field(1, Some(4))),
    };
    Ok(Command::PersistentReserveIn {
        action,
        allocation: ten_length(cdb),
    })
}

pub(super) fn persistent_reserve_out(cdb: &Cdb) -> Decoded {
    let [_, code, scope_and_type, _, _, a, b, c, d, ..] = *cdb;
    let mut actions = OutAction::ALL.into_iter();
    let action = actions.find(|action| *action as u8 == code & 0x1f);
    Ok(Command::PersistentReserveOut {
        action: action.ok_or(Sense::invalid_field(1, Some(4)))?,
        scope_and_type,
        length: u32::from_be_bytes([a, b, c, d]),
    })
}
