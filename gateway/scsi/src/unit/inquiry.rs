//! INQUIRY (SPC-4 6.6).

use super::{LogicalUnit, answer, vital};
use crate::{Plan, Sense};

/// T10 VENDOR IDENTIFICATION.
pub(super) const VENDOR: &[u8; 8] = b"LABELGTE";
const PRODUCT: &[u8; 16] = b"VIRTUAL-DISK    ";
const REVISION: &[u8; 4] = b"0001";

/// PERIPHERAL QUALIFIER 000b, a direct access block device.
pub(super) const BLOCK_DEVICE: u8 = 0x00;
/// PERIPHERAL QUALIFIER 011b, no device type: no unit can be here.
pub(super) const NO_DEVICE: u8 = 0x7f;

/// SPC-4.
const VERSION: u8 = 0x06;
/// HISUP, and RESPONSE DATA FORMAT 2.
const FORMAT: u8 = 0x12;
/// CMDQUE.
const COMMAND_QUEUING: u8 = 0x02;
/// SAM-5, iSCSI, SPC-4, SBC-3, none with a revision claimed (SPC-4 table 144).
const VERSION_DESCRIPTORS: [u16; 4] = [0x00a0, 0x0960, 0x0460, 0x04c0];
const LENGTH: usize = 96;
/// What follows byte 4.
const ADDITIONAL_LENGTH: u8 = 91;

/// Standard INQUIRY data.
pub(super) fn standard(peripheral: u8) -> Vec<u8> {
    let mut data = vec![peripheral, 0, VERSION, FORMAT, ADDITIONAL_LENGTH, 0, 0];
    data.push(COMMAND_QUEUING);
    data.extend(VENDOR);
    data.extend(PRODUCT);
    data.extend(REVISION);
    data.resize(58, 0);
    data.extend(VERSION_DESCRIPTORS.iter().flat_map(|one| one.to_be_bytes()));
    data.resize(LENGTH, 0);
    data
}

impl LogicalUnit {
    /// "If the EVPD bit is set to zero, the PAGE CODE field shall be zero" or the command fails.
    pub(super) fn inquiry(&self, evpd: bool, page: u8, allocation: u16) -> Result<Plan, Sense> {
        let data = match (evpd, page) {
            (false, 0) => standard(BLOCK_DEVICE),
            (false, _) => return Err(Sense::invalid_field(2, None)),
            (true, vital::SUPPORTED_PAGES) => vital::supported_pages(),
            (true, vital::SERIAL_NUMBER) => self.serial_number(),
            (true, vital::IDENTIFICATION) => self.identification(),
            (true, vital::BLOCK_LIMITS) => self.block_limits(),
            (true, vital::CHARACTERISTICS) => vital::characteristics(),
            (true, vital::PROVISIONING) => self.provisioning(),
            (true, _) => return Err(Sense::invalid_field(2, None)),
        };
        Ok(answer(data, allocation))
    }
}
