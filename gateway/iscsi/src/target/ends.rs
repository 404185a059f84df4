//! Ends are real: what may be answered only when some tasks have ended.
//!
//! An aborted task whose operation is in flight ends when the kernel says so, not when we say so.
//! Until then the answer to whoever aborted it (a task management function, a logout, a login that
//! reinstates the session) waits here.

use std::collections::HashSet;

use labelgate_engine::ConnectionId;

use super::task::{Stage, Task, TaskKey};
use super::{Target, Turn};
use crate::pdu::InitiatorTaskTag;

/// An answer that waits for tasks to end.
#[derive(Debug)]
pub(crate) struct End {
    waits_for: HashSet<TaskKey>,
    then: Then,
}

/// How many tasks the answers that wait on behalf of one connection may wait for, before it can
/// ask for no more such answers: a few times its window.
const MOST_WAITED_FOR: usize = 512;

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

impl Then {
    const fn connection(&self) -> ConnectionId {
        match self {
            Self::TaskManagement { connection, .. }
            | Self::Logout { connection, .. }
            | Self::Login { connection, .. } => *connection,
        }
    }
}

impl Target {
    /// Does `then` once all of these tasks have ended, which may be now.
    pub(super) fn when_ended(&mut self, waits_for: Vec<TaskKey>, then: Then, turn: &mut Turn<'_>) {
        if waits_for.is_empty() {
            self.carry_on(then, turn);
        } else {
            self.ends.push(End {
                waits_for: waits_for.into_iter().collect(),
                then,
            });
        }
    }

    /// Whether a connection has asked for as many answers that must wait as it may.
    pub(super) fn waits_for_much(&self, id: ConnectionId) -> bool {
        let own = self.ends.iter().filter(|end| end.then.connection() == id);
        own.map(|end| end.waits_for.len()).sum::<usize>() >= MOST_WAITED_FOR
    }

    /// Nobody is there to be answered any more.
    pub(super) fn forget_ends(&mut self, id: ConnectionId) {
        self.ends.retain(|end| end.then.connection() != id);
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
        match task.connection {
            Some(id) => {
                if let Some(session) = self.session(id) {
                    session.tasks.remove(&task.itt);
                    session.held = session.held.saturating_sub(task.held);
                    if task.stage == Stage::AwaitingMemory {
                        session.hungry.retain(|&other| other != key);
                    }
                }
                self.settle(id, task.immediate);
            }
            None if !task.immediate => self.orphan_slot_free(turn),
            None => {}
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

    /// The slot of an operation without an initiator is free: a session that could be promised
    /// nothing is told so, for it can say nothing itself.
    fn orphan_slot_free(&mut self, turn: &mut Turn<'_>) {
        self.ledger.orphan_ended();
        let shut: Vec<_> = self
            .connections
            .iter()
            .filter(|(_, connection)| {
                let session = connection.peek_session();
                session
                    .is_some_and(|session| session.tasks.is_empty() && session.window.is_closed())
            })
            .map(|(&id, _)| id)
            .collect();
        for id in shut {
            self.announce_window(id, turn);
        }
    }

    fn note_end(&mut self, key: TaskKey, turn: &mut Turn<'_>) {
        for end in &mut self.ends {
            end.waits_for.remove(&key);
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
