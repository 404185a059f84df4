//! Logical unit numbers (SAM-5, 4.7; RFC 7143, 11.2.1.7).

/// A logical unit number as it is on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Lun(pub [u8; 8]);

impl Lun {
    /// LUN 0; also what a PDU has in this place when the field is reserved.
    pub const ZERO: Self = Self([0; 8]);

    /// The single-level LUN with this number: peripheral device addressing below 256, flat space
    /// addressing below 16384 (SAM-5, 4.7.7); `None` above.
    #[must_use]
    pub const fn new(number: u16) -> Option<Self> {
        let [high, low] = number.to_be_bytes();
        match number {
            0..=0xff => Some(Self([0, low, 0, 0, 0, 0, 0, 0])),
            0x100..=0x3fff => Some(Self([0x40 | high, low, 0, 0, 0, 0, 0, 0])),
            _ => None,
        }
    }

    /// The number of a single-level LUN, by peripheral device or flat space addressing.
    /// `None` for anything else: no logical unit of ours has such an address.
    ///
    /// Initiators of Linux write 256 and above with the method bits of peripheral addressing left
    /// at zero; that reads as a bus number, and as `None`.
    #[must_use]
    pub const fn number(self) -> Option<u64> {
        let [first, low, 0, 0, 0, 0, 0, 0] = self.0 else {
            return None;
        };
        match first {
            0 => Some(low as u64),
            0x40..=0x7f => Some(u16::from_be_bytes([first & 0x3f, low]) as u64),
            _ => None,
        }
    }

    pub(super) const fn rows(self) -> ([u8; 4], [u8; 4]) {
        let [a, b, c, d, e, f, g, h] = self.0;
        ([a, b, c, d], [e, f, g, h])
    }

    pub(super) const fn from_rows([a, b, c, d]: [u8; 4], [e, f, g, h]: [u8; 4]) -> Self {
        Self([a, b, c, d, e, f, g, h])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_addressing_methods_are_read_back() {
        for number in [0, 1, 255, 256, 0x3fff] {
            assert_eq!(Lun::new(number).unwrap().number(), Some(number.into()));
        }
        assert_eq!(Lun::new(0x4000), None);
    }

    #[test]
    fn flat_addressing_of_a_small_number_is_the_same_unit() {
        assert_eq!(Lun([0x40, 3, 0, 0, 0, 0, 0, 0]).number(), Some(3));
    }

    #[test]
    fn other_addresses_have_no_number() {
        let bus = Lun([1, 0, 0, 0, 0, 0, 0, 0]);
        let logical_unit_method = Lun([0x80, 0, 0, 0, 0, 0, 0, 0]);
        let well_known = Lun([0xc1, 1, 0, 0, 0, 0, 0, 0]);
        let second_level = Lun([0, 0, 0, 1, 0, 0, 0, 0]);
        for lun in [bus, logical_unit_method, well_known, second_level] {
            assert_eq!(lun.number(), None, "{lun:?}");
        }
    }
}
