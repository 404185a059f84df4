//! Vital product data (SPC-4 7.8, SBC-3 6.6).

use super::LogicalUnit;
use super::inquiry::{BLOCK_DEVICE, VENDOR};
use crate::limits;

pub(super) const SUPPORTED_PAGES: u8 = 0x00;
pub(super) const SERIAL_NUMBER: u8 = 0x80;
pub(super) const IDENTIFICATION: u8 = 0x83;
pub(super) const BLOCK_LIMITS: u8 = 0xb0;
pub(super) const CHARACTERISTICS: u8 = 0xb1;
pub(super) const PROVISIONING: u8 = 0xb2;

/// "In ascending order."
const PAGES: [u8; 6] = [
    SUPPORTED_PAGES,
    SERIAL_NUMBER,
    IDENTIFICATION,
    BLOCK_LIMITS,
    CHARACTERISTICS,
    PROVISIONING,
];

/// iSCSI names are at most this long (RFC 7143 4.2.7.1).
const MAX_NAME: usize = 223;

/// A page with its header.
fn page(code: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX);
    let mut data = vec![BLOCK_DEVICE, code];
    data.extend(length.to_be_bytes());
    data.extend(body);
    data
}

pub(super) fn supported_pages() -> Vec<u8> {
    page(SUPPORTED_PAGES, &PAGES)
}

/// Block device characteristics: MEDIUM ROTATION RATE 1, which is non-rotating.
pub(super) fn characteristics() -> Vec<u8> {
    let mut body = vec![0x00, 0x01];
    body.resize(0x3c, 0);
    page(CHARACTERISTICS, &body)
}

/// What a designator names (SPC-4 table 594).
#[derive(Clone, Copy)]
enum Association {
    LogicalUnit = 0x00,
    TargetPort = 0x10,
    TargetDevice = 0x20,
}

/// Binary, ASCII and UTF-8 (SPC-4 table 593).
const BINARY: u8 = 1;
const ASCII: u8 = 2;
const UTF_8: u8 = 3;

/// DESIGNATOR TYPE (SPC-4 table 595).
const VENDOR_ID: u8 = 1;
const NAA: u8 = 3;
const RELATIVE_PORT: u8 = 4;
const PORT_GROUP: u8 = 5;
const NAME: u8 = 8;

/// One designation descriptor. What belongs to a port or device says which protocol it speaks:
/// PIV and PROTOCOL IDENTIFIER 5, iSCSI.
fn designate(body: &mut Vec<u8>, association: Association, set: u8, kind: u8, value: &[u8]) {
    let (protocol, valid) = match association {
        Association::LogicalUnit => (0x00, 0x00),
        Association::TargetPort | Association::TargetDevice => (0x50, 0x80),
    };
    let length = u8::try_from(value.len()).unwrap_or(u8::MAX);
    body.extend([protocol | set, valid | association as u8 | kind, 0, length]);
    body.extend(value.iter().take(usize::from(length)));
}

/// A SCSI name string: "null-terminated, null-padded" to a multiple of four (SPC-4 7.8.6.11).
fn name_string(name: &str, suffix: &str) -> Vec<u8> {
    let mut value: Vec<u8> = name.bytes().take(MAX_NAME).collect();
    value.extend(suffix.bytes());
    value.resize((value.len() + 1).next_multiple_of(4), 0);
    value
}

impl LogicalUnit {
    pub(super) fn serial_number(&self) -> Vec<u8> {
        page(SERIAL_NUMBER, self.image.serial.as_bytes())
    }

    /// Of the unit: its NAA identifier, a T10 vendor id based one, a SCSI name string. Of the
    /// port: relative port 1, port group 1, a name string. Of the device: a name string.
    pub(super) fn identification(&self) -> Vec<u8> {
        use Association::{LogicalUnit, TargetDevice, TargetPort};
        let target = &self.image.target;
        let vendor_id = [VENDOR, self.image.serial.as_bytes()].concat();
        let mut body = Vec::new();
        designate(&mut body, LogicalUnit, BINARY, NAA, &self.image.naa);
        designate(&mut body, LogicalUnit, ASCII, VENDOR_ID, &vendor_id);
        let unit = name_string(target, ",L,0x0000000000000000");
        designate(&mut body, LogicalUnit, UTF_8, NAME, &unit);
        designate(&mut body, TargetPort, BINARY, RELATIVE_PORT, &[0, 0, 0, 1]);
        designate(&mut body, TargetPort, BINARY, PORT_GROUP, &[0, 0, 0, 1]);
        let port = name_string(target, ",t,0x0001");
        designate(&mut body, TargetPort, UTF_8, NAME, &port);
        designate(
            &mut body,
            TargetDevice,
            UTF_8,
            NAME,
            &name_string(target, ""),
        );
        page(IDENTIFICATION, &body)
    }

    /// Block limits (SBC-3 6.6.4).
    pub(super) fn block_limits(&self) -> Vec<u8> {
        const WSNZ: u8 = 0x01;
        let blocks = |bytes: u64| {
            let block = u64::from(self.geometry().block_size).max(1);
            u32::try_from(bytes / block).unwrap_or(u32::MAX)
        };
        let physical = self.blocks_per_physical();
        let max_transfer = blocks(limits::MAX_TRANSFER);
        let (unmap, descriptors, granularity) = if self.geometry().discard {
            let (most, descriptors) = (limits::MAX_UNMAP_BLOCKS, limits::MAX_UNMAP_DESCRIPTORS);
            (most, descriptors, physical)
        } else {
            (0, 0, 0)
        };
        let compare = u8::try_from(blocks(self.max_compare())).unwrap_or(u8::MAX);
        let mut body = vec![WSNZ, compare];
        body.extend(u16::try_from(physical).unwrap_or(0).to_be_bytes());
        // MAXIMUM and OPTIMAL TRANSFER LENGTH, MAXIMUM PREFETCH LENGTH (no limit).
        body.extend(
            [max_transfer, max_transfer, 0]
                .iter()
                .flat_map(|n| n.to_be_bytes()),
        );
        // UGAVALID is zero: physical blocks start where the unit does.
        let unmapping = [unmap, descriptors, granularity, 0];
        body.extend(unmapping.iter().flat_map(|n| n.to_be_bytes()));
        body.extend(u64::from(blocks(limits::MAX_WRITE_SAME)).to_be_bytes());
        body.resize(0x3c, 0);
        page(BLOCK_LIMITS, &body)
    }

    /// Logical block provisioning (SBC-3 6.6.6).
    pub(super) fn provisioning(&self) -> Vec<u8> {
        /// LBPU, LBPWS, LBPWS10, LBPRZ 001b.
        const UNMAPS: u8 = 0x80 | 0x40 | 0x20 | 0x04;
        const THIN: u8 = 0x02;
        let (unmaps, kind) = if self.geometry().discard {
            (UNMAPS, THIN)
        } else {
            (0, 0)
        };
        page(PROVISIONING, &[0, unmaps, kind, 0])
    }
}
