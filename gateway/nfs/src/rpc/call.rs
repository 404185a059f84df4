//! What stands before a procedure's arguments (RFC 5531, 9).

use super::auth::{BODY, Credential, OpaqueAuth};
use super::reply::Denial;
use super::{VERSION, msg_type};
use crate::xdr::{Decoder, Encode, Encoder, Malformed, padding};

/// `xid`, `mtype`, `rpcvers`, `prog`, `vers`, `proc`.
const NUMBERS: usize = 24;

/// The flavor and the length of a credential or a verifier.
const AUTH: usize = 8;

/// The shortest header.
pub const LEAST: usize = NUMBERS + AUTH + AUTH;

/// The longest header.
pub const LONGEST: usize = NUMBERS + AUTH + BODY + AUTH + BODY;

/// Which procedure is called, and by whom.
///
/// It exists only of calls that can be served as far as RPC itself is concerned: of version 2,
/// with a credential that is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallHeader<'a> {
    /// What the reply is to carry.
    ///
    /// > the service side cannot treat this id as any type of sequence number (RFC 5531, 9)
    pub xid: u32,
    /// The program.
    pub program: u32,
    /// The program's version.
    pub version: u32,
    /// The procedure of that version.
    pub procedure: u32,
    /// Who the caller says it is.
    pub credential: Credential<'a>,
}

/// What the first bytes of a message say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parsed<'a> {
    /// The header, and how many bytes it was. The arguments follow.
    Header(CallHeader<'a>, usize),
    /// At least so many more bytes, one or more, belong to the header. A message that has no more
    /// is truncated.
    Need(usize),
    /// The call is answered with this denial, whatever follows.
    Denied {
        /// What the reply is to carry.
        xid: u32,
        /// Why.
        denial: Denial,
    },
}

impl<'a> CallHeader<'a> {
    /// Reads the header at the front of a message, of which `bytes` is as much as has arrived.
    ///
    /// What is said of a prefix is never taken back: with more bytes a header stays a header.
    ///
    /// # Errors
    /// If the message is no call, or cannot be understood, so that it has no answer.
    pub fn parse(bytes: &'a [u8]) -> Result<Parsed<'a>, Malformed> {
        let mut stages = Stages {
            decoder: Decoder::new(bytes),
            least: LEAST,
        };
        match stages.header() {
            Ok(header) => {
                let length = bytes.len().saturating_sub(stages.decoder.remaining());
                Ok(Parsed::Header(header, length))
            }
            Err(Stop::Short) => Ok(Parsed::Need(stages.least.saturating_sub(bytes.len()))),
            Err(Stop::Denied { xid, denial }) => Ok(Parsed::Denied { xid, denial }),
            Err(Stop::Malformed(malformed)) => Err(malformed),
        }
    }
}

/// A header as a client sends it.
impl Encode for CallHeader<'_> {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.u32(self.xid);
        e.u32(msg_type::CALL);
        e.u32(VERSION);
        e.u32(self.program);
        e.u32(self.version);
        e.u32(self.procedure);
        e.item(&self.credential);
        e.item(&OpaqueAuth::NONE);
    }
}

/// Reads a header, and knows how long it is at least.
struct Stages<'a> {
    decoder: Decoder<'a>,
    least: usize,
}

enum Stop {
    Short,
    Denied { xid: u32, denial: Denial },
    Malformed(Malformed),
}

impl<'a> Stages<'a> {
    fn header(&mut self) -> Result<CallHeader<'a>, Stop> {
        let xid = self.decoder.u32()?;
        let denied = |denial| Stop::Denied { xid, denial };
        if self.decoder.u32()? != msg_type::CALL {
            return Err(Stop::Malformed(Malformed::Value));
        }
        // What follows the version is of that version: no more is read of another.
        if self.decoder.u32()? != VERSION {
            return Err(denied(Denial::RpcMismatch));
        }
        let program = self.decoder.u32()?;
        let version = self.decoder.u32()?;
        let procedure = self.decoder.u32()?;
        let credential = self.auth()?.credential();
        let verified = self.auth()?.verify();
        let credential = credential.map_err(|why| denied(Denial::Auth(why)))?;
        verified.map_err(|why| denied(Denial::Auth(why)))?;
        Ok(CallHeader {
            xid,
            program,
            version,
            procedure,
            credential,
        })
    }

    fn auth(&mut self) -> Result<OpaqueAuth<'a>, Stop> {
        let mut ahead = self.decoder;
        ahead.u32()?;
        let length = ahead.length(BODY)?;
        self.least += length + padding(length);
        Ok(self.decoder.item()?)
    }
}

impl From<Malformed> for Stop {
    fn from(malformed: Malformed) -> Self {
        match malformed {
            Malformed::Truncated => Self::Short,
            other => Self::Malformed(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{AuthStat, AuthSys, Gids};
    use super::*;

    #[rustfmt::skip]
    const NULL: &[u8] = &[
        0x12, 0x34, 0x56, 0x78, // xid
        0, 0, 0, 0, // CALL
        0, 0, 0, 2, // rpcvers
        0, 1, 0x86, 0xa3, // 100003, NFS
        0, 0, 0, 3, // version 3
        0, 0, 0, 0, // NULL
        0, 0, 0, 0, 0, 0, 0, 0, // AUTH_NONE
        0, 0, 0, 0, 0, 0, 0, 0, // AUTH_NONE
    ];

    fn null() -> CallHeader<'static> {
        CallHeader {
            xid: 0x1234_5678,
            program: 100_003,
            version: 3,
            procedure: 0,
            credential: Credential::None,
        }
    }

    fn with(at: usize, number: u32) -> Vec<u8> {
        let mut bytes = NULL.to_vec();
        bytes[at..at + 4].copy_from_slice(&number.to_be_bytes());
        bytes
    }

    #[test]
    fn a_null_call_is_read_from_its_bytes() {
        assert_eq!(CallHeader::parse(NULL), Ok(Parsed::Header(null(), LEAST)));
        assert_eq!(null().to_bytes(), NULL);
    }

    #[test]
    fn the_arguments_are_no_part_of_the_header() {
        let bytes = [NULL, &[1, 2, 3, 4]].concat();

        assert_eq!(CallHeader::parse(&bytes), Ok(Parsed::Header(null(), LEAST)));
    }

    #[test]
    fn the_shortest_header_is_asked_for_first() {
        assert_eq!(CallHeader::parse(&[]), Ok(Parsed::Need(40)));
        assert_eq!(CallHeader::parse(&NULL[..39]), Ok(Parsed::Need(1)));
    }

    #[test]
    fn a_credential_is_asked_for_once_its_length_is_known() {
        let bytes = with(28, 397);

        assert_eq!(CallHeader::parse(&bytes[..31]), Ok(Parsed::Need(9)));
        assert_eq!(CallHeader::parse(&bytes[..32]), Ok(Parsed::Need(8 + 400)));
    }

    #[test]
    fn a_verifier_is_asked_for_once_its_length_is_known() {
        assert_eq!(CallHeader::parse(&with(36, 5)), Ok(Parsed::Need(8)));
    }

    #[test]
    fn a_body_has_at_most_400_bytes() {
        assert_eq!(CallHeader::parse(&with(28, 401)), Err(Malformed::TooLong));
        assert_eq!(CallHeader::parse(&with(36, 401)), Err(Malformed::TooLong));
    }

    #[test]
    fn a_reply_has_no_answer() {
        assert_eq!(CallHeader::parse(&with(4, 1)), Err(Malformed::Value));
    }

    #[test]
    fn another_version_of_rpc_is_denied_as_soon_as_it_is_seen() {
        let denied = Parsed::Denied {
            xid: 0x1234_5678,
            denial: Denial::RpcMismatch,
        };

        assert_eq!(CallHeader::parse(&with(8, 3)), Ok(denied));
        assert_eq!(CallHeader::parse(&with(8, 3)[..12]), Ok(denied));
    }

    #[test]
    fn a_credential_or_verifier_that_is_not_understood_is_denied() {
        let denied = |why| {
            Ok(Parsed::Denied {
                xid: 0x1234_5678,
                denial: Denial::Auth(why),
            })
        };

        assert_eq!(CallHeader::parse(&with(24, 6)), denied(AuthStat::BadCred));
        assert_eq!(
            CallHeader::parse(&with(24, 2)),
            denied(AuthStat::RejectedCred)
        );
        assert_eq!(CallHeader::parse(&with(32, 1)), denied(AuthStat::BadVerf));
    }

    #[test]
    fn an_auth_sys_credential_is_understood() {
        let sys = AuthSys {
            stamp: 1,
            machine_name: b"vm",
            uid: 0,
            gid: 0,
            gids: Gids::default(),
        };
        let header = CallHeader {
            credential: Credential::Sys(sys),
            ..null()
        };
        let bytes = header.to_bytes();

        assert_eq!(bytes.len(), LEAST + 24);
        assert_eq!(
            CallHeader::parse(&bytes),
            Ok(Parsed::Header(header, bytes.len()))
        );
    }
}
