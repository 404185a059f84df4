//! How a connection ends on the ring.

use std::time::Instant;

use labelgate_engine::ConnectionId;
use rustix::net::Shutdown;

use super::Ring;
use crate::driver::closing::{DRAIN, LINGER, Phase};
use crate::driver::report::Report;

impl Ring {
    /// Begins an orderly end: what is queued is sent, nothing more is received.
    pub(super) fn drain(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(id) else {
            return;
        };
        if connection.phase != Phase::Open {
            return;
        }
        // The payload's buffer goes back to the pool, as soon as the kernel has let go of it.
        if let Some(receiving) = connection.receiving.here() {
            receiving.inbound.swallow();
        }
        let sent = connection.is_sent();
        let cancellation = connection.cancel_receive();
        self.enter_phase(id, Phase::Draining(Instant::now() + DRAIN));
        if let Some(entry) = cancellation {
            // SAFETY: a cancellation points at no memory.
            unsafe { self.queue.push(entry) };
        }
        if sent {
            self.linger(id);
        }
    }

    /// Everything is sent: closes our side, and waits for the peer to close its own.
    pub(super) fn linger(&mut self, id: ConnectionId) {
        self.enter_phase(id, Phase::Lingering(Instant::now() + LINGER));
        if let Some(connection) = self.connections.get_mut(id) {
            connection.shut(Shutdown::Write);
            self.arm_receive(id);
        }
    }

    /// Ends a connection at once. It is gone when the kernel has let go of its memory.
    pub(super) fn end(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(id) else {
            return;
        };
        if connection.phase == Phase::Ended {
            return;
        }
        // The supervisor holds a copy of the descriptor, so closing ours would tell the peer
        // nothing. It also ends what is in the kernel; cancelling makes that certain.
        connection.shut(Shutdown::Both);
        let cancellations = [connection.cancel_receive(), connection.cancel_send()];
        self.enter_phase(id, Phase::Ended);
        for entry in cancellations.into_iter().flatten() {
            // SAFETY: a cancellation points at no memory.
            unsafe { self.queue.push(entry) };
        }
        self.finish(id);
    }

    /// Frees an ended connection if nothing of it is lent any more.
    pub(super) fn finish(&mut self, id: ConnectionId) {
        let gone = self
            .connections
            .get_mut(id)
            .is_some_and(|connection| connection.phase == Phase::Ended && !connection.is_lent());
        if gone {
            drop(self.connections.remove(id));
            self.reports.push(Report::Closed(id));
        }
    }

    fn enter_phase(&mut self, id: ConnectionId, to: Phase) {
        if let Some(connection) = self.connections.get_mut(id) {
            let from = std::mem::replace(&mut connection.phase, to);
            self.deadlines.change(id.0, from, to);
        }
    }
}
