//! Tasks: SCSI commands from their arrival until their last I/O has ended.

use std::rc::Rc;
use std::time::Instant;

use labelgate_engine::{ConnectionId, ImageId, IoId};

use labelgate_scsi::Command;

use super::connection::NexusName;
use super::inbound::Inbound;
use super::work::Work;
use crate::pdu::{InitiatorTaskTag, TaskAttribute};

/// Names a task for as long as it lives, and never another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TaskKey {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}

impl TaskKey {
    /// A task has one image operation in flight at most, so its key names the operation too.
    pub(crate) fn io(self) -> IoId {
        IoId(u64::from(self.generation) << 32 | u64::from(self.index))
    }

    #[allow(
        clippy::cast_possible_truncation,
        reason = "the two halves of the number"
    )]
    pub(crate) const fn of(io: IoId) -> Self {
        Self {
            index: io.0 as u32,
            generation: (io.0 >> 32) as u32,
        }
    }
}

/// Where a task is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Unsolicited data is still arriving.
    Unsolicited,
    /// Buffers are in short supply.
    AwaitingMemory,
    /// R2Ts are out and their data is arriving.
    Solicited,
    /// An older command of the same image has to end first.
    Gated,
    /// An image operation is in flight.
    Running,
}

/// A SCSI command being carried out.
#[derive(Debug)]
pub(crate) struct Task {
    /// Whose it is; `None` once that connection is gone.
    pub(crate) connection: Option<ConnectionId>,
    pub(crate) itt: InitiatorTaskTag,
    /// The nexus of the session it lost.
    pub(crate) orphan_of: Option<Rc<NexusName>>,
    /// The image it is for; `None` if its LUN has none.
    pub(crate) unit: Option<ImageId>,
    pub(crate) attribute: TaskAttribute,
    /// Sent for immediate delivery: outside the command window.
    pub(crate) immediate: bool,
    /// Expected Data Transfer Length, in bytes, if it moves data at all.
    pub(crate) expected: u32,
    /// The command, if its CDB could be parsed: parameter lists are read in its light.
    pub(crate) command: Option<Command>,
    /// Bytes the command itself moves, for the residual.
    pub(crate) moves: usize,
    /// R2Ts sent, for ExpDataSN.
    pub(crate) r2ts: u32,
    /// It has all the memory it needs.
    pub(crate) furnished: bool,
    /// The initiator expects data from it.
    pub(crate) reads: bool,
    /// Nobody wants its answer any more.
    pub(crate) aborted: bool,
    pub(crate) stage: Stage,
    pub(crate) inbound: Inbound,
    pub(crate) work: Work,
    /// Shared memory it holds, in bytes.
    pub(crate) held: usize,
    /// When its initiator last did for it what it owes.
    pub(crate) fed: Instant,
}

impl Task {
    /// Whether everything it takes is there: it runs, or waits for older ones.
    pub(crate) const fn is_under_way(&self) -> bool {
        matches!(self.stage, Stage::Gated | Stage::Running)
    }
}

/// All tasks of a worker.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

#[derive(Debug, Default)]
struct Slot {
    generation: u32,
    task: Option<Box<Task>>,
}

impl Tasks {
    pub(crate) fn insert(&mut self, task: Box<Task>) -> TaskKey {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            u32::try_from(self.slots.len() - 1).expect("windows bound the number of tasks")
        });
        let slot = self
            .slots
            .get_mut(index as usize)
            .expect("a free slot exists");
        slot.task = Some(task);
        TaskKey {
            index,
            generation: slot.generation,
        }
    }

    pub(crate) fn get(&self, key: TaskKey) -> Option<&Task> {
        let slot = self.slots.get(key.index as usize)?;
        slot.task
            .as_deref()
            .filter(|_| slot.generation == key.generation)
    }

    pub(crate) fn get_mut(&mut self, key: TaskKey) -> Option<&mut Task> {
        let slot = self.slots.get_mut(key.index as usize)?;
        slot.task
            .as_deref_mut()
            .filter(|_| slot.generation == key.generation)
    }

    pub(crate) fn remove(&mut self, key: TaskKey) -> Option<Box<Task>> {
        let slot = self.slots.get_mut(key.index as usize)?;
        if slot.generation != key.generation {
            return None;
        }
        let task = slot.task.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(key.index);
        Some(task)
    }

    /// Every task with its key.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (TaskKey, &Task)> {
        (0_u32..).zip(&self.slots).filter_map(|(index, slot)| {
            let key = TaskKey {
                index,
                generation: slot.generation,
            };
            slot.task.as_deref().map(|task| (key, task))
        })
    }
}
