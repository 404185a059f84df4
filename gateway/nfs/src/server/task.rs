//! Operations of images that are under way, and what is answered when they have ended.

use std::collections::HashMap;

use labelgate_buffers::Buffer;
use labelgate_engine::{
    Action, Completion, ConnectionId, ImageError, ImageId, IoId, Operation, Outcome,
};

use super::transfer::PendingRead;
use super::{Server, Turn};
use crate::v3::access::Permissions;
use crate::v3::write::Stability;
use crate::v3::{self, Status, Time};

/// What an operation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// READ: so much.
    Read { offset: u64, count: u32, eof: bool },
    /// WRITE.
    Write { count: u32, stable: Stability },
    /// COMMIT.
    Commit,
    /// SETATTR, of the size.
    Resize,
    /// The attributes that an answer has at its end.
    Attributes(About),
}

/// Which answer has the attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    GetAttr,
    /// None: a SETATTR goes by them first.
    Guard {
        guard: Time,
        size: Option<u64>,
    },
    Lookup,
    /// CREATE of what is there.
    Create,
    Access(Permissions),
    SetAttr {
        /// It has set the size; otherwise nothing.
        resized: bool,
    },
    Write {
        count: u32,
        committed: Stability,
    },
    Commit,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Pending {
    /// Whose call it is; nobody's once that is closed.
    pub(super) connection: Option<ConnectionId>,
    pub(super) xid: u32,
    pub(super) image: ImageId,
    pub(super) task: Task,
}

/// Operations under way, by number.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    table: HashMap<IoId, Pending>,
    next: u64,
}

impl Tasks {
    /// The numbers of this engine's operations have this bit, and no other engine's have it.
    pub(super) const BIT: u64 = 1 << 63;

    pub(super) fn begin(&mut self, pending: Pending) -> IoId {
        let io = IoId(Self::BIT | self.next);
        self.next = (self.next + 1) & (Self::BIT - 1);
        self.table.insert(io, pending);
        io
    }

    fn end(&mut self, io: IoId) -> Option<Pending> {
        self.table.remove(&io)
    }

    /// The calls of a connection have nobody any more whom they could be answered to.
    pub(super) fn orphan(&mut self, connection: ConnectionId) {
        for pending in self.table.values_mut() {
            if pending.connection == Some(connection) {
                pending.connection = None;
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }
}

impl Server {
    /// Whether an operation is one of this engine's.
    #[must_use]
    pub const fn owns(io: IoId) -> bool {
        io.0 & Tasks::BIT != 0
    }

    pub(super) fn submit(
        &mut self,
        connection: ConnectionId,
        xid: u32,
        image: ImageId,
        task: Task,
        operation: Operation,
        turn: &mut Turn<'_>,
    ) {
        let io = self.tasks.begin(Pending {
            connection: Some(connection),
            xid,
            image,
            task,
        });
        turn.outbox.push(Action::Submit(io, image, operation));
    }

    /// Asks for the attributes that an answer has at its end.
    pub(super) fn finish_with_attributes(
        &mut self,
        connection: ConnectionId,
        xid: u32,
        image: ImageId,
        about: About,
        turn: &mut Turn<'_>,
    ) {
        let task = Task::Attributes(about);
        self.submit(connection, xid, image, task, Operation::Status, turn);
    }

    /// An operation has ended.
    pub(super) fn ended(&mut self, io: IoId, completion: Completion, turn: &mut Turn<'_>) {
        let Completion { result, buffer } = completion;
        let Some(pending) = self.tasks.end(io) else {
            debug_assert!(false, "an operation ends once");
            return;
        };
        match pending.connection {
            Some(id) => self.answer_ended(id, pending, result, buffer, turn),
            None => drop(buffer),
        }
        self.feed(turn);
    }

    fn answer_ended(
        &mut self,
        id: ConnectionId,
        pending: Pending,
        result: Result<Outcome, ImageError>,
        buffer: Option<Buffer>,
        turn: &mut Turn<'_>,
    ) {
        let Pending {
            xid, image, task, ..
        } = pending;
        match (task, result) {
            (Task::Read { count, eof, .. }, Ok(_)) => {
                self.answer_read(id, xid, (count, eof), buffer, turn);
            }
            (Task::Read { offset, count, .. }, Err(ImageError::OutOfRange)) => {
                let read = PendingRead {
                    xid,
                    image,
                    offset,
                    count,
                    eof: false,
                };
                self.read_what_is_left(id, read, buffer, turn);
            }
            (Task::Attributes(about), result) => {
                let status = match result {
                    Ok(Outcome::Status(status)) => Ok(status),
                    Ok(_) => Err(ImageError::Medium),
                    Err(error) => Err(error),
                };
                self.answer_about(id, xid, image, about, status, turn);
            }
            (task, result) => {
                self.release(id, buffer);
                self.answer_changed(id, pending, task, result, turn);
            }
        }
    }

    /// What changes an image, or a READ that failed.
    fn answer_changed(
        &mut self,
        id: ConnectionId,
        Pending { xid, image, .. }: Pending,
        task: Task,
        result: Result<Outcome, ImageError>,
        turn: &mut Turn<'_>,
    ) {
        let failed = result.err().map(status_of);
        let about = match (task, failed) {
            (Task::Read { .. }, failed) => {
                let failure = failed.unwrap_or(Status::ServerFault).into();
                return self.answer_v3::<v3::read::Reply>(id, xid, &Err(failure), turn);
            }
            (Task::Write { .. }, Some(status)) => {
                return self.answer_v3::<v3::write::Reply>(id, xid, &Err(status.into()), turn);
            }
            (Task::Commit, Some(status)) => {
                return self.answer_v3::<v3::commit::Reply>(id, xid, &Err(status.into()), turn);
            }
            (Task::Resize, Some(status)) => {
                return self.answer_v3::<v3::setattr::Reply>(id, xid, &Err(status.into()), turn);
            }
            (Task::Write { count, stable }, None) => About::Write {
                count,
                committed: stable,
            },
            (Task::Commit, None) => About::Commit,
            (Task::Resize, None) => About::SetAttr { resized: true },
            // Answered where it ended.
            (Task::Attributes(_), _) => return,
        };
        self.finish_with_attributes(id, xid, image, about, turn);
    }
}

/// What a client is told of an operation that has failed.
///
/// An image that was taken away is one whose handle leads nowhere any more:
///
/// > NFS3ERR_STALE: Invalid file handle. The file handle given in the arguments was invalid. The
/// > file referred to by that file handle no longer exists or access to it has been revoked. (RFC
/// > 1813 2.6)
pub(super) const fn status_of(error: ImageError) -> Status {
    match error {
        ImageError::OutOfRange => Status::FBig,
        ImageError::ReadOnly => Status::RoFs,
        ImageError::NoSpace => Status::NoSpc,
        ImageError::Revoked => Status::Stale,
        ImageError::NotReady | ImageError::Busy => Status::Jukebox,
        _ => Status::Io,
    }
}
