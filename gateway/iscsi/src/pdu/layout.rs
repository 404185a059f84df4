//! The Basic Header Segment as the standard draws it: twelve rows of four bytes.

/// Length of the Basic Header Segment in bytes (RFC 7143, 11.2.1).
pub const BHS: usize = 48;

/// One row of the standard's drawings.
pub(super) type Row = [u8; 4];

/// A Basic Header Segment, row by row.
pub(super) type Rows = [Row; BHS / 4];

/// A row the standard marks reserved.
pub(super) const RESERVED: Row = [0; 4];

/// The F bit, and every "1" that the standard draws in its place.
pub(super) const FINAL: u8 = 0x80;

/// The I bit (immediate delivery) in byte 0.
pub(super) const IMMEDIATE: u8 = 0x40;

pub(super) fn rows(bytes: &[u8; BHS]) -> Rows {
    let (rows, _) = bytes.as_chunks();
    rows.try_into().expect("48 bytes are twelve rows of four")
}

pub(super) fn bytes(rows: &Rows) -> [u8; BHS] {
    rows.as_flattened()
        .try_into()
        .expect("twelve rows of four are 48 bytes")
}

/// The halves of a row that holds two 16-bit numbers.
pub(super) const fn halves([a, b, c, d]: Row) -> (u16, u16) {
    (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))
}

/// A row of two 16-bit numbers.
pub(super) const fn row(left: u16, right: u16) -> Row {
    let ([a, b], [c, d]) = (left.to_be_bytes(), right.to_be_bytes());
    [a, b, c, d]
}

/// `bit` if `set`.
pub(super) const fn flag(set: bool, bit: u8) -> u8 {
    if set { bit } else { 0 }
}

/// Byte 0 of a request.
pub(super) const fn request(opcode: u8, immediate: bool) -> u8 {
    opcode | flag(immediate, IMMEDIATE)
}
