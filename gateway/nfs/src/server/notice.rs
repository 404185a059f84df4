//! What is worth a record: the worker passes these on to the supervisor's audit.

use labelgate_engine::ConnectionId;

use super::Server;

/// Something an admin may want to know about a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A client was given the handle of its export's root.
    Mounted {
        /// On this connection.
        connection: ConnectionId,
    },
    /// A client was refused what it wanted to mount. The path is not told: there may be a token in
    /// it.
    MountRefused {
        /// On this connection.
        connection: ConnectionId,
        /// Why.
        why: &'static str,
    },
    /// A client has used a handle that was never given to it, or is one no more.
    HandleRefused {
        /// On this connection.
        connection: ConnectionId,
        /// Why.
        why: &'static str,
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

impl Server {
    pub(super) fn notice(&mut self, notice: Notice) {
        if self.notices.len() == MOST {
            self.notices.pop_front();
        }
        self.notices.push_back(notice);
    }

    /// The oldest notice that has not been taken yet.
    pub fn take_notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }
}
