//! An engine for the test protocol. It notes every breach of the contract by the driver.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use labelgate_buffers::Pool;
use labelgate_control::{AuditEvent, Text};
use labelgate_engine::{
    Action, Admission, Completion, ConnectionId, Ending, Engine, Geometry, ImageDescription,
    ImageId, IoId, Operation, Outbox, Place, Receive, Received,
};

use labelgate_worker::Service;

use super::protocol::*;

/// What the test thread can see of the engine.
#[derive(Debug, Default)]
pub struct Log {
    pub accepted: usize,
    pub closed: usize,
    pub sent_bytes: usize,
    pub sent: usize,
    pub received: usize,
    pub ticks: usize,
    pub completed: Vec<u16>,
    pub completed_after_close: usize,
    pub free_at_close: Vec<usize>,
    pub breaches: Vec<String>,
}

pub type SharedLog = Arc<Mutex<Log>>;

/// An operation of an image, and who waits for it.
struct Pending {
    connection: ConnectionId,
    serial: u64,
    message: Message,
}

struct Client {
    serial: u64,
    state: State,
}

enum State {
    Header,
    Payload(Message),
    Discard(Message),
    Long(Message),
    Paused,
    /// A receive is outstanding although nothing is expected any more.
    Leaving,
}

pub struct TestEngine {
    pool: Pool,
    log: SharedLog,
    clients: BTreeMap<ConnectionId, Client>,
    gone: BTreeSet<ConnectionId>,
    pending: BTreeMap<IoId, Pending>,
    timers: BTreeMap<(Instant, u64), (ConnectionId, u64, Message)>,
    images: BTreeMap<ImageId, Geometry>,
    next: u64,
    draining: Option<Instant>,
    events: VecDeque<(ConnectionId, AuditEvent)>,
}

impl TestEngine {
    pub fn new(pool: Pool, log: SharedLog) -> Self {
        Self {
            pool,
            log,
            clients: BTreeMap::new(),
            gone: BTreeSet::new(),
            pending: BTreeMap::new(),
            timers: BTreeMap::new(),
            images: BTreeMap::new(),
            next: 0,
            draining: None,
            events: VecDeque::new(),
        }
    }

    fn breach(&self, what: &str) {
        self.log.lock().unwrap().breaches.push(what.to_owned());
    }

    fn serial(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn answer(&self, id: ConnectionId, message: Message, outbox: &mut Outbox) {
        let mut answer = outbox.transmission();
        answer.bytes(&message.encode());
        outbox.push(Action::Send(id, answer));
    }

    fn submit(
        &mut self,
        id: ConnectionId,
        message: Message,
        operation: Operation,
        outbox: &mut Outbox,
    ) {
        let io = IoId(self.serial());
        let serial = self.clients[&id].serial;
        self.pending.insert(
            io,
            Pending {
                connection: id,
                serial,
                message,
            },
        );
        let image = ImageId(message.image());
        outbox.push(Action::Submit(io, Place::Image(image), operation));
    }

    /// A whole header: what comes next.
    #[allow(clippy::too_many_lines, reason = "one arm per operation")]
    fn message(
        &mut self,
        id: ConnectionId,
        message: Message,
        now: Instant,
        outbox: &mut Outbox,
    ) -> (State, Receive) {
        let next = (State::Header, Receive::Header { n: HEADER });
        let length = message.length as usize;
        match message.operation {
            ECHO | WRITE | STABLE => {
                let offset = if message.operation == ECHO {
                    message.offset as usize
                } else {
                    512
                };
                let buffer = self
                    .pool
                    .allocate(offset + length)
                    .expect("the test's pool suffices");
                let receive = Receive::Payload {
                    n: length,
                    buffer,
                    offset,
                    trailer: message.trailer.into(),
                };
                (State::Payload(message), receive)
            }
            READ => {
                let buffer = self
                    .pool
                    .allocate(length)
                    .expect("the test's pool suffices");
                let operation = Operation::Read {
                    offset: message.offset,
                    length,
                    buffer,
                };
                self.submit(id, message, operation, outbox);
                next
            }
            FLUSH => {
                self.submit(id, message, Operation::Flush, outbox);
                next
            }
            UNMAP | ZERO | EXTENT => {
                let (offset, length) = (message.offset, message.length.into());
                let operation = match message.operation {
                    UNMAP => Operation::Discard { offset, length },
                    ZERO => Operation::WriteZeroes {
                        offset,
                        length,
                        unmap: false,
                    },
                    _ => Operation::Extent { offset },
                };
                self.submit(id, message, operation, outbox);
                next
            }
            DISCARD => (State::Discard(message), Receive::Discard { n: length }),
            LONG => (State::Long(message), Receive::Header { n: length }),
            PAUSE | TIMER => {
                let serial = self.serial();
                let due = now + Duration::from_millis(message.length.into());
                self.timers
                    .insert((due, serial), (id, self.clients[&id].serial, message));
                if message.operation == TIMER {
                    next
                } else {
                    (State::Paused, Receive::Pause)
                }
            }
            CLOSE => {
                self.answer(id, message, outbox);
                outbox.push(Action::Close(id, Ending::AfterSending));
                (State::Leaving, Receive::Pause)
            }
            LEAVE => {
                self.answer(id, message, outbox);
                outbox.push(Action::Close(id, Ending::AfterSending));
                let receive = Receive::Payload {
                    n: length,
                    buffer: self
                        .pool
                        .allocate(length)
                        .expect("the test's pool suffices"),
                    offset: 0,
                    trailer: 0,
                };
                (State::Leaving, receive)
            }
            ABORT => {
                outbox.push(Action::Close(id, Ending::Now));
                (State::Leaving, Receive::Header { n: HEADER })
            }
            EMPTY => {
                let empty = outbox.transmission();
                outbox.push(Action::Send(id, empty));
                self.answer(id, message, outbox);
                next
            }
            NOTICE => {
                let what = Text::clean("noticed");
                self.events
                    .push_back((id, AuditEvent::ProtocolError { what }));
                outbox.push(Action::Close(id, Ending::Now));
                (State::Leaving, Receive::Pause)
            }
            FAULT => (State::Leaving, Receive::Header { n: 0 }),
            other => panic!("a header out of place: {other:#x} {message:?}"),
        }
    }
}

impl Engine for TestEngine {
    fn accept(&mut self, id: ConnectionId, _: Admission, _: Instant, _: &mut Outbox) -> Receive {
        self.log.lock().unwrap().accepted += 1;
        let serial = self.serial();
        self.gone.remove(&id);
        let client = Client {
            serial,
            state: State::Header,
        };
        if self.clients.insert(id, client).is_some() {
            self.breach("a number in use was used again");
        }
        Receive::Header { n: HEADER }
    }

    fn received(
        &mut self,
        id: ConnectionId,
        received: Received<'_>,
        now: Instant,
        outbox: &mut Outbox,
    ) -> Receive {
        self.log.lock().unwrap().received += 1;
        let Some(client) = self.clients.get_mut(&id) else {
            self.breach("received on a connection that is gone");
            return Receive::Pause;
        };
        let state = std::mem::replace(&mut client.state, State::Header);
        let (state, receive) = match (state, received) {
            (State::Header, Received::Header(bytes)) => {
                let message = Message::decode(bytes);
                self.message(id, message, now, outbox)
            }
            (State::Payload(message), Received::Payload { buffer, trailer }) => {
                if trailer.len() != usize::from(message.trailer) {
                    self.breach("a trailer of the wrong length");
                }
                let length = message.length as usize;
                if message.operation == ECHO {
                    let mut answer = outbox.transmission();
                    answer.bytes(&message.encode());
                    answer.carry(buffer);
                    // In pieces, so that gathers have many.
                    let start = message.offset as usize;
                    let half = length / 2;
                    answer.slice(start, half);
                    answer.slice(start + half, length - half);
                    answer.bytes(trailer);
                    outbox.push(Action::Send(id, answer));
                } else {
                    let stable = message.operation == STABLE;
                    let operation = Operation::Write {
                        offset: message.offset,
                        length,
                        buffer,
                        from: 512,
                        stable,
                    };
                    self.submit(id, message, operation, outbox);
                }
                (State::Header, Receive::Header { n: HEADER })
            }
            (State::Discard(message), Received::Discarded) => {
                self.answer(id, message, outbox);
                (State::Header, Receive::Header { n: HEADER })
            }
            (State::Long(message), Received::Header(bytes)) => {
                let sum = bytes.iter().map(|&byte| u64::from(byte)).sum();
                self.answer(id, message.status(sum), outbox);
                (State::Header, Receive::Header { n: HEADER })
            }
            (State::Leaving, _) => (State::Leaving, Receive::Pause),
            _ => {
                self.breach("something else than what was asked for has arrived");
                (State::Leaving, Receive::Pause)
            }
        };
        if let Some(client) = self.clients.get_mut(&id) {
            client.state = state;
        }
        receive
    }

    fn sent(&mut self, id: ConnectionId, length: usize, _: Instant, _: &mut Outbox) {
        if !self.clients.contains_key(&id) {
            self.breach("sent on a connection that is gone");
        }
        let mut log = self.log.lock().unwrap();
        log.sent += 1;
        log.sent_bytes += length;
    }

    fn closed(&mut self, id: ConnectionId, _: Instant, _: &mut Outbox) {
        if self.clients.remove(&id).is_none() {
            self.breach("closed twice");
        }
        self.gone.insert(id);
        if self.draining.is_some() {
            let what = Text::clean("late");
            self.events
                .push_back((id, AuditEvent::ProtocolError { what }));
        }
        let mut log = self.log.lock().unwrap();
        log.closed += 1;
        log.free_at_close.push(self.pool.free());
    }

    fn completed(&mut self, io: IoId, completion: Completion, _: Instant, outbox: &mut Outbox) {
        let Some(pending) = self.pending.remove(&io) else {
            return self.breach("an operation ended twice");
        };
        let message = pending.message;
        self.log.lock().unwrap().completed.push(message.tag);
        let id = pending.connection;
        let there = self
            .clients
            .get(&id)
            .is_some_and(|client| client.serial == pending.serial);
        if !there {
            self.log.lock().unwrap().completed_after_close += 1;
            return;
        }
        let status = u64::from(completion.result.is_err());
        let mut answer = outbox.transmission();
        answer.bytes(&message.status(status).encode());
        if message.operation == READ && status == 0 {
            answer.carry(completion.buffer.expect("a read hands its buffer back"));
            answer.slice(0, message.length as usize);
        }
        outbox.push(Action::Send(id, answer));
    }

    fn image_added(&mut self, image: ImageId, description: ImageDescription) {
        self.images.insert(image, description.geometry);
    }

    fn image_changed(&mut self, image: ImageId, geometry: Geometry) {
        self.images.insert(image, geometry);
    }

    fn image_removed(&mut self, image: ImageId, _: Instant, outbox: &mut Outbox) {
        self.images.remove(&image);
        for &id in self.clients.keys() {
            outbox.push(Action::Close(id, Ending::Now));
        }
    }

    fn drain(&mut self, deadline: Instant, _: Instant, _: &mut Outbox) {
        self.draining = Some(deadline);
    }

    fn deadline(&self) -> Option<Instant> {
        self.timers.keys().next().map(|&(due, _)| due)
    }

    fn tick(&mut self, now: Instant, outbox: &mut Outbox) {
        self.log.lock().unwrap().ticks += 1;
        while let Some((&(due, _), _)) = self.timers.first_key_value()
            && due <= now
        {
            let (_, (id, serial, message)) = self.timers.pop_first().unwrap();
            let Some(client) = self
                .clients
                .get_mut(&id)
                .filter(|client| client.serial == serial)
            else {
                continue;
            };
            if message.operation == PAUSE {
                client.state = State::Header;
                outbox.push(Action::Receive(id, Receive::Header { n: HEADER }));
            }
            self.answer(id, message, outbox);
        }
    }

    fn outstanding(&self) -> usize {
        self.pending.len() + self.clients.len()
    }
}

impl Service for TestEngine {
    fn buffer_bytes(&self) -> usize {
        self.pool.bound() - self.pool.free()
    }

    fn trim(&self) -> std::io::Result<()> {
        self.pool.trim()
    }

    fn take_event(&mut self) -> Option<(ConnectionId, AuditEvent)> {
        self.events.pop_front()
    }
}
