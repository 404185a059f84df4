//! Peers that have stopped.

use std::time::Instant;

use labelgate_engine::ConnectionId;

use super::{Server, Turn};

impl Server {
    /// Sees to it that somebody looks whether this peer still moves, if it owes us something.
    pub(super) fn watch(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        if self.next_check.is_none() && connection.owes() {
            self.next_check = Some(connection.moved + self.limits.stall_time);
        }
    }

    /// Closes connections whose peers have owed us something for too long.
    pub(super) fn check(&mut self, turn: &mut Turn<'_>) {
        let (limit, now) = (self.limits.stall_time, turn.now);
        let owing = self.connections.iter().filter(|(_, it)| it.owes());
        let due: Vec<(ConnectionId, Instant)> =
            owing.map(|(&id, it)| (id, it.moved + limit)).collect();
        for &(id, _) in due.iter().filter(|&&(_, due)| due <= now) {
            // What it would be told to receive next does not matter any more.
            let _ = self.broken(id, "it neither reads its answers nor ends its call", turn);
        }
        let rest = due.iter().map(|&(_, due)| due);
        self.next_check = rest.filter(|&due| due > now).min();
    }
}
