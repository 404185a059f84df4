//! DataSegmentLength (RFC 7143, 11.2.1.6).

use std::fmt;

/// The length of a data segment in bytes, without its padding: 24 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SegmentLength(u32);

/// A length that does not fit the 24 bits of DataSegmentLength.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentTooLong;

impl fmt::Display for SegmentTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a data segment has at most 16777215 bytes")
    }
}

impl std::error::Error for SegmentTooLong {}

impl SegmentLength {
    /// No data.
    pub const ZERO: Self = Self(0);
    /// The longest there is: 2^24 - 1 bytes.
    pub const MAX: Self = Self((1 << 24) - 1);
    /// A Basic Header Segment, as the data of a Reject.
    pub const BHS: Self = Self(48);
    /// The longest anyone receives without having said otherwise: 8192 bytes (RFC 7143, 13.12).
    pub const DEFAULT_MAXIMUM: Self = Self(8192);
    /// 256 KiB.
    pub const KIB_256: Self = Self(256 * 1024);

    /// `length` bytes, or [`SegmentLength::MAX`] if that is less.
    #[must_use]
    pub fn saturating(length: usize) -> Self {
        Self::try_from(length).unwrap_or(Self::MAX)
    }

    /// In bytes.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0 as usize
    }

    /// In bytes, as the 32-bit number that offsets and transfer lengths are counted in.
    #[must_use]
    pub const fn as_u32(self) -> u32 {
        self.0
    }

    /// How many bytes of padding follow the data.
    ///
    /// Segments are padded to whole 4-byte words (RFC 7143, 11.1); the length does not count it.
    #[must_use]
    pub const fn padding(self) -> usize {
        self.get().wrapping_neg() % 4
    }

    /// The row of the header that holds it, with TotalAHSLength (in 4-byte words) before it.
    pub(super) const fn row(self, ahs: u8) -> [u8; 4] {
        let [_, a, b, c] = self.0.to_be_bytes();
        [ahs, a, b, c]
    }

    pub(super) const fn from_row([_, a, b, c]: [u8; 4]) -> Self {
        Self(u32::from_be_bytes([0, a, b, c]))
    }
}

impl From<u16> for SegmentLength {
    fn from(length: u16) -> Self {
        Self(length.into())
    }
}

impl TryFrom<u32> for SegmentLength {
    type Error = SegmentTooLong;

    fn try_from(length: u32) -> Result<Self, SegmentTooLong> {
        if length <= Self::MAX.0 {
            Ok(Self(length))
        } else {
            Err(SegmentTooLong)
        }
    }
}

impl TryFrom<usize> for SegmentLength {
    type Error = SegmentTooLong;

    fn try_from(length: usize) -> Result<Self, SegmentTooLong> {
        u32::try_from(length)
            .map_err(|_| SegmentTooLong)?
            .try_into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_bounded_and_padded_to_words() {
        assert_eq!(
            SegmentLength::try_from(0x0100_0000_u32),
            Err(SegmentTooLong)
        );
        assert_eq!(
            SegmentLength::try_from(0x00ff_ffff_usize),
            Ok(SegmentLength::MAX)
        );
        let padding: Vec<_> = (0..6_u16)
            .map(|n| SegmentLength::from(n).padding())
            .collect();
        assert_eq!(padding, [0, 3, 2, 1, 0, 3]);
    }
}
