//! What a driver has to tell the handler although no system call has ended.

use labelgate_engine::{ConnectionId, Transmission};

use super::handler::Handler;

/// News that came up between two turns.
#[derive(Debug)]
pub(crate) enum Report {
    /// An empty transmission is sent as soon as it is queued.
    Sent(ConnectionId, Transmission),
    /// A connection is gone.
    Closed(ConnectionId),
}

impl Report {
    pub(crate) fn deliver<H: Handler>(self, handler: &mut H) {
        match self {
            Self::Sent(connection, transmission) => handler.sent(connection, transmission),
            Self::Closed(connection) => handler.closed(connection),
        }
    }
}
