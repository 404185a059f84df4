//! What a login request leads to.

use super::{Login, Reply};
use crate::name::InitiatorName;
use crate::negotiation::Parameters;
use crate::pdu::{Cid, Isid, LoginStatus};
use crate::serial::CmdSn;
use crate::session_type::SessionType;

/// What one login request leads to.
#[derive(Debug)]
#[must_use]
pub enum Step {
    /// Send the reply and wait for the next request.
    Continue {
        /// What the next request goes to.
        login: Box<Login>,
        /// The answer.
        reply: Reply,
    },
    /// Send the reply, once it bears the session's name ([`Reply::named`]): the full feature phase
    /// begins.
    Established {
        /// What was agreed upon.
        established: Box<Established>,
        /// The answer.
        reply: Reply,
    },
    /// Send the reply, then close.
    Refused {
        /// Why.
        status: LoginStatus,
        /// The answer.
        reply: Reply,
        /// The name the initiator gave itself, as it came, for the record.
        initiator: Option<String>,
        /// The target it asked for, as it came, for the record.
        target: Option<String>,
    },
}

/// A session to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Established {
    /// What it is for.
    pub session_type: SessionType,
    /// Who the initiator says it is.
    pub initiator_name: InitiatorName,
    /// What else it calls itself, without control characters.
    pub initiator_alias: Option<String>,
    /// The initiator's part of the session's name. A session of the same initiator and ISID is
    /// reinstated: it ends first (RFC 7143, 6.3.5).
    pub isid: Isid,
    /// The session's one connection.
    pub cid: Cid,
    /// The number of the session's first command: ExpCmdSN.
    pub first_cmd_sn: CmdSn,
    /// What was agreed upon.
    pub parameters: Parameters,
}
