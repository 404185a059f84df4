//! What is worth a record: the worker passes these on to the supervisor's audit.

use labelgate_engine::ConnectionId;

use super::Target;
use crate::pdu::LoginStatus;

/// Something an admin may want to know about a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A session began.
    LoggedIn {
        /// On this connection.
        connection: ConnectionId,
        /// The initiator's name.
        initiator: String,
        /// The target's name; `None` for a discovery session.
        target: Option<String>,
    },
    /// A login was refused.
    LoginRefused {
        /// On this connection.
        connection: ConnectionId,
        /// The initiator's name, as far as it was given.
        initiator: Option<String>,
        /// The target it asked for, as far as it was given.
        target: Option<String>,
        /// Why.
        status: LoginStatus,
    },
    /// A session ended in an orderly way.
    LoggedOut {
        /// On this connection.
        connection: ConnectionId,
        /// The initiator's name.
        initiator: String,
        /// The target's name; `None` for a discovery session.
        target: Option<String>,
    },
    /// A session was taken over by a new one of the same nexus.
    Reinstated {
        /// The connection of the old session.
        connection: ConnectionId,
        /// The initiator's name.
        initiator: String,
        /// The target's name.
        target: Option<String>,
    },
    /// A connection was closed because the peer broke the protocol or a time limit.
    Closed {
        /// Which.
        connection: ConnectionId,
        /// What it did.
        why: &'static str,
    },
}

/// More notices than this are dropped, the oldest first: a client must not fill our memory.
const MOST: usize = 256;

impl Target {
    pub(super) fn notice(&mut self, notice: Notice) {
        if self.notices.len() == MOST {
            self.notices.pop_front();
        }
        self.notices.push_back(notice);
    }
}
