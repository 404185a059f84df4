//! Sense data (SPC-4 4.5).

use labelgate_wire::Reader;

/// What a target says is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sense {
    pub(crate) key: Key,
    /// The additional code and its qualifier.
    pub(crate) code: u16,
    /// It is about a command that has been answered before.
    pub(crate) deferred: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Key {
    Recovered,
    NotReady,
    Medium,
    Hardware,
    Illegal,
    Attention,
    Protected,
    Aborted,
    Overflow,
    Miscompare,
    /// Another one, or none that can be understood.
    #[default]
    Other,
}

impl Key {
    const fn of(key: u8) -> Self {
        match key {
            0x1 => Self::Recovered,
            0x2 => Self::NotReady,
            0x3 => Self::Medium,
            0x4 => Self::Hardware,
            0x5 => Self::Illegal,
            0x6 => Self::Attention,
            0x7 => Self::Protected,
            0xb => Self::Aborted,
            0xd => Self::Overflow,
            0xe => Self::Miscompare,
            _ => Self::Other,
        }
    }
}

/// Codes with a meaning of their own here.
pub(crate) mod code {
    pub(crate) const OUT_OF_RANGE: u16 = 0x2100;
    pub(crate) const NO_SUCH_UNIT: u16 = 0x2500;
    pub(crate) const ALLOCATION_FAILED: u16 = 0x2707;
    /// From here on the target, or the session with it, has been started anew; up to there.
    pub(crate) const RESET: u16 = 0x2900;
    pub(crate) const RESET_END: u16 = 0x2a00;
}

impl Sense {
    /// What is in the data segment of a SCSI response: a length, and so much sense data (RFC 7143
    /// 11.4.7.2).
    pub(crate) fn parse(segment: &[u8]) -> Self {
        let mut reader = Reader::new(segment);
        let Ok(length) = reader.u16() else {
            return Self::default();
        };
        let rest = segment.get(2..).unwrap_or_default();
        let sense = rest
            .get(..usize::from(length).min(rest.len()))
            .unwrap_or_default();
        let byte = |at: usize| sense.get(at).copied().unwrap_or(0);
        let (key, code) = match byte(0) & 0x7f {
            0x70 | 0x71 => (byte(2), [byte(12), byte(13)]),
            0x72 | 0x73 => (byte(1), [byte(2), byte(3)]),
            _ => return Self::default(),
        };
        Self {
            key: Key::of(key & 0xf),
            code: u16::from_be_bytes(code),
            deferred: byte(0) & 1 != 0,
        }
    }

    /// The target has been started anew, or this session with it has.
    pub(crate) const fn is_reset(self) -> bool {
        code::RESET <= self.code && self.code < code::RESET_END
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_are_understood_and_short_ones_are_nothing() {
        let mut fixed = vec![
            0, 18, 0x70, 0, 3, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x11, 0, 0, 0, 0, 0,
        ];
        let sense = Sense::parse(&fixed);
        assert_eq!((sense.key, sense.code), (Key::Medium, 0x1100));
        assert!(!sense.deferred);
        fixed[2] = 0x71;
        assert!(Sense::parse(&fixed).deferred);
        let sense = Sense::parse(&[0, 8, 0x72, 6, 0x2a, 9, 0, 0, 0, 0]);
        assert_eq!((sense.key, sense.code), (Key::Attention, 0x2a09));
        for short in [&[][..], &[0], &[0, 0], &[0xff, 0xff], &[0, 1, 0x70]] {
            assert_eq!(Sense::parse(short).key, Key::Other, "{short:?}");
        }
    }

    #[test]
    fn fuzz_anything_that_a_target_may_send() {
        bolero::check!().for_each(|bytes: &[u8]| {
            let sense = Sense::parse(bytes);
            assert!(bytes.len() > 2 || sense.key == Key::Other);
        });
    }
}
