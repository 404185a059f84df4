//! What a greeter tells the supervisor.

use serde::{Deserialize, Serialize};

use crate::{Bytes, ChapAlgorithm, List, Text};

/// What a greeter tells the supervisor. A stranger's bytes made it say so: none of it is believed
/// further than it is bounded, and the only thing in it that gives access to anything is a right
/// answer to a challenge of the supervisor's own, a token, or a handle that was sealed with a label's
/// key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromGreeter {
    /// It is confined and waits for its connection.
    Ready {
        /// What confines it, in words for the log.
        confinement: List<Text<128>, 16>,
    },
    /// The initiator wants to prove itself with one of these; asked once, answered by
    /// [`crate::ToGreeter::Challenge`].
    Challenge {
        /// CHAP_A, as far as it is known, in the initiator's order; never empty.
        offered: List<ChapAlgorithm, 8>,
    },
    /// The initiator's answer; said once, after a challenge; answered by
    /// [`crate::ToGreeter::Verdict`].
    Answer(Answer),
    /// The login has succeeded, but for its last response, which the worker sends: this process has
    /// done its work, unless it is answered by [`crate::ToGreeter::NoRoom`].
    Negotiated(Negotiated),
    /// The login has failed, and the client has been told, unless it is gone or speaks another
    /// protocol; the greeter exits.
    Refused {
        /// The initiator's name, as far as it was given.
        initiator: Text<223>,
        /// The target it asked for, as far as it was given.
        target: Text<223>,
        /// Why.
        reason: Text<256>,
    },
    /// An RPC client wants to mount what this token opens (RFC 1813, 5.2.1: MOUNTPROC3_MNT);
    /// answered by [`crate::ToGreeter::Mounted`], or by nothing where the token is good and only the
    /// label's worker can say what the path leads to: that answers the call, and this process has
    /// done its work.
    Mount {
        /// What an answer is to carry.
        xid: u32,
        /// The first component of the path that it wants to mount.
        token: Bytes<64>,
        /// What follows that, without the slash between.
        rest: Bytes<1024>,
    },
    /// An RPC client shows this file handle in a call that the greeter has left unread. Said once,
    /// and last, unless it is answered by [`crate::ToGreeter::HandleRefused`].
    Handle(Bytes<64>),
    /// An RPC client has said all it wanted, and has closed the connection in order. The greeter
    /// exits.
    Ended,
}

/// An initiator's answer to a challenge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// CHAP_N: who it says it is.
    pub name: Text<255>,
    /// CHAP_R.
    pub response: Bytes<64>,
    /// Its own challenge, if it wants the gateway to prove itself, too.
    pub reverse: Option<ReverseChallenge>,
}

/// An initiator's own challenge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReverseChallenge {
    /// CHAP_I.
    pub identifier: u8,
    /// CHAP_C (RFC 7143, 12.1.3: at most 1024 bytes).
    pub challenge: Bytes<1024>,
}

/// A login that has succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Negotiated {
    /// The initiator's name.
    pub initiator: Text<223>,
    /// The target it asked for; `None` for discovery. It decides which label's worker serves the
    /// session, among those open to the identity.
    pub target: Option<Text<223>>,
    /// What the worker needs to go on, laid out by the protocol's crate. Nobody in between looks
    /// into it.
    pub login: Bytes<1536>,
}
