//! MNT: a directory's handle (RFC 1813, 5.2.1).

use std::fmt;

use super::MountStat;
use crate::handle;
use crate::rpc::flavor;
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

/// > MNT3_OK = 0, /* no error */ (RFC 1813, 5.1.5)
const OK: u32 = 0;

/// The flavors that a client may use with its handle, the one it should prefer first.
///
/// > the server returns [...] a vector of RPC authentication flavors that are supported with the
/// > client's use of the file handle (RFC 1813, 5.2.1)
pub const AUTH_FLAVORS: [u32; 2] = [flavor::SYS, flavor::NONE];

/// How many flavors are read of a server's, which has no bound of its own.
const MOST_FLAVORS: usize = 16;

/// The answer to MNT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MntReply {
    /// The directory is there for this client.
    Mounted(Mounted),
    /// It is not.
    Refused(MountStat),
}

/// A directory's sealed handle, which may be printed nowhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Mounted(pub [u8; handle::LENGTH]);

impl fmt::Debug for Mounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mounted(..)")
    }
}

impl Encode for MntReply {
    fn encode(&self, e: &mut Encoder<'_>) {
        match self {
            Self::Mounted(Mounted(handle)) => {
                e.u32(OK);
                e.opaque(handle);
                e.length(AUTH_FLAVORS.len());
                for flavor in AUTH_FLAVORS {
                    e.u32(flavor);
                }
            }
            Self::Refused(why) => e.item(why),
        }
    }
}

/// The answer as a client reads it.
impl Decode<'_> for MntReply {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        match d.u32()? {
            OK => {
                let handle = d.opaque(handle::LENGTH)?;
                let handle = handle.try_into().map_err(|_| Malformed::Value)?;
                for _ in 0..d.length(MOST_FLAVORS)? {
                    d.u32()?;
                }
                Ok(Self::Mounted(Mounted(handle)))
            }
            code => MountStat::from_code(code)
                .map(Self::Refused)
                .ok_or(Malformed::Value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mounted_directory_is_its_handle_and_the_flavors() {
        let bytes = MntReply::Mounted(Mounted([7; 48])).to_bytes();

        #[rustfmt::skip]
        let expected = [
            &[0, 0, 0, 0, 0, 0, 0, 48][..],
            &[7; 48],
            &[0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0],
        ]
        .concat();
        assert_eq!(bytes, expected);
        assert_eq!(
            MntReply::decode_all(&bytes),
            Ok(MntReply::Mounted(Mounted([7; 48])))
        );
    }

    #[test]
    fn a_refusal_is_its_number() {
        let numbers = |why| MntReply::Refused(why).to_bytes();

        assert_eq!(numbers(MountStat::Perm), [0, 0, 0, 1]);
        assert_eq!(numbers(MountStat::NoEnt), [0, 0, 0, 2]);
        assert_eq!(numbers(MountStat::Io), [0, 0, 0, 5]);
        assert_eq!(numbers(MountStat::Acces), [0, 0, 0, 13]);
        assert_eq!(numbers(MountStat::NotDir), [0, 0, 0, 20]);
        assert_eq!(numbers(MountStat::Inval), [0, 0, 0, 22]);
        assert_eq!(numbers(MountStat::NameTooLong), [0, 0, 0, 63]);
        assert_eq!(numbers(MountStat::NotSupp), [0, 0, 0x27, 0x14]);
        assert_eq!(numbers(MountStat::ServerFault), [0, 0, 0x27, 0x16]);
    }

    #[test]
    fn a_handle_is_not_printed() {
        assert_eq!(format!("{:?}", Mounted([7; 48])), "Mounted(..)");
    }
}
