//! Who gets a buffer when there are few.
//!
//! A task gets all the shared memory it will need at once, before it waits for anything else, so
//! tasks that hold memory never wait for more. Those that have to wait do so first come, first
//! served within their connection, and connections take turns. What one connection holds (its
//! tasks' buffers, and answers its peer has not read) is bounded by its share, or by one task's needs
//! where these are greater; then a share is left for somebody else. So peers that read nothing hold up
//! nobody whose commands are within a share.

use labelgate_buffers::Pool;

use super::task::{Stage, Task, TaskKey};
use super::{Target, Turn};

impl Target {
    /// Shared memory one connection may hold, in bytes. There is always a share left for one more
    /// connection.
    pub(super) fn memory_share(&self) -> usize {
        let sharers = self.connections.len().min(self.limits.connections as usize) + 1;
        self.shared.bound() / sharers
    }

    /// Gives a task the memory it needs. If there is none now, the task is queued and will be
    /// taken up again.
    pub(super) fn furnish(&mut self, key: TaskKey) -> bool {
        let Some(task) = self.tasks.get(key) else {
            return false;
        };
        if task.furnished || task.stage == Stage::AwaitingMemory {
            return task.furnished;
        }
        let id = task.connection;
        let older = id
            .and_then(|id| self.session(id))
            .is_some_and(|s| !s.hungry.is_empty());
        if !older && self.try_furnish(key) {
            return true;
        }
        let Some(task) = self.tasks.get_mut(key) else {
            return false;
        };
        task.stage = Stage::AwaitingMemory;
        let Some(id) = task.connection else {
            return false;
        };
        if let Some(session) = self.session(id) {
            session.hungry.push_back(key);
            if !self.hungry.contains(&id) {
                self.hungry.push_back(id);
            }
        }
        false
    }

    fn try_furnish(&mut self, key: TaskKey) -> bool {
        let share = self.memory_share();
        let Self {
            tasks,
            connections,
            shared,
            ..
        } = self;
        let Some(task) = tasks.get_mut(key).filter(|task| !task.furnished) else {
            return self.tasks.get(key).is_some();
        };
        let needs = Needs::of(task);
        if needs.total() > 0 {
            let connection = task.connection.and_then(|id| connections.get_mut(&id));
            let Some(connection) = connection else {
                return false;
            };
            let unsent = connection.unsent;
            let Some(session) = connection.session() else {
                return false;
            };
            let holds = session.held + unsent;
            if holds + needs.total() > share && (holds > 0 || !needs.leave(shared, share)) {
                return false;
            }
            let Some(held) = needs.meet(shared, task) else {
                return false;
            };
            task.held += held;
            session.held += held;
        }
        task.furnished = true;
        true
    }

    /// Memory may have become free: takes up tasks that wait for it.
    pub(super) fn feed_hungry(&mut self, turn: &mut Turn<'_>) {
        let mut passed = 0;
        while passed < self.hungry.len() {
            let Some(id) = self.hungry.pop_front() else {
                return;
            };
            let Some(key) = self.session(id).and_then(|s| s.hungry.front().copied()) else {
                continue;
            };
            let gone = self.tasks.get(key).is_none();
            let fed = !gone && self.try_furnish(key);
            if gone || fed {
                if let Some(session) = self.session(id) {
                    session.hungry.pop_front();
                }
                self.hungry.push_back(id);
                passed = 0;
            } else {
                self.hungry.push_back(id);
                passed += 1;
            }
            if fed {
                if let Some(task) = self.tasks.get_mut(key) {
                    task.stage = Stage::Solicited;
                }
                self.progress(key, turn);
            }
        }
    }
}

/// What a task needs of the shared memory, in bytes.
struct Needs {
    /// For what comes from its initiator.
    data: usize,
    /// For what is read, or repeated.
    room: usize,
}

impl Needs {
    fn of(task: &Task) -> Self {
        let wanted = task.inbound.wanted();
        let has = task.inbound.is_dropped() || task.work.data_capacity() >= wanted;
        Self {
            data: if has { 0 } else { wanted },
            room: task.work.room_needed(),
        }
    }

    const fn total(&self) -> usize {
        self.data + self.room
    }

    /// Whether a share is left when they are met. Where the whole pool is no more than they and a share,
    /// what is left of it has to do.
    fn leave(&self, shared: &Pool, share: usize) -> bool {
        let left = share.min(shared.bound().saturating_sub(self.total()));
        shared.free() >= self.total().saturating_add(left)
    }

    /// Gives the task all of it, or nothing. How many bytes it holds then.
    fn meet(&self, shared: &Pool, task: &mut Task) -> Option<usize> {
        let take = |length: usize| match length {
            0 => Some(None),
            length => shared.allocate(length).map(Some),
        };
        let (data, room) = (take(self.data)?, take(self.room)?);
        let held = data.iter().chain(&room).map(|buffer| buffer.len()).sum();
        if let Some(mut buffer) = data {
            task.work.move_data(&mut buffer, task.inbound.received());
            task.work.feed(buffer);
        }
        if let Some(buffer) = room {
            task.work.furnish(buffer);
        }
        Some(held)
    }
}
