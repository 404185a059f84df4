//! From bytes to calls.
//!
//! A record is received in parts: its marks, what stands before the data (put together in
//! `head`), and the data of a WRITE, which lands in the buffer it is written from. Nothing is
//! allocated for a length that a peer only claims: `head` is bounded, and a buffer is taken for
//! data that the record's own length agrees with.

use labelgate_engine::{Action, ConnectionId, Ending, MAX_HEADER, Receive, Received};

use super::connection::{Connection, Part, Record, Stage};
use super::transfer::PendingWrite;
use super::{Limits, Notice, Server, Turn, program};
use crate::record::Mark;
use crate::rpc::{Accepted, CallHeader, Parsed, Reply, ReplyBody};
use crate::v3::{self, Procedure, write};

/// A record of at most so many bytes is received at once, also if it is a WRITE: its data is then
/// copied, which costs less than to receive it in parts.
const SHORT: usize = 512;

/// What the bytes of a call that have arrived are.
enum Judged {
    /// So many more are needed, at least.
    Need(usize),
    /// A whole call.
    Whole,
    /// A WRITE, all but its data: how many bytes are before that, and its head's own length.
    Write { before: usize },
    /// It is answered with this, whatever follows.
    Answered(Reply),
    /// It has no answer.
    Broken(&'static str),
}

impl Server {
    /// What a connection's outstanding receive has asked for is there.
    pub(super) fn take(
        &mut self,
        id: ConnectionId,
        received: Received<'_>,
        turn: &mut Turn<'_>,
    ) -> Receive {
        let Some(connection) = self.connections.get_mut(&id) else {
            return Receive::Pause;
        };
        if matches!(connection.stage, Stage::Closing) {
            // It was asked for before, and the driver has not been told yet.
            return Receive::Pause;
        }
        match (
            std::mem::replace(&mut connection.stage, Stage::Paused),
            received,
        ) {
            (Stage::Mark(part), Received::Header(bytes)) => self.marked(id, part, bytes, turn),
            (Stage::Within(Part::Head), Received::Header(bytes)) => {
                connection.head.extend_from_slice(bytes);
                self.go_on(id, Part::Head, turn)
            }
            (Stage::Within(Part::Data(mut write)), Received::Payload { buffer, .. }) => {
                write.buffer = Some(buffer);
                self.go_on(id, Part::Data(write), turn)
            }
            (Stage::Within(part), Received::Discarded) => self.go_on(id, part, turn),
            _ => self.broken(
                id,
                "an answer to nothing that was asked of the driver",
                turn,
            ),
        }
    }

    fn marked(
        &mut self,
        id: ConnectionId,
        part: Part,
        bytes: &[u8],
        turn: &mut Turn<'_>,
    ) -> Receive {
        let Some(connection) = self.connections.get_mut(&id) else {
            return Receive::Pause;
        };
        let Ok(bytes) = bytes.try_into() else {
            return self.broken(id, "a mark that is none", turn);
        };
        let mark = Mark::parse(bytes);
        let length = usize::try_from(mark.length()).unwrap_or(usize::MAX);
        let record = &mut connection.record;
        if record.fragments == 0 {
            connection.begun = turn.now;
        }
        record.announced = record.announced.saturating_add(length);
        record.fragments += 1;
        record.left = length;
        record.last = mark.is_last();
        if record.announced > Limits::RECORD {
            return self.broken(id, "a record that is longer than any call", turn);
        }
        if record.fragments > Limits::fragments(record.announced) {
            return self.broken(id, "a record of too many fragments", turn);
        }
        if record.last && record.fragments == 1 && (1..=SHORT).contains(&length) {
            return connection.ask(length);
        }
        self.go_on(id, part, turn)
    }

    /// Goes on with this part of the record: what is to be received next.
    pub(super) fn go_on(&mut self, id: ConnectionId, part: Part, turn: &mut Turn<'_>) -> Receive {
        let Some(connection) = self.connections.get_mut(&id) else {
            return Receive::Pause;
        };
        match part {
            Part::Head => self.judged(id, turn),
            Part::Data(write) => match connection.ask_data(write) {
                Asked::Receive(receive) => receive,
                Asked::Complete(write) => {
                    let padding = write.padding();
                    self.go_on(id, Part::Skipped(write, padding), turn)
                }
                Asked::Short(write) => self.no_write(id, write, turn),
            },
            Part::Skipped(write, 0) if connection.record.is_over() => self.written(id, write, turn),
            // More than all of it is no WRITE.
            Part::Skipped(write, 0) if connection.record.left > 0 => self.no_write(id, write, turn),
            Part::Skipped(write, left) => match connection.ask_skip(left) {
                Some((n, receive)) => {
                    connection.put(Part::Skipped(write, left - n), &receive);
                    receive
                }
                None => self.no_write(id, write, turn),
            },
            Part::Rest => match connection.ask_skip(usize::MAX) {
                Some((_, receive)) => {
                    connection.put(Part::Rest, &receive);
                    receive
                }
                None => self.next_record(id, turn),
            },
        }
    }

    /// All of a WRITE has arrived, and nothing else.
    fn written(&mut self, id: ConnectionId, write: PendingWrite, turn: &mut Turn<'_>) -> Receive {
        self.submit_write(id, write, turn);
        self.next_record(id, turn)
    }

    /// What had begun as a WRITE is none: its record has less data than it says, or more.
    fn no_write(&mut self, id: ConnectionId, write: PendingWrite, turn: &mut Turn<'_>) -> Receive {
        self.release(id, write.buffer);
        let reply = Reply::accepted(write.xid, Accepted::GarbageArgs);
        self.answer_and_skip(id, reply, turn)
    }

    /// Looks at what has arrived of a call.
    fn judged(&mut self, id: ConnectionId, turn: &mut Turn<'_>) -> Receive {
        let Some(connection) = self.connections.get_mut(&id) else {
            return Receive::Pause;
        };
        match judge(&connection.head, connection.record) {
            Judged::Need(n) => connection.ask(n),
            Judged::Whole => {
                let head = std::mem::take(&mut connection.head);
                connection.calls += 1;
                self.call(id, &head, turn);
                self.give_back(id, head);
                self.next_record(id, turn)
            }
            Judged::Write { before } => {
                let head = std::mem::take(&mut connection.head);
                connection.calls += 1;
                let write = self.pending_write(id, &head, before);
                self.give_back(id, head);
                match write {
                    Ok(write) => self.receive_data(id, write, turn),
                    Err(reply) => self.answer_and_skip(id, reply, turn),
                }
            }
            Judged::Answered(reply) => {
                connection.calls += 1;
                self.answer_and_skip(id, reply, turn)
            }
            Judged::Broken(why) => self.broken(id, why, turn),
        }
    }

    /// The memory of a head, for the next one.
    fn give_back(&mut self, id: ConnectionId, mut head: Vec<u8>) {
        head.clear();
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.head = head;
        }
    }

    fn answer_and_skip(&mut self, id: ConnectionId, reply: Reply, turn: &mut Turn<'_>) -> Receive {
        self.answer(id, &reply, turn);
        self.go_on(id, Part::Rest, turn)
    }

    /// A record has been received whole: the next one, if the connection may go on.
    fn next_record(&mut self, id: ConnectionId, turn: &mut Turn<'_>) -> Receive {
        let most = self.limits.calls;
        let Some(connection) = self.connections.get_mut(&id) else {
            return Receive::Pause;
        };
        connection.record = Record::default();
        connection.head.clear();
        if matches!(connection.stage, Stage::Starving(_) | Stage::Closing) {
            return Receive::Pause;
        }
        if connection.leaving || connection.calls >= most {
            connection.stage = Stage::Paused;
            self.leave_if_done(id, turn);
            return Receive::Pause;
        }
        connection.stage = Stage::Mark(Part::Head);
        Receive::Header { n: Mark::SIZE }
    }

    /// Reads a connection again that was paused, if it may go on.
    pub(super) fn resume(&mut self, id: ConnectionId, turn: &mut Turn<'_>) {
        let paused = self
            .connections
            .get(&id)
            .is_some_and(|connection| matches!(connection.stage, Stage::Paused));
        if !paused {
            return;
        }
        let receive = self.next_record(id, turn);
        if !matches!(receive, Receive::Pause) {
            turn.outbox.push(Action::Receive(id, receive));
        }
    }

    /// Ends a connection whose peer breaks the protocol.
    pub(super) fn broken(
        &mut self,
        id: ConnectionId,
        why: &'static str,
        turn: &mut Turn<'_>,
    ) -> Receive {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.stage = Stage::Closing;
            let connection = id;
            self.notice(Notice::Closed { connection, why });
            turn.outbox.push(Action::Close(id, Ending::Now));
        }
        Receive::Pause
    }
}

/// What came of asking for data.
enum Asked {
    Receive(Receive),
    Complete(PendingWrite),
    Short(PendingWrite),
}

impl Connection {
    /// Asks for `n` more bytes of the head, or for the mark of the fragment they are in.
    fn ask(&mut self, n: usize) -> Receive {
        let n = n.min(self.record.left).min(MAX_HEADER);
        if n == 0 {
            self.stage = Stage::Mark(Part::Head);
            return Receive::Header { n: Mark::SIZE };
        }
        self.record.left -= n;
        self.stage = Stage::Within(Part::Head);
        Receive::Header { n }
    }

    /// Asks for what is missing of a WRITE's data.
    fn ask_data(&mut self, mut write: PendingWrite) -> Asked {
        if write.missing() == 0 {
            return Asked::Complete(write);
        }
        let n = write.missing().min(self.record.left);
        if n == 0 && self.record.last {
            return Asked::Short(write);
        }
        let Some(buffer) = write.buffer.take_if(|_| n > 0) else {
            self.stage = Stage::Mark(Part::Data(write));
            return Asked::Receive(Receive::Header { n: Mark::SIZE });
        };
        self.record.left -= n;
        let offset = write.arrived;
        write.arrived += n;
        self.stage = Stage::Within(Part::Data(write));
        Asked::Receive(Receive::Payload {
            n,
            buffer,
            offset,
            trailer: 0,
        })
    }

    /// Asks for at most `most` bytes of the record to be dropped, or for the mark of the fragment
    /// they are in; `None` if it has no more.
    fn ask_skip(&mut self, most: usize) -> Option<(usize, Receive)> {
        let n = most.min(self.record.left);
        if n > 0 {
            self.record.left -= n;
            return Some((n, Receive::Discard { n }));
        }
        let mark = Receive::Header { n: Mark::SIZE };
        (!self.record.last).then_some((0, mark))
    }

    /// Notes what the bytes are part of that have been asked for.
    fn put(&mut self, part: Part, asked: &Receive) {
        self.stage = match asked {
            Receive::Header { .. } => Stage::Mark(part),
            _ => Stage::Within(part),
        };
    }
}

/// What has arrived of a call, of which the record has this more.
fn judge(head: &[u8], record: Record) -> Judged {
    let more = |n, otherwise| match record.is_over() {
        true => otherwise,
        false => Judged::Need(n),
    };
    let (header, length) = match CallHeader::parse(head) {
        Ok(Parsed::Header(header, length)) => (header, length),
        Ok(Parsed::Need(n)) => return more(n, Judged::Broken("a call that ends in its header")),
        Ok(Parsed::Denied { xid, denial }) => {
            return Judged::Answered(Reply {
                xid,
                body: ReplyBody::Denied(denial),
            });
        }
        Err(_) => return Judged::Broken("no RPC call"),
    };
    let garbage = Judged::Answered(Reply::accepted(header.xid, Accepted::GarbageArgs));
    if is_write(&header) {
        let arguments = head.get(length..).unwrap_or_default();
        return match write::Head::parse(arguments) {
            Ok(write::Staged::Parsed { length: own, .. }) => Judged::Write {
                before: length + own,
            },
            Ok(write::Staged::Need(n)) => more(n, garbage),
            Err(_) => garbage,
        };
    }
    if record.is_over() {
        return Judged::Whole;
    }
    match head.len() + record.left {
        ..=Limits::CALL => Judged::Need(record.left),
        // Who asks for something that is not served is told so, however much it asks.
        _ => match program::served(&header) {
            Ok(()) => garbage,
            Err(why) => Judged::Answered(Reply::accepted(header.xid, why)),
        },
    }
}

fn is_write(header: &CallHeader<'_>) -> bool {
    header.program == v3::PROGRAM
        && header.version == v3::VERSION
        && header.procedure == Procedure::Write as u32
}
