//! What stands before a procedure's results, or in their place (RFC 5531, 9).

use super::auth::OpaqueAuth;
use super::{VERSION, msg_type};
use crate::xdr::{Decode, Decoder, Encode, Encoder, Malformed};

const MSG_ACCEPTED: u32 = 0;
const MSG_DENIED: u32 = 1;

const RPC_MISMATCH: u32 = 0;
const AUTH_ERROR: u32 = 1;

/// The answer to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// The call's.
    ///
    /// > The xid of a REPLY message always matches that of the initiating CALL message. (RFC
    /// > 5531, 9)
    pub xid: u32,
    /// What became of the call.
    pub body: ReplyBody,
}

/// > A reply to a call message can take on two forms: the message was either accepted or
/// > rejected. (RFC 5531, 9)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyBody {
    /// The call was understood.
    Accepted(Accepted),
    /// The caller, or its RPC, was not.
    Denied(Denial),
}

/// > the status of an attempt to call a remote procedure (RFC 5531, 9)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// The procedure was called; its results follow.
    Success,
    /// The program is not served here.
    ProgUnavail,
    /// The program is, in other versions.
    ProgMismatch {
        /// The lowest of them.
        low: u32,
        /// The highest of them.
        high: u32,
    },
    /// The program has no such procedure.
    ProcUnavail,
    /// The arguments are not the procedure's.
    GarbageArgs,
    /// The server is at fault.
    SystemErr,
}

/// Reasons why a call message was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// The version of RPC is not 2.
    RpcMismatch,
    /// The caller's credential or verifier is not accepted.
    Auth(AuthStat),
}

/// Why a credential or a verifier is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthStat {
    /// A credential that is not understood.
    BadCred,
    /// A credential with which the client must begin anew.
    RejectedCred,
    /// A verifier that is not understood.
    BadVerf,
    /// A verifier that has expired.
    RejectedVerf,
    /// A flavor that proves too little.
    TooWeak,
}

impl Reply {
    /// The call was understood, and this became of it.
    #[must_use]
    pub const fn accepted(xid: u32, accepted: Accepted) -> Self {
        Self {
            xid,
            body: ReplyBody::Accepted(accepted),
        }
    }

    /// The call was not understood.
    #[must_use]
    pub const fn denied(xid: u32, denial: Denial) -> Self {
        Self {
            xid,
            body: ReplyBody::Denied(denial),
        }
    }

    /// The whole message that says that the call succeeded, with its results.
    #[must_use]
    pub fn success<T: Encode + ?Sized>(xid: u32, results: &T) -> Vec<u8> {
        let mut message = Vec::new();
        let mut encoder = Encoder::new(&mut message);
        encoder.item(&Self::accepted(xid, Accepted::Success));
        encoder.item(results);
        message
    }
}

impl Encode for Reply {
    fn encode(&self, e: &mut Encoder<'_>) {
        e.u32(self.xid);
        e.u32(msg_type::REPLY);
        match &self.body {
            ReplyBody::Accepted(accepted) => {
                e.u32(MSG_ACCEPTED);
                // > The first field is an authentication verifier that the server generates in
                // > order to validate itself to the client. (RFC 5531, 9)
                e.item(&OpaqueAuth::NONE);
                e.item(accepted);
            }
            ReplyBody::Denied(denial) => {
                e.u32(MSG_DENIED);
                e.item(denial);
            }
        }
    }
}

/// A reply as a client reads it, up to the results.
impl Decode<'_> for Reply {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let xid = d.u32()?;
        if d.u32()? != msg_type::REPLY {
            return Err(Malformed::Value);
        }
        let body = match d.u32()? {
            MSG_ACCEPTED => {
                d.item::<OpaqueAuth<'_>>()?;
                ReplyBody::Accepted(d.item()?)
            }
            MSG_DENIED => ReplyBody::Denied(d.item()?),
            _ => return Err(Malformed::Value),
        };
        Ok(Self { xid, body })
    }
}

impl Encode for Accepted {
    fn encode(&self, e: &mut Encoder<'_>) {
        match *self {
            Self::Success => e.u32(0),
            Self::ProgUnavail => e.u32(1),
            Self::ProgMismatch { low, high } => {
                e.u32(2);
                e.u32(low);
                e.u32(high);
            }
            Self::ProcUnavail => e.u32(3),
            Self::GarbageArgs => e.u32(4),
            Self::SystemErr => e.u32(5),
        }
    }
}

impl Decode<'_> for Accepted {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        Ok(match d.u32()? {
            0 => Self::Success,
            1 => Self::ProgUnavail,
            2 => Self::ProgMismatch {
                low: d.u32()?,
                high: d.u32()?,
            },
            3 => Self::ProcUnavail,
            4 => Self::GarbageArgs,
            5 => Self::SystemErr,
            _ => return Err(Malformed::Value),
        })
    }
}

impl Encode for Denial {
    fn encode(&self, e: &mut Encoder<'_>) {
        match self {
            // > In case of an RPC version mismatch, the server returns the lowest and highest
            // > supported RPC version numbers. (RFC 5531, 9)
            Self::RpcMismatch => {
                e.u32(RPC_MISMATCH);
                e.u32(VERSION);
                e.u32(VERSION);
            }
            Self::Auth(why) => {
                e.u32(AUTH_ERROR);
                e.u32(why.code());
            }
        }
    }
}

impl Decode<'_> for Denial {
    fn decode(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        match d.u32()? {
            RPC_MISMATCH if (d.u32()?, d.u32()?) == (VERSION, VERSION) => Ok(Self::RpcMismatch),
            AUTH_ERROR => AuthStat::from_code(d.u32()?)
                .map(Self::Auth)
                .ok_or(Malformed::Value),
            _ => Err(Malformed::Value),
        }
    }
}

impl AuthStat {
    const fn code(self) -> u32 {
        match self {
            Self::BadCred => 1,
            Self::RejectedCred => 2,
            Self::BadVerf => 3,
            Self::RejectedVerf => 4,
            Self::TooWeak => 5,
        }
    }

    const fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            1 => Self::BadCred,
            2 => Self::RejectedCred,
            3 => Self::BadVerf,
            4 => Self::RejectedVerf,
            5 => Self::TooWeak,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const XID: u32 = 0x1234_5678;

    /// The reply's numbers behind the xid and the message type.
    fn numbers(reply: Reply) -> Vec<u32> {
        let bytes = reply.to_bytes();
        let (head, body) = bytes.split_at(8);
        assert_eq!(head, [0x12, 0x34, 0x56, 0x78, 0, 0, 0, 1]);
        let number = |chunk: &[u8]| u32::from_be_bytes(chunk.try_into().unwrap());
        body.chunks(4).map(number).collect()
    }

    fn accepted(accepted: Accepted) -> Vec<u32> {
        numbers(Reply::accepted(XID, accepted))
    }

    fn denied(denial: Denial) -> Vec<u32> {
        numbers(Reply::denied(XID, denial))
    }

    #[test]
    fn what_became_of_an_accepted_call_follows_an_empty_verifier() {
        assert_eq!(accepted(Accepted::Success), [0, 0, 0, 0]);
        assert_eq!(accepted(Accepted::ProgUnavail), [0, 0, 0, 1]);
        let mismatch = Accepted::ProgMismatch { low: 3, high: 4 };
        assert_eq!(accepted(mismatch), [0, 0, 0, 2, 3, 4]);
        assert_eq!(accepted(Accepted::ProcUnavail), [0, 0, 0, 3]);
        assert_eq!(accepted(Accepted::GarbageArgs), [0, 0, 0, 4]);
        assert_eq!(accepted(Accepted::SystemErr), [0, 0, 0, 5]);
    }

    #[test]
    fn a_denial_names_our_version_or_what_is_wrong_with_the_credential() {
        assert_eq!(denied(Denial::RpcMismatch), [1, 0, 2, 2]);
        assert_eq!(denied(Denial::Auth(AuthStat::BadCred)), [1, 1, 1]);
        assert_eq!(denied(Denial::Auth(AuthStat::RejectedCred)), [1, 1, 2]);
        assert_eq!(denied(Denial::Auth(AuthStat::BadVerf)), [1, 1, 3]);
        assert_eq!(denied(Denial::Auth(AuthStat::RejectedVerf)), [1, 1, 4]);
        assert_eq!(denied(Denial::Auth(AuthStat::TooWeak)), [1, 1, 5]);
    }

    #[test]
    fn results_follow_a_success() {
        let message = Reply::success(XID, &7_u32);
        let (head, results) = message.split_at(24);

        assert_eq!(
            Reply::decode_all(head),
            Ok(Reply::accepted(XID, Accepted::Success))
        );
        assert_eq!(results, [0, 0, 0, 7]);
    }
}
