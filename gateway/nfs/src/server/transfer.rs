//! Data: what READ and WRITE carry, and the memory for it.
//!
//! A WRITE has its buffer before its data is read from the socket, and a READ before its image is
//! asked, so that neither waits for memory while it holds any. A connection whose call has to wait
//! for memory is not read meanwhile; connections take turns.

use labelgate_buffers::{Buffer, MAX_BUFFER, PAGE};
use labelgate_engine::tree::Caller;
use labelgate_engine::{Action, ConnectionId, Operation, Place, Receive};

use super::connection::{Part, Stage, Starving};
use super::task::Task;
use super::{Server, Turn};
use crate::v3::write::Stability;
use crate::v3::{self, Status};

/// A READ that has to be done.
#[derive(Debug, Clone, Copy)]
pub(super) struct PendingRead {
    pub(super) xid: u32,
    pub(super) caller: Caller,
    pub(super) place: Place,
    pub(super) offset: u64,
    /// How much; of an image, what is there.
    pub(super) count: u32,
    /// It goes to the end of the image.
    pub(super) eof: bool,
}

/// A WRITE whose data is to come, or has.
#[derive(Debug)]
pub(super) struct PendingWrite {
    pub(super) xid: u32,
    pub(super) caller: Caller,
    /// What is written to; without it, the answer to the call.
    pub(super) target: Result<Place, Status>,
    pub(super) offset: u64,
    pub(super) count: u32,
    pub(super) stable: Stability,
    /// Data that came together with the head of its call, because all of it was short.
    pub(super) early: Vec<u8>,
    /// How many bytes of data have arrived in the buffer.
    pub(super) arrived: usize,
    /// Where they are; with the driver while it fills it.
    pub(super) buffer: Option<Buffer>,
}

impl PendingWrite {
    /// How many zero bytes follow the data.
    pub(super) const fn padding(&self) -> usize {
        self.count.wrapping_neg() as usize % 4
    }

    /// How many bytes of the data have not arrived.
    pub(super) const fn missing(&self) -> usize {
        (self.count as usize).saturating_sub(self.arrived)
    }
}

impl Server {
    /// The most bytes that the calls of one connection may hold. There is always a share left for
    /// one more connection.
    fn share(&self) -> usize {
        let sharers = self.connections.len().min(self.limits.connections as usize) + 1;
        (self.pool.bound() / sharers).max(MAX_BUFFER)
    }

    /// A buffer for `count` bytes, if the connection may have it, there is one, and nobody waits
    /// for one who came before.
    fn furnish(&mut self, id: ConnectionId, count: u32) -> Option<Buffer> {
        let share = self.share();
        let count = usize::try_from(count).ok()?;
        let size = count.div_ceil(PAGE).checked_next_power_of_two()? * PAGE;
        let connection = self.connections.get_mut(&id)?;
        // Who waits for what is its own keeps nobody else waiting.
        if connection.held > 0 && connection.held + size > share || self.scarce {
            return None;
        }
        let buffer = self.pool.allocate(count);
        self.scarce = buffer.is_none();
        connection.held += buffer.as_ref().map_or(0, |buffer| buffer.len());
        buffer
    }

    /// Begins a READ. Without memory the connection is not read until there is some.
    pub(super) fn read(&mut self, id: ConnectionId, read: PendingRead, turn: &mut Turn<'_>) {
        match self.furnish(id, read.count) {
            Some(buffer) => self.submit_read(id, read, buffer, turn),
            None => self.starve(id, Starving::Read(read), turn),
        }
    }

    /// A READ went beyond the image, which has become smaller meanwhile: reads what is left of it.
    pub(super) fn read_what_is_left(
        &mut self,
        id: ConnectionId,
        read: PendingRead,
        buffer: Option<Buffer>,
        turn: &mut Turn<'_>,
    ) {
        let left = match read.place {
            Place::Image(image) => self.readable(image, read.offset, read.count),
            Place::File(_) => Ok((read.count, false)),
        };
        let status = match (left, buffer) {
            (Ok((count, eof)), Some(buffer)) if (1..read.count).contains(&count) => {
                let read = PendingRead { count, eof, ..read };
                return self.submit_read(id, read, buffer, turn);
            }
            (Ok((0, eof)), buffer) => {
                self.release(id, buffer);
                return self.answer_read(id, read.xid, (0, eof), None, None, turn);
            }
            (left, buffer) => {
                self.release(id, buffer);
                // The image knows of a change that we are about to hear of.
                left.map_or_else(|status| status, |_| Status::Jukebox)
            }
        };
        self.answer_v3::<v3::read::Reply>(id, read.xid, &Err(status.into()), turn);
    }

    fn submit_read(
        &mut self,
        id: ConnectionId,
        read: PendingRead,
        buffer: Buffer,
        turn: &mut Turn<'_>,
    ) {
        // It may have been reserved while the call waited for memory.
        if let Place::Image(image) = read.place
            && let Err(status) = self.may_read(image)
        {
            self.release(id, Some(buffer));
            return self.answer_v3::<v3::read::Reply>(id, read.xid, &Err(status.into()), turn);
        }
        let operation = Operation::Read {
            offset: read.offset,
            length: read.count as usize,
            buffer,
        };
        let task = Task::Read {
            offset: read.offset,
            count: read.count,
            eof: read.eof,
        };
        self.caller = read.caller;
        self.submit(id, read.xid, read.place, task, operation, turn);
    }

    /// Begins to receive the data of a WRITE, once there is memory for it.
    pub(super) fn receive_data(
        &mut self,
        id: ConnectionId,
        mut write: PendingWrite,
        turn: &mut Turn<'_>,
    ) -> Receive {
        if write.count == 0 || write.target.is_err() {
            let all = match write.early.is_empty() {
                true => write.missing() + write.padding(),
                false => 0,
            };
            return self.go_on(id, Part::Skipped(write, all), turn);
        }
        let Some(mut buffer) = self.furnish(id, write.count) else {
            self.starve(id, Starving::Write(write), turn);
            return Receive::Pause;
        };
        if let Some(front) = buffer.get_mut(..write.early.len())
            && !front.is_empty()
        {
            front.copy_from_slice(&write.early);
            write.arrived = write.early.len();
            write.buffer = Some(buffer);
            return self.go_on(id, Part::Skipped(write, 0), turn);
        }
        write.buffer = Some(buffer);
        self.go_on(id, Part::Data(write), turn)
    }

    fn starve(&mut self, id: ConnectionId, what: Starving, turn: &Turn<'_>) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.stage = Stage::Starving(what);
            if self.starving.is_empty() {
                self.fed = turn.now;
            }
            self.starving.push_back(id);
        }
    }

    /// Memory may have become free: goes on with those that wait for it, in their order. The first
    /// one for whom there is not enough has all that comes back kept for it.
    pub(super) fn feed(&mut self, turn: &mut Turn<'_>) {
        (self.scarce, self.freed, self.fed) = (false, false, turn.now);
        for _ in 0..self.starving.len() {
            let Some(id) = self.starving.pop_front() else {
                return;
            };
            let Some(connection) = self.connections.get_mut(&id) else {
                continue;
            };
            match std::mem::replace(&mut connection.stage, Stage::Paused) {
                Stage::Starving(Starving::Read(read)) => {
                    self.read(id, read, turn);
                    self.resume(id, turn);
                }
                Stage::Starving(Starving::Write(write)) => {
                    // Its peer could not go on until now.
                    connection.begun = turn.now;
                    let receive = self.receive_data(id, write, turn);
                    if !matches!(receive, Receive::Pause) {
                        turn.outbox.push(Action::Receive(id, receive));
                    }
                    self.watch(id);
                }
                other => connection.stage = other,
            }
        }
    }

    /// Starts the write whose data has arrived.
    pub(super) fn submit_write(
        &mut self,
        id: ConnectionId,
        write: PendingWrite,
        turn: &mut Turn<'_>,
    ) {
        let PendingWrite {
            xid,
            caller,
            target: Ok(place),
            offset,
            count,
            stable,
            buffer: Some(buffer),
            ..
        } = write
        else {
            return self.answer_write_without_data(id, &write, turn);
        };
        // It may have been reserved while the data arrived.
        if let Err(status) = self.may_write_to(place) {
            self.release(id, Some(buffer));
            return self.answer_v3::<v3::write::Reply>(id, xid, &Err(status.into()), turn);
        }
        let operation = Operation::Write {
            offset,
            length: count as usize,
            buffer,
            from: 0,
            stable: stable != Stability::Unstable,
        };
        let task = Task::Write { count, stable };
        self.caller = caller;
        self.submit(id, xid, place, task, operation, turn);
    }
}
