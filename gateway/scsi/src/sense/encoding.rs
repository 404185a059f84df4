//! Sense data on the wire: fixed format (SPC-4 4.5.3) and descriptor format (4.5.2).

use std::ops::Deref;

use super::{FaultyField, Sense};

/// How sense data is laid out; D_SENSE in the control mode page chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SenseFormat {
    /// 18 bytes.
    #[default]
    Fixed,
    /// 8 bytes and descriptors.
    Descriptor,
}

/// ADDITIONAL SENSE LENGTH of the fixed format: what follows byte 7.
const FIXED_ADDITIONAL: u8 = 10;
/// Header, information descriptor, sense-key-specific descriptor.
const MAX_LENGTH: usize = 8 + 12 + 8;

/// Encoded sense data, as it is sent in a SCSI Response or as the answer to REQUEST SENSE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenseBytes {
    bytes: [u8; MAX_LENGTH],
    length: usize,
}

impl SenseBytes {
    const EMPTY: Self = Self {
        bytes: [0; MAX_LENGTH],
        length: 0,
    };

    /// Every caller appends at most `MAX_LENGTH` bytes in all.
    fn put(&mut self, bytes: &[u8]) {
        for (room, byte) in self.bytes.iter_mut().skip(self.length).zip(bytes) {
            *room = *byte;
        }
        self.length += bytes.len();
    }
}

impl Deref for SenseBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&self.bytes)
    }
}

impl Sense {
    /// The sense data in `format`.
    #[must_use]
    pub fn encode(&self, format: SenseFormat) -> SenseBytes {
        match format {
            SenseFormat::Fixed => self.fixed(),
            SenseFormat::Descriptor => self.descriptor(),
        }
    }

    fn fixed(&self) -> SenseBytes {
        // An INFORMATION that does not fit into four bytes is left out: VALID is zero then.
        let information = self.information.and_then(|value| u32::try_from(value).ok());
        let valid = if information.is_some() { 0x80 } else { 0 };
        let [a, b, c, d] = information.unwrap_or(0).to_be_bytes();
        let [x, y, z] = self.key_specific().unwrap_or_default();
        let mut sense = SenseBytes::EMPTY;
        sense.put(&[
            0x70 | valid,
            0,
            self.key as u8,
            a,
            b,
            c,
            d,
            FIXED_ADDITIONAL,
        ]);
        sense.put(&[0, 0, 0, 0, self.code.code, self.code.qualifier, 0, x, y, z]);
        sense
    }

    fn descriptor(&self) -> SenseBytes {
        let (information, specific) = (self.information, self.key_specific());
        let additional =
            if information.is_some() { 12 } else { 0 } + if specific.is_some() { 8 } else { 0 };
        let mut sense = SenseBytes::EMPTY;
        sense.put(&[0x72, self.key as u8, self.code.code, self.code.qualifier]);
        sense.put(&[0, 0, 0, additional]);
        if let Some(information) = information {
            sense.put(&[0x00, 0x0a, 0x80, 0]);
            sense.put(&information.to_be_bytes());
        }
        if let Some([x, y, z]) = specific {
            sense.put(&[0x02, 0x06, 0, 0, x, y, z, 0]);
        }
        sense
    }

    /// SENSE KEY SPECIFIC: the field pointer (SPC-4 4.5.2.4.2).
    fn key_specific(&self) -> Option<[u8; 3]> {
        let (command, byte, bit) = match self.field? {
            FaultyField::Cdb { byte, bit } => (0x40, byte, bit),
            FaultyField::Parameters { byte, bit } => (0x00, byte, bit),
        };
        let bit = bit.map_or(0, |bit| 0x08 | (bit & 0x07));
        let [high, low] = byte.to_be_bytes();
        Some([0x80 | command | bit, high, low])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_format_points_at_the_field() {
        let sense = Sense::invalid_field(1, Some(7)).encode(SenseFormat::Fixed);

        assert_eq!(
            sense[..],
            [
                0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x24, 0, 0, 0xcf, 0, 1
            ]
        );
    }

    #[test]
    fn descriptor_format_carries_both_descriptors() {
        let mut sense = Sense::miscompare(0x1_0000_0001);
        sense.field = Some(FaultyField::Parameters { byte: 8, bit: None });

        assert_eq!(
            sense.encode(SenseFormat::Descriptor)[..],
            [
                0x72, 0x0e, 0x1d, 0, 0, 0, 0, 20, 0, 10, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 1, 2, 6, 0,
                0, 0x80, 0, 8, 0
            ]
        );
    }

    #[test]
    fn information_is_valid_in_fixed_format_only_if_it_fits() {
        let fits = Sense::miscompare(0x0102).encode(SenseFormat::Fixed);
        let does_not = Sense::miscompare(1 << 32).encode(SenseFormat::Fixed);

        assert_eq!(fits[..8], [0xf0, 0, 0x0e, 0, 0, 1, 2, 10]);
        assert_eq!(does_not[..8], [0x70, 0, 0x0e, 0, 0, 0, 0, 10]);
    }
}
