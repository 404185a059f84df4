//! What the supervisor tells a greeter.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use serde::{Deserialize, Serialize};

use crate::{Attached, Bytes, Mismatch};

/// What the supervisor tells a greeter.
///
/// `D` is the descriptor: an [`OwnedFd`] in a process, [`Attached`] in a datagram.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToGreeter<D = OwnedFd> {
    /// The connection to greet: the first message, sent once, possibly long after the greeter has
    /// said [`crate::FromGreeter::Ready`]. The descriptor is a connected TCP socket in blocking
    /// mode. The supervisor keeps a copy and uses that when the greeter is gone.
    Greet(Greet, D),
    /// The answer to [`crate::FromGreeter::Challenge`].
    Challenge {
        /// The algorithm that was chosen from those offered.
        algorithm: ChapAlgorithm,
        /// CHAP_I: makes the answer differ from those to other challenges.
        identifier: u8,
        /// CHAP_C: fresh random bytes.
        challenge: Bytes<64>,
    },
    /// The answer to [`crate::FromGreeter::Answer`].
    Verdict(Verdict),
    /// The answer to [`crate::FromGreeter::Mount`]: the sealed handle of the export's root.
    Mounted(Result<Bytes<64>, MountRefusal>),
    /// The answer to [`crate::FromGreeter::Handle`], if it is no good. The greeter reads the call,
    /// tells the client, says [`crate::FromGreeter::Refused`], and exits.
    HandleRefused(HandleRefusal),
    /// The answer to [`crate::FromGreeter::Negotiated`], if there is no room for the worker that it
    /// leads to. The greeter tells the client, says [`crate::FromGreeter::Refused`], and exits.
    NoRoom,
}

/// A connection to greet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greet {
    /// What it is called in records.
    pub connection: u64,
    /// The client's address.
    pub peer: SocketAddr,
    /// The address of ours that it reached.
    pub local: SocketAddr,
    /// What the client is to speak.
    pub protocol: Protocol,
}

/// What a client speaks before it is known whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// iSCSI.
    Iscsi {
        /// How the client is to prove who it is.
        proof: Proof,
    },
    /// Asking where services are (RFC 1833), and nothing else.
    Portmap(Services),
    /// MOUNT and NFS (RFC 1813), up to the first call with a file handle.
    Rpc(Services),
}

/// Where RPC services are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Services {
    /// NFS's port.
    pub nfs_port: u16,
    /// MOUNT's port.
    pub mount_port: u16,
}

/// Why nothing is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MountRefusal {
    /// The token is nobody's, or not good from there now: which of these is for the audit trail
    /// alone (MNT3ERR_ACCES).
    Access,
    /// The token is good, and nothing has this path (MNT3ERR_NOENT).
    NoEntry,
}

/// Why a file handle is no good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HandleRefusal {
    /// No handle of ours ever had this form (NFS3ERR_BADHANDLE).
    Malformed,
    /// It is another's, forged, or no longer valid (NFS3ERR_STALE).
    Stale,
}

/// How a client proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Proof {
    /// It is known by its address: nothing more is asked (AuthMethod=None), and the login is
    /// only to say which target it wants.
    Address,
    /// CHAP (RFC 7143, 12.1.3), and nothing less.
    Chap,
}

/// A hash that CHAP is used with (RFC 7143, 12.1.3; IANA "PPP Authentication Algorithms").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ChapAlgorithm {
    /// 5: 16 bytes.
    Md5,
    /// 6: 20 bytes.
    Sha1,
    /// 7: 32 bytes.
    Sha256,
    /// 8: 32 bytes.
    Sha3_256,
}

impl ChapAlgorithm {
    /// All there are, the best first.
    pub const ALL: [Self; 4] = [Self::Sha3_256, Self::Sha256, Self::Sha1, Self::Md5];

    /// Its number in CHAP_A.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Md5 => 5,
            Self::Sha1 => 6,
            Self::Sha256 => 7,
            Self::Sha3_256 => 8,
        }
    }

    /// The algorithm with this number.
    #[must_use]
    pub fn of_number(number: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.number() == number)
    }

    /// The length of its responses in bytes.
    #[must_use]
    pub const fn response_length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 | Self::Sha3_256 => 32,
        }
    }
}

/// What became of an initiator's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// It proves the identity.
    Granted {
        /// The answer to the initiator's own challenge, if it made one.
        reverse: Option<Reverse>,
    },
    /// It does not, or the name is unknown, or its own challenge must not be answered: which of
    /// these is for the audit trail alone.
    Refused,
}

/// The gateway's answer to an initiator's own challenge (mutual CHAP).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reverse {
    /// CHAP_N: the gateway's name.
    pub name: crate::Text<223>,
    /// CHAP_R.
    pub response: Bytes<32>,
}

impl<D> ToGreeter<D> {
    /// Parts the message from its descriptor.
    pub fn detach(self) -> (ToGreeter<Attached>, Option<D>) {
        match self {
            Self::Greet(greet, fd) => (ToGreeter::Greet(greet, Attached), Some(fd)),
            Self::Challenge {
                algorithm,
                identifier,
                challenge,
            } => {
                let message = ToGreeter::Challenge {
                    algorithm,
                    identifier,
                    challenge,
                };
                (message, None)
            }
            Self::Verdict(verdict) => (ToGreeter::Verdict(verdict), None),
            Self::Mounted(result) => (ToGreeter::Mounted(result), None),
            Self::HandleRefused(why) => (ToGreeter::HandleRefused(why), None),
            Self::NoRoom => (ToGreeter::NoRoom, None),
        }
    }
}

impl ToGreeter<Attached> {
    /// Joins the message with the descriptor that came with it.
    pub fn attach<D>(self, descriptor: Option<D>) -> Result<ToGreeter<D>, Mismatch> {
        match (self, descriptor) {
            (Self::Greet(greet, Attached), Some(fd)) => Ok(ToGreeter::Greet(greet, fd)),
            (Self::Greet(..), None) => Err(Mismatch::Missing),
            (_, Some(_)) => Err(Mismatch::Unwanted),
            (
                Self::Challenge {
                    algorithm,
                    identifier,
                    challenge,
                },
                None,
            ) => Ok(ToGreeter::Challenge {
                algorithm,
                identifier,
                challenge,
            }),
            (Self::Verdict(verdict), None) => Ok(ToGreeter::Verdict(verdict)),
            (Self::Mounted(result), None) => Ok(ToGreeter::Mounted(result)),
            (Self::HandleRefused(why), None) => Ok(ToGreeter::HandleRefused(why)),
            (Self::NoRoom, None) => Ok(ToGreeter::NoRoom),
        }
    }
}
