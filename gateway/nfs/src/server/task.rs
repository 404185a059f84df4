//! Operations and calls that are under way, and what is answered when they have ended.

use std::collections::HashMap;

use labelgate_buffers::Buffer;
use labelgate_engine::tree::{Answer, Call, Caller, Done, FileId};
use labelgate_engine::{
    Action, Completion, ConnectionId, ImageError, IoId, Operation, Outcome, Place,
};

use super::replay::Fingerprint;
use super::transfer::PendingRead;
use super::tree::Ask;
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
    /// A call of a tree, which has everything of its answer.
    Tree(Ask),
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
    /// READ of a file: so much was read there.
    Read {
        offset: u64,
        count: u32,
    },
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

#[derive(Debug)]
pub(super) struct Pending {
    /// Whose call it is; nobody's once that is closed.
    pub(super) connection: Option<ConnectionId>,
    pub(super) xid: u32,
    pub(super) place: Place,
    pub(super) task: Task,
    /// What was read, while its attributes are asked for.
    pub(super) data: Option<Buffer>,
    /// By what it is known again if it is repeated.
    pub(super) replay: Option<Fingerprint>,
}

/// Operations and calls under way, by number.
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

    pub(super) fn may_be_repeated(&mut self, io: IoId, replay: Option<Fingerprint>) {
        if let Some(pending) = self.table.get_mut(&io) {
            pending.replay = replay;
        }
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

    /// Answers a call that is under way on another connection than it came on, if that has gone.
    pub(super) fn adopt(&mut self, io: IoId, connection: ConnectionId) -> bool {
        match self.table.get_mut(&io) {
            Some(pending) if pending.connection.is_none() => {
                pending.connection = Some(connection);
                true
            }
            _ => false,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }
}

/// The connection of an answer that is kept and not sent: no driver has so many.
const NOBODY: ConnectionId = ConnectionId(u32::MAX);

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
        place: Place,
        task: Task,
        operation: Operation,
        turn: &mut Turn<'_>,
    ) {
        let io = self.tasks.begin(Pending {
            connection: Some(connection),
            xid,
            place,
            task,
            data: None,
            replay: None,
        });
        turn.outbox.push(match self.caller_in(place) {
            Some((caller, file)) => Action::SubmitFor(caller, io, file, operation),
            None => Action::Submit(io, place, operation),
        });
    }

    /// Whose call is being carried out, where that matters.
    fn caller_in(&self, place: Place) -> Option<(Box<Caller>, FileId)> {
        let Place::File(file) = place else {
            return None;
        };
        let owners = self.export.tree(file.tree).is_some_and(|tree| tree.owners);
        owners.then(|| (Box::new(self.caller), file))
    }

    /// Asks something of a tree.
    pub(super) fn ask(&mut self, pending: Pending, call: Call, turn: &mut Turn<'_>) {
        let Place::File(FileId { tree, .. }) = pending.place else {
            debug_assert!(false, "an image is no tree");
            return;
        };
        let caller = self.caller_in(pending.place).map(|(caller, _)| caller);
        let io = self.tasks.begin(pending);
        let replay = self.replays.begin(io);
        self.tasks.may_be_repeated(io, replay);
        turn.outbox.push(Action::Call(caller, io, tree, call));
    }

    /// Asks for the attributes that an answer has at its end.
    pub(super) fn finish_with_attributes(
        &mut self,
        connection: ConnectionId,
        xid: u32,
        place: Place,
        about: About,
        turn: &mut Turn<'_>,
    ) {
        let task = Task::Attributes(about);
        let Place::File(FileId { node, .. }) = place else {
            return self.submit(connection, xid, place, task, Operation::Status, turn);
        };
        let pending = Pending {
            connection: Some(connection),
            xid,
            place,
            task,
            data: None,
            replay: None,
        };
        self.ask(pending, Call::Attributes(node), turn);
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

    /// A call has been answered.
    pub(super) fn called(&mut self, io: IoId, answer: Answer, turn: &mut Turn<'_>) {
        let Some(pending) = self.tasks.end(io) else {
            debug_assert!(false, "a call is answered once");
            return;
        };
        // What was done for somebody who has gone is answered to him when he asks again.
        let kept = pending.replay.is_some().then_some(NOBODY);
        if let Some(id) = pending.connection.or(kept) {
            self.replays.answer(pending.replay);
            self.answer_called(id, pending, answer, turn);
            self.replays.answered();
        }
        self.feed(turn);
    }

    fn answer_called(
        &mut self,
        id: ConnectionId,
        pending: Pending,
        answer: Answer,
        turn: &mut Turn<'_>,
    ) {
        let (xid, place) = (pending.xid, pending.place);
        match (pending.task, place) {
            (Task::Attributes(about), _) => {
                let attributes = match answer.result {
                    Ok(Done::Object(attributes)) => Ok(self.node_attributes(place, &attributes)),
                    Ok(_) => Err(Status::ServerFault),
                    Err(error) => Err(error.into()),
                };
                self.answer_about(id, (xid, place), about, attributes, pending.data, turn);
            }
            (Task::Tree(ask), Place::File(file)) => {
                self.answer_tree(id, (xid, file.tree), ask, answer, turn);
            }
            _ => debug_assert!(false, "that is no call of a tree"),
        }
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
            xid, place, task, ..
        } = pending;
        match (task, result) {
            (Task::Read { offset, .. }, Ok(Outcome::Read { length })) => {
                let count = u32::try_from(length).unwrap_or(0);
                self.finish_read_of_file(id, (xid, place), (offset, count), buffer, turn);
            }
            (Task::Read { count, eof, .. }, Ok(_)) => {
                self.answer_read(id, xid, (count, eof), None, buffer, turn);
            }
            (Task::Read { offset, count, .. }, Err(ImageError::OutOfRange)) => {
                let read = PendingRead {
                    xid,
                    // An image has become smaller; files of a tree end where they end.
                    caller: Caller::NOBODY,
                    place,
                    offset,
                    count,
                    eof: false,
                };
                self.read_what_is_left(id, read, buffer, turn);
            }
            (Task::Attributes(about), result) => {
                let attributes = match (place, result) {
                    (Place::Image(image), Ok(Outcome::Status(status))) => {
                        self.image_attributes(image, &status).ok_or(Status::Stale)
                    }
                    (_, Ok(_)) => Err(Status::Io),
                    (_, Err(error)) => Err(status_of(error)),
                };
                self.answer_about(id, (xid, place), about, attributes, None, turn);
            }
            (task, result) => {
                self.release(id, buffer);
                self.answer_changed(id, pending, task, result, turn);
            }
        }
    }

    /// So much was read of a file: its attributes say whether that was its end.
    fn finish_read_of_file(
        &mut self,
        id: ConnectionId,
        (xid, place): (u32, Place),
        (offset, count): (u64, u32),
        data: Option<Buffer>,
        turn: &mut Turn<'_>,
    ) {
        let Place::File(FileId { node, .. }) = place else {
            return self.answer_read(id, xid, (count, false), None, data, turn);
        };
        let pending = Pending {
            connection: Some(id),
            xid,
            place,
            task: Task::Attributes(About::Read { offset, count }),
            data,
            replay: None,
        };
        self.ask(pending, Call::Attributes(node), turn);
    }

    /// What changes an image, or a READ that failed.
    fn answer_changed(
        &mut self,
        id: ConnectionId,
        Pending { xid, place, .. }: Pending,
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
            (Task::Attributes(_) | Task::Tree(_), _) => return,
        };
        self.finish_with_attributes(id, xid, place, about, turn);
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
        ImageError::Denied => Status::Acces,
        ImageError::NoFile => Status::Inval,
        _ => Status::Io,
    }
}
