//! The test protocol: a header of 24 bytes, and what its operation says follows.

pub const HEADER: usize = 24;

/// What a message asks for, or answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    pub operation: u8,
    /// Bytes behind the payload, at most 16.
    pub trailer: u8,
    /// Chosen by the client, returned with the answer.
    pub tag: u16,
    /// Of the payload; or milliseconds.
    pub length: u32,
    /// In the image; or in the buffer.
    pub offset: u64,
    /// Of an answer: zero, or the number of an error. Of a question: its image, or zero for image 1.
    pub status: u64,
}

/// Send the payload back.
pub const ECHO: u8 = b'E';
/// Write the payload to the image, and say so.
pub const WRITE: u8 = b'W';
/// As `WRITE`, to stable storage.
pub const STABLE: u8 = b'S';
/// Read from the image.
pub const READ: u8 = b'R';
/// Flush the image.
pub const FLUSH: u8 = b'F';
/// Discard `length` bytes of the image.
pub const UNMAP: u8 = b'U';
/// Zero `length` bytes of the image.
pub const ZERO: u8 = b'Z';
/// Ask whether the image is allocated.
pub const EXTENT: u8 = b'Q';
/// Drop the payload, and say so.
pub const DISCARD: u8 = b'D';
/// Read nothing for `length` milliseconds, then say so.
pub const PAUSE: u8 = b'P';
/// Close after sending.
pub const CLOSE: u8 = b'C';
/// Close after sending, with a payload of `length` bytes outstanding.
pub const LEAVE: u8 = b'V';
/// Close now.
pub const ABORT: u8 = b'A';
/// Say so after `length` milliseconds, and go on reading meanwhile.
pub const TIMER: u8 = b'T';
/// A header of `length` bytes more follows; its sum comes back.
pub const LONG: u8 = b'L';
/// An answer without a byte, then one with a header.
pub const EMPTY: u8 = b'0';
/// Something for the audit trail, and the end of the connection.
pub const NOTICE: u8 = b'N';
/// A receive that breaks the contract.
pub const FAULT: u8 = b'X';

impl Message {
    pub fn new(operation: u8, tag: u16, length: usize) -> Self {
        Self {
            operation,
            trailer: 0,
            tag,
            length: u32::try_from(length).unwrap(),
            offset: 0,
            status: 0,
        }
    }

    pub fn at(self, offset: u64) -> Self {
        Self { offset, ..self }
    }

    pub fn trailer(self, trailer: u8) -> Self {
        Self { trailer, ..self }
    }

    /// Asks it of another image than image 1.
    pub fn of(self, image: u32) -> Self {
        self.status(image.into())
    }

    pub fn image(self) -> u32 {
        u32::try_from(self.status.max(1)).unwrap()
    }

    pub fn status(self, status: u64) -> Self {
        Self { status, ..self }
    }

    pub fn encode(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[0] = self.operation;
        bytes[1] = self.trailer;
        bytes[2..4].copy_from_slice(&self.tag.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.length.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.offset.to_be_bytes());
        bytes[16..24].copy_from_slice(&self.status.to_be_bytes());
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Self {
        assert_eq!(bytes.len(), HEADER);
        Self {
            operation: bytes[0],
            trailer: bytes[1],
            tag: u16::from_be_bytes(bytes[2..4].try_into().unwrap()),
            length: u32::from_be_bytes(bytes[4..8].try_into().unwrap()),
            offset: u64::from_be_bytes(bytes[8..16].try_into().unwrap()),
            status: u64::from_be_bytes(bytes[16..24].try_into().unwrap()),
        }
    }
}

/// `length` bytes that tell where they belong.
pub fn pattern(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        })
        .collect()
}
