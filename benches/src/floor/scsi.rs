//! Canned answers to the SCSI commands that QEMU and libiscsi send before and beside the I/O.

/// Bytes of a logical block.
pub const BLOCK: u64 = 512;

/// What a command asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Data from the disk, bytes.
    Read(u64),
    /// Data to the disk; the command's expected length says how much.
    Write,
    /// An answer made up beforehand.
    Canned(Vec<u8>),
    /// Nothing to transfer: done.
    Good,
    /// INVALID COMMAND OPERATION CODE or INVALID FIELD IN CDB.
    Refused,
}

impl Command {
    /// Reads a CDB for a disk of `blocks` blocks.
    pub fn decode(cdb: &[u8; 16], blocks: u64) -> Self {
        let [code, second, page, ..] = *cdb;
        match code {
            // TEST UNIT READY, START STOP UNIT, PREVENT ALLOW, SYNCHRONIZE CACHE (10) and (16).
            0x00 | 0x1b | 0x1e | 0x35 | 0x91 => Self::Good,
            0x12 => inquiry(second & 1 != 0, page),
            // MODE SENSE (6): header only, not write protected.
            0x1a => Self::Canned(vec![3, 0, 0, 0]),
            // MODE SENSE (10).
            0x5a => Self::Canned(vec![0, 6, 0, 0, 0, 0, 0, 0]),
            0x25 => Self::Canned(capacity_10(blocks)),
            // SERVICE ACTION IN (16): READ CAPACITY (16).
            0x9e if second & 0x1f == 0x10 => Self::Canned(capacity_16(blocks)),
            0xa0 => Self::Canned(luns()),
            0x28 => Self::Read(length_10(cdb)),
            0x88 => Self::Read(length_16(cdb)),
            0x2a | 0x8a => Self::Write,
            _ => Self::Refused,
        }
    }
}

/// ILLEGAL REQUEST, INVALID COMMAND OPERATION CODE, fixed format, behind its length (RFC 7143
/// section 11.4.7).
pub const REFUSAL: [u8; 20] = [
    0, 18, 0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0,
];

fn length_10(cdb: &[u8; 16]) -> u64 {
    let [.., high, low, _, _, _, _, _, _, _] = *cdb;
    u64::from(u16::from_be_bytes([high, low])) * BLOCK
}

fn length_16(cdb: &[u8; 16]) -> u64 {
    let [_, _, _, _, _, _, _, _, _, _, a, b, c, d, _, _] = *cdb;
    u64::from(u32::from_be_bytes([a, b, c, d])) * BLOCK
}

fn inquiry(vital: bool, page: u8) -> Command {
    match (vital, page) {
        (false, _) => {
            // A disk, SPC-3, command queuing.
            let mut data = vec![0, 0, 5, 2, 31, 0, 0, 2];
            data.extend_from_slice(b"LABELGATFLOOR           1   ");
            Command::Canned(data)
        }
        (true, 0x00) => Command::Canned(vec![0, 0, 0, 3, 0x00, 0x83, 0xb0]),
        (true, 0x83) => {
            // One T10 vendor designator, ASCII.
            let mut data = vec![0, 0x83, 0, 12, 2, 1, 0, 8];
            data.extend_from_slice(b"LABELGAT");
            Command::Canned(data)
        }
        (true, 0xb0) => {
            let mut data = vec![0, 0xb0, 0, 60];
            data.resize(64, 0);
            Command::Canned(data)
        }
        (true, _) => Command::Refused,
    }
}

fn capacity_10(blocks: u64) -> Vec<u8> {
    let last = u32::try_from(blocks.saturating_sub(1)).unwrap_or(u32::MAX);
    [last.to_be_bytes(), 512_u32.to_be_bytes()].concat()
}

fn capacity_16(blocks: u64) -> Vec<u8> {
    let mut data = blocks.saturating_sub(1).to_be_bytes().to_vec();
    data.extend_from_slice(&512_u32.to_be_bytes());
    data.resize(32, 0);
    data
}

/// LUN 0 and 1, and any other is answered the same.
fn luns() -> Vec<u8> {
    let mut data = vec![0; 24];
    for (place, value) in data
        .iter_mut()
        .zip([0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    {
        *place = value;
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transfer_lengths_come_from_their_place_in_the_cdb() {
        let read_10 = [0x28, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0];
        let read_16 = [0x88, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 0];

        assert_eq!(Command::decode(&read_10, 1), Command::Read(0x102 * BLOCK));
        assert_eq!(
            Command::decode(&read_16, 1),
            Command::Read(0x1_0002 * BLOCK)
        );
    }
}
