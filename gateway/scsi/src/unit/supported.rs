//! REPORT SUPPORTED OPERATION CODES and TASK MANAGEMENT FUNCTIONS (SPC-4 6.35, 6.36).

use super::{LogicalUnit, answer};
use crate::command::{Definition, Provisioning, ReportedOpcodes, TABLE};
use crate::{Plan, Sense};

/// "Not supported" and "supported in conformance with a SCSI standard".
const NOT_SUPPORTED: u8 = 0x01;
const SUPPORTED: u8 = 0x03;

/// Command timeouts descriptor: its length, and no timeout recommended.
const TIMEOUTS: [u8; 12] = [0, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// What the requested opcode and service action do not fit.
const REPORTING_OPTIONS: Sense = Sense::invalid_field(2, Some(2));

impl LogicalUnit {
    pub(super) fn supported_opcodes(
        &self,
        what: ReportedOpcodes,
        timeouts: bool,
        allocation: u32,
    ) -> Result<Plan, Sense> {
        let data = match what {
            ReportedOpcodes::All => self.all_commands(timeouts),
            ReportedOpcodes::Opcode(opcode) => {
                if self.commands(opcode).any(|one| one.service_action) {
                    return Err(REPORTING_OPTIONS);
                }
                self.one_command(self.commands(opcode).next(), timeouts)
            }
            ReportedOpcodes::ServiceAction(opcode, action) => {
                if self.commands(opcode).any(|one| !one.service_action) {
                    return Err(REPORTING_OPTIONS);
                }
                self.one_command(self.command(opcode, action), timeouts)
            }
            ReportedOpcodes::Either(opcode, action) => {
                self.one_command(self.command(opcode, action), timeouts)
            }
        };
        Ok(answer(data, allocation))
    }

    /// The commands this unit has.
    fn available(&self) -> impl Iterator<Item = &'static Definition> {
        let discard = self.geometry().discard;
        TABLE
            .iter()
            .filter(move |one| discard || one.provisioning != Provisioning::Command)
    }

    fn commands(&self, opcode: u8) -> impl Iterator<Item = &'static Definition> {
        self.available().filter(move |one| one.opcode() == opcode)
    }

    /// A command without service actions goes by action zero.
    fn command(&self, opcode: u8, action: u16) -> Option<&'static Definition> {
        self.commands(opcode)
            .find(|one| u16::from(one.action().unwrap_or(0)) == action)
    }

    fn all_commands(&self, timeouts: bool) -> Vec<u8> {
        const SERVACTV: u8 = 0x01;
        const CTDP: u8 = 0x02;
        let mut data = vec![0; 4];
        for one in self.available() {
            let flags = if one.service_action { SERVACTV } else { 0 };
            let flags = flags | if timeouts { CTDP } else { 0 };
            let length = u8::try_from(one.usage.len()).unwrap_or(u8::MAX);
            let action = one.action().unwrap_or(0);
            data.extend([one.opcode(), 0, 0, action, 0, flags, 0, length]);
            if timeouts {
                data.extend(TIMEOUTS);
            }
        }
        let length = u32::try_from(data.len() - 4).unwrap_or(u32::MAX);
        for (room, byte) in data.iter_mut().zip(length.to_be_bytes()) {
            *room = byte;
        }
        data
    }

    fn one_command(&self, command: Option<&Definition>, timeouts: bool) -> Vec<u8> {
        const CTDP: u8 = 0x80;
        const UNMAP_BIT: u8 = 0x08;
        let Some(command) = command else {
            return vec![0, NOT_SUPPORTED, 0, 0];
        };
        let flags = SUPPORTED | if timeouts { CTDP } else { 0 };
        let length = u8::try_from(command.usage.len()).unwrap_or(u8::MAX);
        let mut data = vec![0, flags, 0, length];
        data.extend(command.usage);
        let unmap = command.provisioning != Provisioning::UnmapBit || self.geometry().discard;
        if let (false, Some(byte)) = (unmap, data.get_mut(5)) {
            *byte &= !UNMAP_BIT;
        }
        if timeouts {
            data.extend(TIMEOUTS);
        }
        data
    }
}

/// ABORT TASK, ABORT TASK SET, CLEAR TASK SET, LOGICAL UNIT RESET.
const TASK_MANAGEMENT: u8 = 0x80 | 0x40 | 0x10 | 0x08;

pub(super) fn task_management(extended: bool, allocation: u32) -> Result<Plan, Sense> {
    // "If the ALLOCATION LENGTH is less than four, then the command shall be terminated".
    if allocation < 4 {
        return Err(Sense::invalid_field(6, None));
    }
    let mut data = vec![TASK_MANAGEMENT, 0, 0, 0];
    if extended {
        // REPORT SUPPORTED ... DATA LENGTH, no timeouts recommended.
        data = vec![TASK_MANAGEMENT, 0, 0, 0x0c];
        data.resize(16, 0);
    }
    Ok(answer(data, allocation))
}
