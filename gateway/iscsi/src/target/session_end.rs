//! The end of a session: its tasks, its window, its place among the others.

use labelgate_engine::ConnectionId;

use super::connection::{NexusName, Phase};
use super::task::{Stage, Task, TaskKey};
use super::{Target, Turn};

impl Target {
    /// Ends a connection's session, and forgets what waited to be answered on it. Tasks whose
    /// operations are in flight lose their initiator but keep their place: a newer command on the
    /// same blocks waits for them, and so does a new session of the same nexus.
    pub(super) fn end_session(&mut self, id: ConnectionId, turn: &mut Turn<'_>) {
        self.forget_ends(id);
        self.lose_nexus(id, turn);
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let (keys, name): (Vec<_>, _) = match connection.session() {
            Some(session) => (
                session.tasks.values().copied().collect(),
                session.name.clone(),
            ),
            None => {
                connection.phase = Phase::Over;
                return;
            }
        };
        let mut orphans = 0;
        self.condemn(&keys);
        for key in keys {
            let Some(task) = self.tasks.get_mut(key) else {
                continue;
            };
            if task.stage == Stage::Running {
                // Its slot stays taken until it has ended.
                orphans += u32::from(!task.immediate);
                task.connection = None;
                task.orphan_of = Some(name.clone());
            }
            self.abort(key, turn);
        }
        let Self {
            connections,
            ledger,
            ..
        } = self;
        if let Some(connection) = connections.get_mut(&id) {
            if let Some(session) = connection.session() {
                session.window.leave(ledger, orphans);
            }
            connection.phase = Phase::Over;
        }
    }

    /// Marks tasks that are about to be aborted, so that the end of one does not start another.
    pub(super) fn condemn(&mut self, keys: &[TaskKey]) {
        for &key in keys {
            if let Some(task) = self.tasks.get_mut(key) {
                task.aborted = true;
            }
        }
    }

    /// Tasks in flight of sessions of this nexus that are over.
    pub(super) fn orphans_of(&self, name: &NexusName) -> Vec<TaskKey> {
        let left = |task: &Task| task.orphan_of.as_deref() == Some(name);
        self.tasks
            .iter()
            .filter(|(_, task)| left(task))
            .map(|(key, _)| key)
            .collect()
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
