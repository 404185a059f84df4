//! Whatever a client sends, and in whatever order things happen, the server neither panics nor
//! keeps memory nor answers twice, and touches nothing beside its tree. That it never asks for more
//! than a record has is the rig's own.

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails may panic, and its numbers are its own"
)]

mod rig;

use std::collections::HashMap;
use std::time::Duration;

use bolero::TypeGenerator;
use labelgate_engine::{ConnectionId, Engine, ImageError, ImageId};
use labelgate_nfs::mount;
use labelgate_nfs::server::Limits;
use rig::client::{self, Arguments, fragment, procedure, read, set_size, write};
use rig::disk::Disk;
use rig::sentinel::{Beside, SECRET};
use rig::tree_calls::{Known, TreeCall};
use rig::trees::{TREE, TREE_NAME};
use rig::{IMAGE, NAME, Rig, SERIAL, image, root};

fn fuzz_time() -> Duration {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS")
        .ok()
        .and_then(|s| s.parse().ok());
    Duration::from_secs(seconds.unwrap_or(2))
}

/// What may happen next.
#[derive(Debug, Clone, TypeGenerator)]
enum Event {
    /// Bytes that may be anything, rarely without a mark of their own.
    Bytes(u8, u8, Vec<u8>),
    /// A call in fragments of this size, rarely with one byte another. Who is closed comes again.
    Call(u8, u8, u16, u32, u16, (u8, u16, u8)),
    /// A call about a tree, in fragments of this size, rarely with one byte another.
    Tree(u8, TreeCall, u16, (u8, u16, u8)),
    /// MNT of something in the tree.
    Mounts(u8, u8),
    /// As much of a call as this.
    Begun(u8, u16, u16),
    /// A call of a tree, or an operation on a file there, is carried out.
    Done(u8, bool),
    /// An operation ends, maybe badly.
    Ends(u8, u8),
    /// A client begins or ceases to read.
    Sticks(u8, bool),
    /// A client is gone, and another one comes.
    Gone(u8),
    /// Time passes.
    Passes(u8),
    /// The image is removed, or is there again.
    Comes(bool),
    /// The supervisor gives the image another size.
    Sized(u8),
    /// The server is asked to end, rarely.
    Drains(u8),
}

/// The kind of call that a WRITE is.
const WRITE: u8 = 1;

/// The calls of the test itself have these numbers and those above, which nothing else is likely to
/// have.
const FIRST: u32 = 0x5a17_0000;

/// What clients mount.
const PATHS: [&str; 8] = [
    "/main",
    "/main/..",
    "/main/up",
    "/main/up/beside",
    "/main/slash/beside",
    "/main/d/../../beside",
    "/main/d/e",
    "/main/a",
];

/// No procedure of NFS: MNT.
const MNT: u32 = u32::MAX;

/// Three clients of a server with little memory, and a tree.
struct Table {
    rig: Rig,
    beside: Beside,
    known: Known,
    xid: u32,
    /// Calls that have had no answer, and of which procedure they are.
    called: HashMap<(ConnectionId, u32), u32>,
    next_image: u32,
}

impl Table {
    fn new() -> Self {
        let mut rig = Rig::with(Limits {
            pool_bytes: 2 << 20,
            calls: 4,
            connections: 3,
            ..Limits::default()
        });
        let beside = Beside::new();
        rig.add_tree(TREE, TREE_NAME, &beside.tree());
        rig.hold = true;
        for number in 0..3 {
            rig.connect(number);
        }
        Self {
            rig,
            known: Known::new(beside.nodes()),
            beside,
            xid: FIRST,
            called: HashMap::new(),
            next_image: 1000,
        }
    }

    fn happens(&mut self, event: &Event) {
        let client = |number: &u8| ConnectionId(u32::from(number % 3));
        match event {
            Event::Bytes(number, odds, bytes) if odds % 8 == 0 => {
                self.rig.feed_if_open(client(number), bytes);
            }
            Event::Bytes(number, odds, bytes) => {
                let bytes = fragment(bytes, odds % 2 == 0);
                self.rig.feed_if_open(client(number), &bytes);
            }
            Event::Call(number, kind, offset, length, most, change) => {
                self.comes_again(client(number));
                let message = self.message(client(number), *kind, *offset, *length);
                self.send(client(number), message, *most, *change);
            }
            Event::Tree(number, call, most, change) => {
                self.comes_again(client(number));
                self.xid += 1;
                let (procedure, message) = call.message(self.xid, &self.known);
                self.called.insert((client(number), self.xid), procedure);
                self.send(client(number), message, *most, *change);
            }
            Event::Mounts(number, path) => {
                self.comes_again(client(number));
                self.xid += 1;
                self.called.insert((client(number), self.xid), MNT);
                let path = PATHS[usize::from(*path) % PATHS.len()];
                let arguments = Arguments::of(path.as_bytes()).0;
                let call = client::mount(self.xid, mount::procedure::MNT, &arguments);
                self.rig.feed_if_open(client(number), &call);
            }
            Event::Begun(number, length, so_far) => {
                let message = self.message(client(number), WRITE, 0, u32::from(*length) * 20);
                let so_far = usize::from(*so_far) % message.len();
                let bytes = fragment(&message[..so_far], false);
                self.rig.feed_if_open(client(number), &bytes);
            }
            Event::Done(nth, true) if !self.rig.held_calls.is_empty() => {
                let nth = usize::from(*nth) % self.rig.held_calls.len();
                self.rig.release_call(nth);
            }
            Event::Done(nth, _) if !self.rig.held_files.is_empty() => {
                let nth = usize::from(*nth) % self.rig.held_files.len();
                self.rig.release_file(nth);
            }
            Event::Done(..) => {}
            Event::Ends(nth, fault) => self.ends(*nth, *fault),
            Event::Sticks(number, stuck) => self.rig.stick(client(number), *stuck),
            Event::Gone(number) => self.gone(client(number)),
            Event::Passes(seconds) => self.rig.pass(Duration::from_secs(u64::from(*seconds))),
            Event::Comes(true) => self.comes(),
            Event::Comes(false) => self.leaves(),
            Event::Sized(blocks) => self.sized(*blocks),
            Event::Drains(odds) if odds % 64 == 0 => {
                self.rig.drain();
                self.rig.pump();
            }
            Event::Drains(_) => {}
        }
        self.look();
    }

    /// Who is closed comes again.
    fn comes_again(&mut self, client: ConnectionId) {
        if self.rig.is_closed(client) {
            self.gone(client);
        }
    }

    /// Sends a message in fragments of this size, rarely with one byte another.
    fn send(
        &mut self,
        client: ConnectionId,
        mut message: Vec<u8>,
        most: u16,
        (odds, at, value): (u8, u16, u8),
    ) {
        if odds % 4 == 0 {
            let at = usize::from(at) % message.len();
            // The number of the call tells its answer.
            message[at.max(4)] = value;
        }
        let bytes = client::fragmented(&message, usize::from(most % 9000) + 1);
        self.rig.feed_if_open(client, &bytes);
    }

    /// A call: what it is is in `kind`, and so is how long it may be.
    fn message(&mut self, client: ConnectionId, kind: u8, offset: u16, length: u32) -> Vec<u8> {
        self.xid += 1;
        let (offset, length) = (u64::from(offset), (length % (1 << 21)) >> (kind / 9));
        let handle = if kind & 0x80 == 0 { image() } else { root() };
        let plain = Arguments::of(&handle);
        let (procedure, arguments) = match kind % 9 {
            0 => (procedure::READ, read(&handle, offset, length)),
            WRITE => {
                let data = vec![7; length as usize % (1 << 20)];
                (procedure::WRITE, write(&handle, offset, length % 3, &data))
            }
            2 => (procedure::GETATTR, plain.0),
            3 => {
                let guard = (length & 1 == 0).then_some((1_000_000, 5));
                let size = u64::from(length) / 512 * 512;
                (procedure::SETATTR, set_size(&handle, size, guard))
            }
            4 => (procedure::COMMIT, plain.u64(offset).u32(length).0),
            5 => (procedure::READDIR, plain.u64(offset).u64(0).u32(length).0),
            6 => {
                let plus = plain.u64(offset).u64(0).u32(length).u32(length);
                (procedure::READDIRPLUS, plus.0)
            }
            7 => (procedure::LOOKUP, plain.opaque(NAME.as_bytes()).0),
            _ => (length % 25, vec![kind; offset as usize % 200]),
        };
        self.called.insert((client, self.xid), procedure);
        client::nfs_message(self.xid, procedure, &arguments)
    }

    fn ends(&mut self, nth: u8, fault: u8) {
        if self.rig.held.is_empty() {
            return;
        }
        let faults = [
            ImageError::OutOfRange,
            ImageError::Medium,
            ImageError::Revoked,
            ImageError::Busy,
        ];
        let fault = faults.get(usize::from(fault) % 8).copied();
        self.rig.disks.values_mut().for_each(|it| it.fault = fault);
        let nth = usize::from(nth) % self.rig.held.len();
        self.rig.release_nth(nth);
        self.rig.disks.values_mut().for_each(|it| it.fault = None);
    }

    fn gone(&mut self, client: ConnectionId) {
        self.look();
        if !self.rig.is_closed(client) {
            self.rig.hang_up(client);
        }
        self.called.retain(|(id, _), _| *id != client);
        self.rig.connect(client.0);
    }

    fn leaves(&mut self) {
        let ids: Vec<ImageId> = self.rig.disks.keys().copied().collect();
        ids.into_iter().for_each(|id| self.rig.remove_image(id));
    }

    /// Under a number that it never had.
    fn comes(&mut self) {
        self.leaves();
        self.next_image += 1;
        let disk = Disk::new(64 << 10);
        self.rig
            .add_image(ImageId(self.next_image), NAME, SERIAL, disk);
    }

    fn sized(&mut self, blocks: u8) {
        if self.rig.disks.contains_key(&IMAGE) {
            self.rig.resize((u64::from(blocks) + 1) * 512);
        }
    }

    /// Each call has one answer, which goes to who called.
    fn look(&mut self) {
        for number in 0..3 {
            let client = ConnectionId(number);
            for answer in self.rig.answers(client) {
                let ours = (FIRST..=self.xid).contains(&answer.xid);
                let called = self.called.remove(&(client, answer.xid));
                assert!(called.is_some() || !ours, "{} was not called", answer.xid);
                let mut pieces = answer.results.windows(SECRET.len());
                assert!(!pieces.any(|it| it == SECRET), "what is beside was read");
                if let Some(procedure) = called {
                    self.known.learn(procedure, &answer.results);
                }
            }
        }
        assert!(self.rig.server.bytes_in_use() <= 2 << 20);
    }

    /// Nothing is left of anybody.
    fn end(mut self) {
        self.rig.release_all();
        (0..3).for_each(|number| self.rig.stick(ConnectionId(number), false));
        self.rig.release_all();
        // Whoever has not ended its call by now is closed, and what it held is there for others.
        self.rig.pass(Duration::from_secs(61));
        self.look();
        for number in 0..3 {
            assert!(!self.rig.is_paused(ConnectionId(number)), "nobody waits");
            if !self.rig.is_closed(ConnectionId(number)) {
                self.rig.hang_up(ConnectionId(number));
            }
        }
        self.rig.release_all();
        let server = &self.rig.server;
        assert_eq!((server.outstanding(), server.bytes_in_use()), (0, 0));
        self.beside.is_untouched();
    }
}

/// Events in any order.
#[test]
fn fuzz_server() {
    bolero::check!()
        .with_test_time(fuzz_time())
        .with_max_len(4096)
        .with_type::<Vec<Event>>()
        .for_each(|events: &Vec<Event>| {
            let mut table = Table::new();
            events.iter().for_each(|event| table.happens(event));
            table.end();
        });
}

/// Nothing but bytes, straight after the connection was accepted.
#[test]
fn fuzz_server_bytes() {
    bolero::check!()
        .with_test_time(fuzz_time())
        .with_max_len(4096)
        .for_each(|bytes: &[u8]| {
            let mut rig = Rig::new();
            let id = rig.connect(1);
            rig.feed(id, bytes);
            rig.pass(Duration::from_secs(60));
            if !rig.is_closed(id) {
                rig.hang_up(id);
            }
            let server = &rig.server;
            assert_eq!((server.outstanding(), server.bytes_in_use()), (0, 0));
        });
}
