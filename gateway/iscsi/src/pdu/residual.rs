//! Residual counts (RFC 7143, 11.4.5).

/// How the data moved differs from what the initiator expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Residual {
    /// Not at all.
    #[default]
    None,
    /// This many bytes were not transferred because the initiator expected too few.
    Overflow(u32),
    /// This many bytes of those expected were not transferred.
    Underflow(u32),
}

impl Residual {
    /// The residual of a command that moves `actual` bytes when the initiator expected `expected`.
    #[must_use]
    pub fn of(expected: u32, actual: u64) -> Self {
        let expected = u64::from(expected);
        let clamp = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        match actual {
            same if same == expected => Self::None,
            less if less < expected => Self::Underflow(clamp(expected - less)),
            more => Self::Overflow(clamp(more - expected)),
        }
    }

    /// The flag, of the two given for overflow and underflow, and the count's row.
    pub(super) const fn encode(self, overflow: u8, underflow: u8) -> (u8, [u8; 4]) {
        match self {
            Self::None => (0, [0; 4]),
            Self::Overflow(count) => (overflow, count.to_be_bytes()),
            Self::Underflow(count) => (underflow, count.to_be_bytes()),
        }
    }

    #[cfg(test)]
    pub(super) const fn decode(flags: u8, overflow: u8, underflow: u8, row: [u8; 4]) -> Self {
        let count = u32::from_be_bytes(row);
        if flags & overflow != 0 {
            Self::Overflow(count)
        } else if flags & underflow != 0 {
            Self::Underflow(count)
        } else {
            Self::None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Residual;

    #[test]
    fn a_residual_says_which_way_the_lengths_differ() {
        assert_eq!(Residual::of(512, 512), Residual::None);
        assert_eq!(Residual::of(512, 36), Residual::Underflow(476));
        assert_eq!(Residual::of(0, 512), Residual::Overflow(512));
        assert_eq!(Residual::of(0, u64::MAX), Residual::Overflow(u32::MAX));
    }
}
