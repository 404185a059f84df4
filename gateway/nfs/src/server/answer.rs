//! Sending answers.

use labelgate_buffers::Buffer;
use labelgate_engine::{Action, ConnectionId, Ending, Place};

use super::connection::Stage;
use super::task::About;
use super::{Server, Turn};
use crate::record::Mark;
use crate::rpc::{Accepted, Reply};
use crate::v3::{self, Attributes, FileType, Status, WccData};
use crate::xdr::{Encode, Encoder};

/// The padding of data: the longest there is.
const PADDING: [u8; 3] = [0; 3];

impl Server {
    /// Sends an answer that has no results.
    pub(super) fn answer(&mut self, id: ConnectionId, reply: &Reply, turn: &mut Turn<'_>) {
        self.send(id, |e| e.item(reply), None, turn);
    }

    /// Sends the results of a call that was understood.
    pub(super) fn answer_v3<R: Encode>(
        &mut self,
        id: ConnectionId,
        xid: u32,
        results: &R,
        turn: &mut Turn<'_>,
    ) {
        let success = Reply::accepted(xid, Accepted::Success);
        self.send(
            id,
            |e| {
                e.item(&success);
                e.item(results);
            },
            None,
            turn,
        );
    }

    /// Sends what was read, from the buffer that it was read into.
    pub(super) fn answer_read(
        &mut self,
        id: ConnectionId,
        xid: u32,
        (count, eof): (u32, bool),
        attributes: Option<Attributes>,
        buffer: Option<Buffer>,
        turn: &mut Turn<'_>,
    ) {
        let head = v3::read::OkHead {
            attributes,
            count,
            eof,
        };
        let padding = PADDING.get(..head.padding()).unwrap_or_default();
        let success = Reply::accepted(xid, Accepted::Success);
        let results: v3::read::Reply = Ok(head);
        self.send(
            id,
            |e| {
                e.item(&success);
                e.item(&results);
            },
            buffer.map(|buffer| (buffer, count as usize, padding)),
            turn,
        );
    }

    /// Sends what was read of a file, if that is still there.
    ///
    /// > If the read ended at the end-of-file (formally, [...] if READ3args.offset plus
    /// > READ3resok.count is equal to the size of the file), eof is returned as TRUE; otherwise it is
    /// > FALSE. (RFC 1813 3.3.6)
    fn answer_read_of_file(
        &mut self,
        id: ConnectionId,
        xid: u32,
        (offset, count): (u64, u32),
        file: Result<Attributes, Status>,
        data: Option<Buffer>,
        turn: &mut Turn<'_>,
    ) {
        match file {
            Ok(file) => {
                let eof = offset.saturating_add(count.into()) >= file.size;
                self.answer_read(id, xid, (count, eof), Some(file), data, turn);
            }
            Err(status) => {
                self.release(id, data);
                self.answer_v3::<v3::read::Reply>(id, xid, &Err(status.into()), turn);
            }
        }
    }

    /// Sends the answer that waited for these attributes.
    pub(super) fn answer_about(
        &mut self,
        id: ConnectionId,
        (xid, place): (u32, Place),
        about: About,
        attributes: Result<Attributes, Status>,
        data: Option<Buffer>,
        turn: &mut Turn<'_>,
    ) {
        let failed = attributes.err();
        let attributes = attributes.ok();
        let after = WccData {
            before: None,
            after: attributes,
        };
        let verifier = self.export.verifier(place);
        match about {
            About::GetAttr => {
                let results = attributes
                    .map(|attributes| v3::getattr::Success { attributes })
                    .ok_or_else(|| failed.unwrap_or(Status::Stale).into());
                self.answer_v3::<v3::getattr::Reply>(id, xid, &results, turn);
            }
            About::Guard { guard, size } => {
                let changed = attributes.map(|attributes| attributes.ctime);
                let changed = changed.ok_or(failed.unwrap_or(Status::Stale));
                self.guarded(id, (xid, place), (guard, size), changed, turn);
            }
            About::Lookup => self.answer_lookup(id, (xid, place), (attributes, failed), turn),
            About::Create => self.answer_created(id, (xid, place), (attributes, failed), turn),
            About::Read { offset, count } => {
                let file = failed.map_or(Ok(attributes), Err).and_then(regular);
                self.answer_read_of_file(id, xid, (offset, count), file, data, turn);
            }
            About::Access(access) => {
                let results = match failed {
                    Some(status) => Err(status.into()),
                    None => Ok(v3::access::Success { attributes, access }),
                };
                self.answer_v3::<v3::access::Reply>(id, xid, &results, turn);
            }
            About::SetAttr { resized } => {
                let results = done(resized, failed).map(|()| after).map_err(Into::into);
                self.answer_v3::<v3::setattr::Reply>(id, xid, &results, turn);
            }
            About::Write { count, committed } => {
                let success = |()| v3::write::Success {
                    file: after,
                    count,
                    committed,
                    verifier,
                };
                let failed = failed.or_else(|| regular(attributes).err());
                let results = done(count > 0, failed).map(success).map_err(Into::into);
                self.answer_v3::<v3::write::Reply>(id, xid, &results, turn);
            }
            About::Commit => {
                let results = Ok(v3::commit::Success {
                    file: after,
                    verifier,
                });
                self.answer_v3::<v3::commit::Reply>(id, xid, &results, turn);
            }
        }
    }

    /// Sends a message in one fragment, with `count` bytes of a buffer and padding at its end. One
    /// whose connection has gone is kept, if it may be asked for again.
    pub(super) fn send(
        &mut self,
        id: ConnectionId,
        message: impl FnOnce(&mut Encoder<'_>),
        data: Option<(Buffer, usize, &[u8])>,
        turn: &mut Turn<'_>,
    ) {
        if !self.connections.contains_key(&id) && self.replays.answering().is_none() {
            return;
        }
        self.scratch.clear();
        message(&mut Encoder::new(&mut self.scratch));
        self.replays.laid_out(&self.scratch, turn.now);
        self.send_laid_out(id, data, turn);
    }

    /// Sends the message that is laid out.
    pub(super) fn send_laid_out(
        &mut self,
        id: ConnectionId,
        data: Option<(Buffer, usize, &[u8])>,
        turn: &mut Turn<'_>,
    ) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let held = data.as_ref().map_or(0, |(buffer, ..)| buffer.len());
        let length = data
            .as_ref()
            .map_or(0, |&(_, count, padding)| count + padding.len());
        let mut transmission = turn.outbox.transmission();
        if let Some(mark) = Mark::whole(self.scratch.len() + length) {
            transmission.bytes(&mark.encode());
        }
        transmission.bytes(&self.scratch);
        if let Some((buffer, count, padding)) = data {
            transmission.carry(buffer);
            transmission.slice(0, count);
            transmission.bytes(padding);
        }
        if connection.unsent.is_empty() {
            // Its peer had nothing to take before.
            connection.taken = turn.now;
        }
        connection.unsent.push_back(held);
        turn.outbox.push(Action::Send(id, transmission));
        self.watch(id);
    }

    /// An answer is wholly in the socket.
    pub(super) fn delivered(&mut self, id: ConnectionId, turn: &mut Turn<'_>) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        connection.taken = turn.now;
        let held = connection.unsent.pop_front().unwrap_or(0);
        connection.held = connection.held.saturating_sub(held);
        connection.calls = connection.calls.saturating_sub(1);
        if held > 0 {
            self.feed(turn);
        }
        self.resume(id, turn);
        self.leave_if_done(id, turn);
    }

    /// Gives back a buffer that no answer carries.
    pub(super) fn release(&mut self, id: ConnectionId, buffer: Option<Buffer>) {
        if let Some(buffer) = buffer
            && let Some(connection) = self.connections.get_mut(&id)
        {
            connection.held = connection.held.saturating_sub(buffer.len());
            self.freed = true;
        }
    }

    /// Closes a connection that is to leave once all its calls are answered.
    pub(super) fn leave_if_done(&mut self, id: ConnectionId, turn: &mut Turn<'_>) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let between = connection.record.fragments == 0;
        let closing = matches!(connection.stage, Stage::Closing);
        if connection.leaving && connection.calls == 0 && between && !closing {
            connection.stage = Stage::Closing;
            turn.outbox.push(Action::Close(id, Ending::AfterSending));
        }
    }
}

/// The attributes, if they are a file's.
///
/// > Some NFS version 2 protocol server implementations incorrectly returned NFSERR_ISDIR if the
/// > file system object type was not a regular file. The correct return value for the NFS version 3
/// > protocol is NFS3ERR_INVAL. (RFC 1813 3.3.6 and 3.3.7)
fn regular(attributes: Option<Attributes>) -> Result<Attributes, Status> {
    match attributes {
        Some(file) if file.file_type == FileType::Regular => Ok(file),
        Some(_) => Err(Status::Inval),
        None => Err(Status::Stale),
    }
}

/// An operation that was done stays done if the attributes are not to be had. One that had nothing
/// to do is as good as the image is.
fn done(something: bool, failed: Option<Status>) -> Result<(), Status> {
    match (something, failed) {
        (false, Some(status)) => Err(status),
        (true, _) | (false, None) => Ok(()),
    }
}
