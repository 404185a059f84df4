//! Ends are real: what may be answered only when some tasks have ended.
//!
//! An aborted task whose operation is in flight ends when the kernel says so, not when we say so.
//! Until then the answer to whoever aborted it (a task management function, a logout, a login that
//! reinstates the session) waits here.

use labelgate_engine::ConnectionId;

use super::task::{Stage, Task, TaskKey};
use super::{Target, Turn};
use crate::pdu::InitiatorTaskTag;

/// An answer that waits for tasks to end.
#[derive(Debug)]
pub(crate) struct End {
    waits_for: Vec<TaskKey>,
    then: Then,
}

/// What happens when they have.
#[derive(Debug)]
pub(crate) enum Then {
    /// The answer to a task management function that did what it should.
    TaskManagement {
        connection: ConnectionId,
        itt: InitiatorTaskTag,
    },
    /// The answer to a logout.
    Logout {
        connection: ConnectionId,
        itt: InitiatorTaskTag,
    },
    /// The last answer of a login that reinstates a session.
    Login {
        connection: ConnectionId,
        established: Box<super::login_phase::Pending>,
    },
}

impl Target {
    /// Does `then` once all of these tasks have ended, which may be now.
    pub(super) fn when_ended(&mut self, waits_for: Vec<TaskKey>, then: Then, turn: &mut Turn<'_>) {
        if waits_for.is_empty() {
            self.carry_on(then, turn);
        } else {
            self.ends.push(End { waits_for, then });
        }
    }

    fn carry_on(&mut self, then: Then, turn: &mut Turn<'_>) {
        match then {
            Then::TaskManagement { connection, itt } => self.management_done(connection, itt, turn),
            Then::Logout { connection, itt } => self.logout_done(connection, itt, turn),
            Then::Login {
                connection,
                established,
            } => {
                self.establish(connection, *established, turn);
            }
        }
    }

    /// Aborts a task silently. Its key comes back if its end has to be waited for.
    pub(super) fn abort(&mut self, key: TaskKey, turn: &mut Turn<'_>) -> Option<TaskKey> {
        let task = self.tasks.get_mut(key)?;
        task.aborted = true;
        if task.stage != Stage::Running {
            self.finish(key, turn);
            return None;
        }
        if let Some(unit) = task.unit.and_then(|image| self.units.get_mut(&image)) {
            unit.gate.fence(key);
        }
        Some(key)
    }

    /// A task is over: takes it out of everything that knows of it, and lets those that waited for
    /// it go on.
    pub(super) fn finish(&mut self, key: TaskKey, turn: &mut Turn<'_>) -> Option<Box<Task>> {
        let task = self.tasks.remove(key)?;
        if let Some(id) = task.connection {
            if let Some(session) = self.session(id) {
                session.tasks.remove(&task.itt);
                session.held = session.held.saturating_sub(task.held);
            }
            self.settle(id, task.immediate);
        }
        let mut ready = Vec::new();
        if let Some(unit) = task.unit.and_then(|image| self.units.get_mut(&image)) {
            unit.gate.leave(key, &mut ready);
        }
        for other in ready {
            self.run(other, turn);
        }
        self.note_end(key, turn);
        Some(task)
    }

    fn note_end(&mut self, key: TaskKey, turn: &mut Turn<'_>) {
        for end in &mut self.ends {
            end.waits_for.retain(|&waited| waited != key);
        }
        while let Some(at) = self.ends.iter().position(|end| end.waits_for.is_empty()) {
            let end = self.ends.remove(at);
            self.carry_on(end.then, turn);
        }
    }

    /// A request has left the window (or the count of immediate ones).
    pub(super) fn settle(&mut self, id: ConnectionId, immediate: bool) {
        let Self {
            connections,
            ledger,
            ..
        } = self;
        let Some(session) = connections.get_mut(&id).and_then(|c| c.session()) else {
            return;
        };
        if immediate {
            session.immediate = session.immediate.saturating_sub(1);
        } else {
            session.window.settle(ledger);
        }
    }
}
