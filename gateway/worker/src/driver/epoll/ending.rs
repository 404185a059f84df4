//! How a connection ends on epoll. No memory is ever lent to the kernel here, so the end is at
//! once.

use std::time::Instant;

use labelgate_engine::ConnectionId;
use rustix::net::Shutdown;

use super::Epoll;
use crate::driver::closing::{DRAIN, LINGER, Phase};
use crate::driver::report::Report;

impl Epoll {
    /// Begins an orderly end: what is queued is sent, nothing more is received.
    pub(super) fn drain(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(id) else {
            return;
        };
        if connection.phase != Phase::Open {
            return;
        }
        connection.inbound.swallow();
        let sent = connection.outbound.is_empty();
        self.enter_phase(id, Phase::Draining(Instant::now() + DRAIN));
        if sent {
            self.linger(id);
        }
    }

    /// Everything is sent: closes our side, and waits for the peer to close its own.
    pub(super) fn linger(&mut self, id: ConnectionId) {
        self.enter_phase(id, Phase::Lingering(Instant::now() + LINGER));
        if let Some(connection) = self.connections.get_mut(id) {
            connection.shut(Shutdown::Write);
            self.schedule(id);
        }
    }

    /// Ends a connection at once.
    pub(super) fn end(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.remove(id) else {
            return;
        };
        // The supervisor holds a copy of the descriptor, so closing ours would tell the peer
        // nothing.
        connection.shut(Shutdown::Both);
        self.deadlines.change(id.0, connection.phase, Phase::Ended);
        self.reports.push(Report::Closed(id));
    }

    fn enter_phase(&mut self, id: ConnectionId, to: Phase) {
        if let Some(connection) = self.connections.get_mut(id) {
            let from = std::mem::replace(&mut connection.phase, to);
            self.deadlines.change(id.0, from, to);
        }
    }
}
