//! Times: nfstime3 (RFC 1813, 2.5).

use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

const SECOND: u32 = 1_000_000_000;

/// A point in time that the protocol can express: from 1970 to 2106, in nanoseconds.
///
/// > The nfstime3 structure gives the number of seconds and nanoseconds since midnight January 1,
/// > 1970 Greenwich Mean Time. (RFC 1813 2.5)
///
/// There are always less than a thousand million nanoseconds: `utimensat` has a meaning of its own
/// for some of the numbers above (UTIME_NOW, UTIME_OMIT), which a client must not reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Time {
    seconds: u32,
    nanoseconds: u32,
}

impl Time {
    /// This time; `None` if these are no nanoseconds.
    #[must_use]
    pub const fn new(seconds: u32, nanoseconds: u32) -> Option<Self> {
        if nanoseconds >= SECOND {
            return None;
        }
        Some(Self {
            seconds,
            nanoseconds,
        })
    }

    /// The nearest time there is to a time of a file: one before 1970 or after 2106 is cut off.
    #[must_use]
    pub fn nearest(seconds: i64, nanoseconds: u32) -> Self {
        if seconds < 0 {
            return Self::default();
        }
        let last = SECOND - 1;
        let (seconds, nanoseconds) =
            u32::try_from(seconds).map_or((u32::MAX, last), |s| (s, nanoseconds.min(last)));
        Self {
            seconds,
            nanoseconds,
        }
    }

    /// Seconds since 1970.
    #[must_use]
    pub const fn seconds(&self) -> u32 {
        self.seconds
    }

    /// Nanoseconds since then, less than a thousand million.
    #[must_use]
    pub const fn nanoseconds(&self) -> u32 {
        self.nanoseconds
    }
}

impl Decode<'_> for Time {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let (seconds, nanoseconds) = (d.u32()?, d.u32()?);
        Self::new(seconds, nanoseconds).ok_or(Malformed::Value)
    }
}

impl Encode for Time {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.u32(self.seconds);
        e.u32(self.nanoseconds);
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::hex;
    use super::*;

    #[test]
    fn a_time_is_seconds_and_nanoseconds() {
        let bytes = hex("01020304 3b9ac9ff");
        let time = Time::new(0x0102_0304, SECOND - 1).unwrap();

        assert_eq!(time.to_bytes(), bytes);
        assert_eq!(Time::decode_all(&bytes), Ok(time));
    }

    #[test]
    fn what_utimensat_would_take_for_now_or_never_is_no_time() {
        const UTIME_NOW: u32 = 0x3fff_ffff;
        const UTIME_OMIT: u32 = 0x3fff_fffe;

        assert_eq!(Time::new(1, UTIME_NOW), None);
        assert_eq!(Time::new(1, UTIME_OMIT), None);
        assert_eq!(
            Time::decode_all(&hex("00000001 3fffffff")),
            Err(Malformed::Value)
        );
        assert_eq!(
            Time::decode_all(&hex("00000001 3b9aca00")),
            Err(Malformed::Value)
        );
    }

    #[test]
    fn a_time_that_the_protocol_cannot_express_is_cut_off() {
        assert_eq!(Time::nearest(-1, 5), Time::default());
        assert_eq!(Time::nearest(7, 5), Time::new(7, 5).unwrap());
        assert_eq!(
            Time::nearest(7, u32::MAX),
            Time::new(7, SECOND - 1).unwrap()
        );
        assert_eq!(
            Time::nearest(1 << 32, 5),
            Time::new(u32::MAX, SECOND - 1).unwrap()
        );
    }
}
