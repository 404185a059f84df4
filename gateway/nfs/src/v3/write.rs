//! WRITE: data for a file (RFC 1813, 3.3.7).
//!
//! The data goes into a buffer of its own. So there is only what comes before it, [`Head`], which
//! is read in stages because its length is known only once its first bytes have arrived.

use super::{FileHandle, MAX_HANDLE, WccData, WriteVerifier, payload, reply};
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed, UNIT, padding};

/// How safe data is: stable_how.
///
/// > If stable was FILE_SYNC, then committed must also be FILE_SYNC: anything else constitutes a
/// > protocol violation. If stable was DATA_SYNC, then committed may be FILE_SYNC or DATA_SYNC:
/// > anything else constitutes a protocol violation. (RFC 1813 3.3.7)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Stability {
    /// > If stable is UNSTABLE, the server is free to commit any part of the data and the metadata
    /// > to stable storage, including all or none, before returning a reply to the client.
    Unstable = 0,
    /// > If stable is DATA_SYNC, then the server must commit all of the data to stable storage and
    /// > enough of the metadata to retrieve the data before returning.
    DataSync = 1,
    /// > If stable is FILE_SYNC, the server must commit the data written plus all file system
    /// > metadata to stable storage before returning results.
    FileSync = 2,
}

/// What comes before the data.
///
/// > struct WRITE3args { nfs_fh3 file; offset3 offset; count3 count; stable_how stable; opaque
/// > data<>; }; (RFC 1813 3.3.7)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head<'a> {
    /// > The file handle for the file to which data is to be written. This must identify a file
    /// > system object of type, NF3REG.
    pub file: FileHandle<'a>,
    /// > The position within the file at which the write is to begin.
    pub offset: u64,
    /// How many bytes of data follow, of which the server writes at most its own wtmax.
    ///
    /// > The number of bytes of data to be written. [...] The size of data must be less than or
    /// > equal to the value of the wtmax field in the FSINFO reply structure for the file system
    /// > that contains file. If greater, the server may write only wtmax bytes, resulting in a
    /// > short write.
    pub count: u32,
    /// How safe the data is to be before the answer.
    pub stable: Stability,
}

/// How far the head has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Staged<'a> {
    /// At least this many bytes more are needed: one or more.
    Need(usize),
    /// Here it is.
    Parsed {
        /// The head.
        head: Head<'a>,
        /// How many bytes it took; the data begins behind them.
        length: usize,
    },
}

/// > struct WRITE3resok { wcc_data file_wcc; count3 count; stable_how committed; writeverf3 verf;
/// > }; (RFC 1813 3.3.7)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Success {
    /// > Weak cache consistency data for the file.
    pub file: WccData,
    /// > The number of bytes of data written to the file. The server may write fewer bytes than
    /// > requested.
    pub count: u32,
    /// How safe the data is, at least as safe as was asked for.
    pub committed: Stability,
    /// > This is a cookie that the client can use to determine whether the server has changed state
    /// > between a call to WRITE and a subsequent call to either WRITE or COMMIT.
    pub verifier: WriteVerifier,
}

/// > Even though the write failed, full wcc_data is returned to allow the client to determine
/// > whether the failed write resulted in any change to the file. (RFC 1813 3.3.7)
pub type Reply = reply::Reply<Success, WccData>;

impl<'a> Head<'a> {
    /// What a head is beside the bytes of its handle: the handle's length, offset, count, stable,
    /// and the length of the data.
    const FIXED: usize = UNIT + 8 + UNIT + UNIT + UNIT;

    /// The longest head there is, in bytes.
    pub const MAX_LENGTH: usize = Self::FIXED + MAX_HANDLE;

    /// Reads the head at the front of `bytes`, if it is there whole.
    ///
    /// # Errors
    /// If these bytes, whatever may follow them, are not the arguments of a WRITE.
    pub fn parse(bytes: &'a [u8]) -> Result<Staged<'a>, Malformed> {
        let mut decoder = Decoder::new(bytes);
        match Self::decode(&mut decoder) {
            Ok(head) => Ok(Staged::Parsed {
                head,
                length: bytes.len() - decoder.remaining(),
            }),
            Err(Malformed::Truncated) => {
                let more = Self::length(bytes)?.saturating_sub(bytes.len());
                Ok(Staged::Need(more))
            }
            Err(malformed) => Err(malformed),
        }
    }

    /// How long the head at the front of `bytes` is, or at least.
    fn length(bytes: &[u8]) -> Result<usize, Malformed> {
        let mut decoder = Decoder::new(bytes);
        match decoder.length(MAX_HANDLE) {
            Ok(handle) => Ok(Self::FIXED + handle + padding(handle)),
            Err(Malformed::Truncated) => Ok(Self::FIXED),
            Err(malformed) => Err(malformed),
        }
    }

    /// How many bytes of padding follow the data, at most three.
    #[must_use]
    pub const fn padding(&self) -> usize {
        payload::padding(self.count)
    }

    /// How many bytes follow the head in its call: the data and its padding, and nothing else.
    #[must_use]
    pub fn follows(&self) -> u64 {
        let padding = u64::try_from(self.padding()).unwrap_or(0);
        u64::from(self.count) + padding
    }
}

impl<'a> Decode<'a> for Head<'a> {
    /// Ends before the first byte of the data.
    fn decode(d: &mut Decoder<'a>) -> Result<Self, Malformed> {
        let head = Self {
            file: d.item()?,
            offset: d.u64()?,
            count: d.u32()?,
            stable: d.item()?,
        };
        // The standard has the length twice, and does not say which one counts.
        if d.u32()? != head.count {
            return Err(Malformed::Value);
        }
        Ok(head)
    }
}

impl Decode<'_> for Stability {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        match d.u32()? {
            0 => Ok(Self::Unstable),
            1 => Ok(Self::DataSync),
            2 => Ok(Self::FileSync),
            _ => Err(Malformed::Value),
        }
    }
}

impl Encode for Stability {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.u32(*self as u32);
    }
}

impl Encode for Success {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.item(&self.file);
        e.u32(self.count);
        e.item(&self.committed);
        e.item(&self.verifier);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::super::golden::{HANDLE, HANDLE_BYTES, NO_WCC_BYTES, WCC, hex, wcc_bytes};
    use super::*;

    const HEAD: Head<'static> = Head {
        file: HANDLE,
        offset: 0x1_0000_0002,
        count: 5,
        stable: Stability::DataSync,
    };

    fn head_bytes() -> Vec<u8> {
        hex(&format!(
            "{HANDLE_BYTES} 00000001 00000002 00000005 00000001 00000005"
        ))
    }

    #[test]
    fn the_head_ends_before_the_data() {
        let mut bytes = head_bytes();
        let length = bytes.len();
        bytes.extend_from_slice(b"data!");

        assert_eq!(
            Head::parse(&bytes),
            Ok(Staged::Parsed { head: HEAD, length })
        );
        assert_eq!(HEAD.padding(), 3);
        assert_eq!(HEAD.follows(), 8);
    }

    #[test]
    fn a_head_asks_for_the_shortest_and_then_for_what_its_handle_adds() {
        let bytes = head_bytes();

        assert_eq!(Head::parse(&[]), Ok(Staged::Need(24)));
        assert_eq!(Head::parse(&bytes[..3]), Ok(Staged::Need(21)));
        assert_eq!(Head::parse(&bytes[..4]), Ok(Staged::Need(24)));
        assert_eq!(Head::parse(&bytes[..24]), Ok(Staged::Need(4)));
        assert_eq!(Head::parse(&bytes[..27]), Ok(Staged::Need(1)));
    }

    #[test]
    fn the_longest_head_has_the_longest_handle() {
        let longest = hex("00000040");

        assert_eq!(
            Head::parse(&longest),
            Ok(Staged::Need(Head::MAX_LENGTH - 4))
        );
        assert_eq!(Head::MAX_LENGTH, 88);
    }

    #[test]
    fn a_handle_that_is_too_long_is_refused_before_it_has_arrived() {
        assert_eq!(Head::parse(&hex("00000041")), Err(Malformed::TooLong));
    }

    #[test]
    fn data_that_is_not_as_long_as_its_count_is_refused() {
        let shorter = hex(&format!(
            "{HANDLE_BYTES} 00000001 00000002 00000005 00000001 00000004"
        ));
        let longer = hex(&format!(
            "{HANDLE_BYTES} 00000001 00000002 00000005 00000001 00000006"
        ));

        assert_eq!(Head::parse(&shorter), Err(Malformed::Value));
        assert_eq!(Head::parse(&longer), Err(Malformed::Value));
    }

    #[test]
    fn a_stability_that_there_is_not_is_refused() {
        let bytes = hex(&format!(
            "{HANDLE_BYTES} 00000001 00000002 00000005 00000003"
        ));

        assert_eq!(Head::parse(&bytes), Err(Malformed::Value));
    }

    #[test]
    fn the_longest_data_does_not_overflow_what_follows() {
        let head = Head {
            count: u32::MAX,
            ..HEAD
        };

        assert_eq!(head.follows(), 1 << 32);
    }

    #[test]
    fn success_says_how_much_is_how_safe() {
        let reply: Reply = Ok(Success {
            file: WCC,
            count: 5,
            committed: Stability::FileSync,
            verifier: WriteVerifier([1, 2, 3, 4, 5, 6, 7, 8]),
        });

        assert_eq!(
            reply.to_bytes(),
            hex(&format!(
                "00000000 {} 00000005 00000002 01020304 05060708",
                wcc_bytes()
            ))
        );
    }

    #[test]
    fn failure_has_the_attributes_before_and_after() {
        let reply: Reply = Err(Status::NoSpc.into());

        assert_eq!(reply.to_bytes(), hex(&format!("0000001c {NO_WCC_BYTES}")));
    }
}
