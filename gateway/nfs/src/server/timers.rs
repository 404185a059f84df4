//! Peers that have stopped.

use std::time::{Duration, Instant};

use labelgate_engine::ConnectionId;

use super::{Server, Turn};

/// How soon those who wait for memory are looked at again although none is known to have come
/// back: a driver drops a buffer in silence if the connection that it was for has closed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

impl Server {
    /// Sees to it that somebody looks whether this peer still moves, if it owes us something.
    pub(super) fn watch(&mut self, id: ConnectionId) {
        let owes = self.connections.get(&id).and_then(|it| it.owes());
        let due = owes.map(|since| since + self.limits.stall_time);
        self.next_check = self.next_check.into_iter().chain(due).min();
    }

    /// When there is something to look at.
    pub(super) fn due(&self) -> Option<Instant> {
        let hungry = (!self.starving.is_empty()).then_some(self.fed + LOOK_AGAIN);
        self.next_check.into_iter().chain(hungry).min()
    }

    /// Closes connections whose peers have owed us something for too long, and looks whether there
    /// is memory for those who wait for it.
    pub(super) fn check(&mut self, turn: &mut Turn<'_>) {
        let (limit, now) = (self.limits.stall_time, turn.now);
        let owing = self.connections.iter();
        let owing = owing.filter_map(|(&id, it)| Some((id, it.owes()? + limit)));
        let due: Vec<(ConnectionId, Instant)> = owing.collect();
        for &(id, _) in due.iter().filter(|&&(_, due)| due <= now) {
            // What it would be told to receive next does not matter any more.
            let _ = self.broken(id, "it neither reads its answers nor ends its call", turn);
        }
        let rest = due.iter().map(|&(_, due)| due);
        self.next_check = rest.filter(|&due| due > now).min();
        self.feed(turn);
    }
}
