//! The end of a session: its tasks, its window, its place among the others.

use labelgate_engine::ConnectionId;

use super::connection::Phase;
use super::task::{Stage, TaskKey};
use super::{Target, Turn};

impl Target {
    /// Ends a connection's session. Tasks whose operations are in flight lose their initiator but
    /// keep their place: a newer command on the same blocks waits for them. Their keys come back.
    pub(super) fn end_session(&mut self, id: ConnectionId, turn: &mut Turn<'_>) -> Vec<TaskKey> {
        let Some(connection) = self.connections.get_mut(&id) else {
            return Vec::new();
        };
        let keys: Vec<_> = match connection.session() {
            Some(session) => session.tasks.values().copied().collect(),
            None => Vec::new(),
        };
        let running = keys
            .into_iter()
            .filter_map(|key| self.orphan(key, turn))
            .collect();
        let Self {
            connections,
            ledger,
            ..
        } = self;
        if let Some(connection) = connections.get_mut(&id) {
            if let Some(session) = connection.session() {
                session.window.leave(ledger);
            }
            connection.phase = Phase::Over;
        }
        running
    }

    fn orphan(&mut self, key: TaskKey, turn: &mut Turn<'_>) -> Option<TaskKey> {
        let task = self.tasks.get_mut(key)?;
        let running = task.stage == Stage::Running;
        if running {
            // The session settles everything it was promised when it leaves the ledger.
            task.connection = None;
        }
        self.abort(key, turn)
    }

    /// Tasks of an image that are aborted and have not ended yet.
    pub(super) fn ending_tasks(&self, image: labelgate_engine::ImageId) -> Vec<TaskKey> {
        self.tasks
            .iter()
            .filter(|(_, task)| task.aborted && task.unit == Some(image))
            .map(|(key, _)| key)
            .collect()
    }
}
