//! Record marking: where a message ends in a byte stream.
//!
//! > When RPC messages are passed on top of a byte stream transport protocol (like TCP), it is
//! > necessary to delimit one message from another [...] This is called record marking (RM). One
//! > RPC message fits into one RM record. (RFC 5531, 11)

/// The bit that says that the record ends with this fragment.
const LAST: u32 = 1 << 31;

/// The four bytes before a fragment.
///
/// > The number encodes two values -- a boolean that indicates whether the fragment is the last
/// > fragment of the record (bit value 1 implies the fragment is the last fragment) and a 31-bit
/// > unsigned binary value that is the length in bytes of the fragment's data. The boolean value
/// > is the highest-order bit of the header; the length is the 31 low-order bits. (RFC 5531, 11)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(u32);

impl Mark {
    /// How many bytes a mark is.
    pub const SIZE: usize = 4;

    /// The greatest length of a fragment.
    pub const LONGEST: u32 = LAST - 1;

    /// The mark of a fragment of `length` bytes; `None` if a fragment cannot be so long.
    #[must_use]
    pub const fn new(length: u32, last: bool) -> Option<Self> {
        match (length <= Self::LONGEST, last) {
            (false, _) => None,
            (true, false) => Some(Self(length)),
            (true, true) => Some(Self(length | LAST)),
        }
    }

    /// The mark of a message that is sent in one fragment, as all of ours are; `None` if a
    /// fragment cannot be so long.
    #[must_use]
    pub fn whole(length: usize) -> Option<Self> {
        Self::new(u32::try_from(length).ok()?, true)
    }

    /// Reads a mark, which any four bytes are. Whether a fragment of that length is welcome is
    /// for the reader to say.
    #[must_use]
    pub const fn parse(bytes: [u8; Self::SIZE]) -> Self {
        Self(u32::from_be_bytes(bytes))
    }

    /// The mark's bytes.
    #[must_use]
    pub const fn encode(self) -> [u8; Self::SIZE] {
        self.0.to_be_bytes()
    }

    /// How many bytes of the message follow.
    #[must_use]
    pub const fn length(self) -> u32 {
        self.0 & Self::LONGEST
    }

    /// Whether the message ends with them.
    #[must_use]
    pub const fn is_last(self) -> bool {
        self.0 & LAST != 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_highest_bit_says_that_the_record_ends() {
        let last = Mark::parse([0x80, 0, 0, 0x28]);
        let first = Mark::parse([0, 0, 1, 0]);

        assert_eq!((last.length(), last.is_last()), (40, true));
        assert_eq!((first.length(), first.is_last()), (256, false));
    }

    #[test]
    fn a_message_in_one_fragment_is_marked_as_such() {
        assert_eq!(Mark::whole(40).unwrap().encode(), [0x80, 0, 0, 0x28]);
    }

    #[test]
    fn a_fragment_has_31_bits_of_length() {
        assert_eq!(Mark::whole(usize::MAX), None);
        assert_eq!(Mark::new(1 << 31, false), None);
        assert_eq!(
            Mark::new(Mark::LONGEST, true).unwrap().encode(),
            [0xff; Mark::SIZE]
        );
    }

    proptest! {
        #[test]
        fn any_four_bytes_are_a_mark_and_survive_it(bytes in any::<[u8; 4]>()) {
            let mark = Mark::parse(bytes);

            prop_assert_eq!(mark.encode(), bytes);
            prop_assert_eq!(Mark::new(mark.length(), mark.is_last()), Some(mark));
        }
    }
}
