//! A driver for tests: it moves bytes between a client and the server as the worker's drivers do,
//! keeps the images in memory, and ends operations when the test says so.
//!
//! What the server asks to receive is held against the record marks that the rig reads for
//! itself: never more than the fragment has, and a mark where a mark is.

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    missing_docs,
    reason = "a test that fails may panic, and its numbers are its own"
)]
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod client;
pub mod disk;
pub mod results;
pub mod sentinel;
pub mod tree_calls;
mod tree_driver;
pub mod trees;
pub mod wire;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant, SystemTime};

use labelgate_backends::tree::Tree;
use labelgate_engine::tree::{Call, FileId, TreeId};
use labelgate_engine::{
    Action, Admission, Completion, ConnectionId, Ending, Engine, ImageDescription, ImageError,
    ImageId, IoId, Login, Operation, Outbox, Outcome, Place, Receive, Received,
};
use labelgate_nfs::handle::{Handle, HandleKey, Object};
use labelgate_nfs::server::{Handles, Limits, Notice, Server};

use client::Answer;
use disk::Disk;
use results::Results;
use wire::Wire;

/// The first image: `disk.raw`, of four MiB.
pub const IMAGE: ImageId = ImageId(7);
pub const SIZE: u64 = 4 << 20;
pub const NAME: &str = "disk.raw";
pub const SERIAL: u128 = 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef;
pub const EPOCH: u64 = 5;
pub const PEER: &str = "192.0.2.1:1000";

pub fn key(label: &str) -> HandleKey {
    HandleKey::for_label(&[3; 32], label)
}

/// A handle of this label's own, as the server makes them.
pub fn sealed(object: Object) -> Vec<u8> {
    let handle = Handle {
        epoch: EPOCH,
        object,
    };
    let client = PEER.parse::<std::net::SocketAddr>().unwrap().ip();
    handle.seal(&key("s0:c1,c2"), Some(client)).to_vec()
}

pub fn root() -> Vec<u8> {
    sealed(Object::Root)
}

pub fn image() -> Vec<u8> {
    of_serial(SERIAL)
}

pub fn of_serial(serial: u128) -> Vec<u8> {
    sealed(Object::Image(serial.to_be_bytes()))
}

pub fn description(name: &str, serial: u128, disk: &Disk) -> ImageDescription {
    ImageDescription {
        target: format!("iqn.2026-11.io.labelgate:{name}"),
        serial: format!("{serial:032x}"),
        naa: [0x30, 1, 2, 3, 4, 5, 6, 7],
        file_name: name.to_owned(),
        geometry: disk.geometry,
    }
}

pub struct Rig {
    pub server: Server,
    pub outbox: Outbox,
    wires: BTreeMap<ConnectionId, Wire>,
    pub disks: BTreeMap<ImageId, Disk>,
    pub trees: BTreeMap<TreeId, Tree>,
    /// Operations are held until `release`.
    pub hold: bool,
    pub held: VecDeque<(IoId, ImageId, Operation)>,
    pub held_files: VecDeque<(IoId, FileId, Operation)>,
    pub held_calls: VecDeque<(IoId, TreeId, Call)>,
    pub now: Instant,
    xid: u32,
}

impl Rig {
    pub fn new() -> Self {
        Self::with(Limits::default())
    }

    pub fn with(limits: Limits) -> Self {
        Self::started(limits, SystemTime::now())
    }

    pub fn started(limits: Limits, started: SystemTime) -> Self {
        let handles = Handles {
            key: key("s0:c1,c2"),
            bound: true,
        };
        let mut rig = Self {
            server: Server::new(limits, handles, started).unwrap(),
            outbox: Outbox::default(),
            wires: BTreeMap::new(),
            disks: BTreeMap::new(),
            trees: BTreeMap::new(),
            hold: false,
            held: VecDeque::new(),
            held_files: VecDeque::new(),
            held_calls: VecDeque::new(),
            now: Instant::now(),
            xid: 100,
        };
        rig.add_image(IMAGE, NAME, SERIAL, Disk::new(SIZE));
        rig
    }

    pub fn add_image(&mut self, id: ImageId, name: &str, serial: u128, disk: Disk) {
        self.server
            .image_added(id, description(name, serial, &disk));
        self.disks.insert(id, disk);
    }

    /// What is begun from now on finds it revoked.
    pub fn remove_image(&mut self, id: ImageId) {
        self.disks.remove(&id);
        self.server.image_removed(id, self.now, &mut self.outbox);
        self.pump();
    }

    pub fn disk(&mut self) -> &mut Disk {
        self.disks.get_mut(&IMAGE).unwrap()
    }

    /// The supervisor has made the image another size.
    pub fn resize(&mut self, size: u64) {
        let geometry = self.disk().resize(size);
        self.server.image_changed(IMAGE, geometry);
    }

    pub fn connect(&mut self, number: u32) -> ConnectionId {
        let login = Login::Rpc {
            epoch: EPOCH,
            ports: None,
        };
        self.connect_as(number, PEER, login)
    }

    pub fn connect_as(&mut self, number: u32, peer: &str, login: Login) -> ConnectionId {
        let id = ConnectionId(number);
        let admission = Admission {
            peer: peer.parse().unwrap(),
            local: "192.0.2.9:2049".parse().unwrap(),
            identity: "vm".to_owned(),
            login,
            granted: Vec::new(),
        };
        let want = self
            .server
            .accept(id, admission, self.now, &mut self.outbox);
        self.wires.insert(id, Wire::new(want));
        self.pump();
        id
    }

    /// Bytes arrive.
    pub fn feed(&mut self, id: ConnectionId, bytes: &[u8]) {
        self.wire(id).pending.extend(bytes);
        self.pump();
    }

    /// Bytes arrive, unless nobody is there any more.
    pub fn feed_if_open(&mut self, id: ConnectionId, bytes: &[u8]) {
        if !self.is_closed(id) {
            self.feed(id, bytes);
        }
    }

    /// A call of NFS in one fragment, and its results: those of one answer.
    pub fn nfs(&mut self, id: ConnectionId, procedure: u32, arguments: &[u8]) -> Results {
        self.xid += 1;
        let xid = self.xid;
        self.feed(id, &client::nfs(xid, procedure, arguments));
        let answer = self.one(id);
        assert_eq!(answer.xid, xid);
        answer.results()
    }

    /// The peer is gone.
    pub fn hang_up(&mut self, id: ConnectionId) {
        let wire = self.wire(id);
        assert!(!wire.closed);
        wire.end();
        self.server.closed(id, self.now, &mut self.outbox);
        self.pump();
    }

    pub fn is_closed(&self, id: ConnectionId) -> bool {
        self.wires[&id].closed
    }

    /// It was ended at once, not after what was queued.
    pub fn is_cut(&self, id: ConnectionId) -> bool {
        self.wires[&id].cut
    }

    pub fn stick(&mut self, id: ConnectionId, stuck: bool) {
        self.wire(id).stuck = stuck;
        self.pump();
    }

    /// Bytes that the peer has not read.
    pub fn unread(&self, id: ConnectionId) -> usize {
        self.wires[&id].queue.iter().map(|sent| sent.length()).sum()
    }

    /// Bytes that the server has not taken.
    pub fn unconsumed(&self, id: ConnectionId) -> usize {
        self.wires[&id].pending.len()
    }

    /// The server takes nothing of it for the time being.
    pub fn is_paused(&self, id: ConnectionId) -> bool {
        self.wires[&id].is_paused()
    }

    pub fn pass(&mut self, time: Duration) {
        self.now += time;
        self.tick();
    }

    pub fn tick(&mut self) {
        while self.server.deadline().is_some_and(|at| at <= self.now) {
            self.server.tick(self.now, &mut self.outbox);
        }
        self.pump();
    }

    pub fn drain(&mut self) {
        self.server.drain(
            self.now + Duration::from_secs(10),
            self.now,
            &mut self.outbox,
        );
    }

    /// Ends the oldest held operation.
    pub fn release(&mut self) {
        self.release_nth(0);
    }

    pub fn release_nth(&mut self, nth: usize) {
        let (io, image, operation) = self.held.remove(nth).expect("an operation is held");
        self.execute(io, image, operation);
        self.pump();
    }

    pub fn release_all(&mut self) {
        self.hold = false;
        while !self.held.is_empty() {
            self.release();
        }
        // The end of one may begin the other, at once.
        while !self.held_files.is_empty() {
            self.release_file(0);
        }
        while !self.held_calls.is_empty() {
            self.release_call(0);
        }
    }

    /// Ends a held operation on a file of a tree.
    pub fn release_file(&mut self, nth: usize) {
        let (io, file, operation) = self.held_files.remove(nth).expect("an operation is held");
        self.execute_on_file(io, file, operation);
        self.pump();
    }

    /// Carries out a held call of a tree.
    pub fn release_call(&mut self, nth: usize) {
        let (io, tree, call) = self.held_calls.remove(nth).expect("a call is held");
        self.call_tree(io, tree, &call);
        self.pump();
    }

    pub fn notices(&mut self) -> Vec<Notice> {
        std::iter::from_fn(|| self.server.take_notice()).collect()
    }

    /// What the server has sent since the last call.
    pub fn answers(&mut self, id: ConnectionId) -> Vec<Answer> {
        let output = std::mem::take(&mut self.wire(id).output);
        client::answers(&output)
    }

    pub fn one(&mut self, id: ConnectionId) -> Answer {
        let mut answers = self.answers(id);
        assert_eq!(answers.len(), 1, "{answers:?}");
        answers.remove(0)
    }

    fn wire(&mut self, id: ConnectionId) -> &mut Wire {
        self.wires.get_mut(&id).unwrap()
    }

    pub fn pump(&mut self) {
        loop {
            let mut moved = false;
            let ids: Vec<_> = self.wires.keys().copied().collect();
            for &id in &ids {
                while self.receive_one(id) {
                    moved = true;
                }
            }
            while let Some(action) = self.outbox.pop() {
                moved = true;
                self.apply(action);
            }
            for &id in &ids {
                while self.send_one(id) {
                    moved = true;
                }
            }
            if !moved {
                return;
            }
        }
    }

    fn receive_one(&mut self, id: ConnectionId) -> bool {
        let wire = self.wires.get_mut(&id).unwrap();
        let Some((want, bytes)) = wire.arrived() else {
            return false;
        };
        let received = match want {
            Receive::Header { .. } => Received::Header(&bytes),
            Receive::Discard { .. } => Received::Discarded,
            Receive::Payload {
                mut buffer, offset, ..
            } => {
                buffer[offset..offset + bytes.len()].copy_from_slice(&bytes);
                let trailer = &[];
                Received::Payload { buffer, trailer }
            }
            Receive::Pause => unreachable!(),
        };
        let want = self
            .server
            .received(id, received, self.now, &mut self.outbox);
        self.wire(id).want(want);
        true
    }

    fn apply(&mut self, action: Action) {
        match action {
            Action::Receive(id, receive) => self.wire(id).resume(receive),
            Action::Send(id, sent) => self.wire(id).push(sent),
            Action::Submit(io, Place::Image(image), operation) if self.hold => {
                self.held.push_back((io, image, operation));
            }
            Action::Submit(io, Place::Image(image), operation) => {
                self.execute(io, image, operation)
            }
            Action::Submit(io, Place::File(file), operation) if self.hold => {
                self.held_files.push_back((io, file, operation));
            }
            Action::Submit(io, Place::File(file), operation) => {
                self.execute_on_file(io, file, operation);
            }
            Action::SubmitFor(..) => panic!("no tree of these has owners"),
            Action::Call(_, io, tree, call) if self.hold => {
                self.held_calls.push_back((io, tree, call));
            }
            Action::Call(_, io, tree, call) => self.call_tree(io, tree, &call),
            Action::Close(id, ending) => self.close(id, ending),
            Action::Settle(..) | Action::Reserved(..) => panic!("no client of NFS reserves"),
        }
    }

    fn close(&mut self, id: ConnectionId, ending: Ending) {
        let wire = self.wires.get_mut(&id).unwrap();
        if wire.closed {
            return;
        }
        wire.swallow();
        if ending == Ending::AfterSending {
            wire.leaving = true;
            if wire.stuck && !wire.queue.is_empty() {
                return;
            }
            while self.send_one(id) {}
        } else {
            wire.cut = true;
        }
        self.wire(id).end();
        self.server.closed(id, self.now, &mut self.outbox);
    }

    fn send_one(&mut self, id: ConnectionId) -> bool {
        let wire = self.wires.get_mut(&id).unwrap();
        let Some(sent) = wire.pop() else {
            return false;
        };
        let length = sent.length();
        self.outbox.recycle(sent);
        self.server.sent(id, length, self.now, &mut self.outbox);
        let wire = self.wire(id);
        if wire.leaving && wire.queue.is_empty() && !wire.closed {
            wire.end();
            self.server.closed(id, self.now, &mut self.outbox);
        }
        true
    }

    fn execute(&mut self, io: IoId, image: ImageId, operation: Operation) {
        let completion = match self.disks.get_mut(&image) {
            Some(disk) => disk.execute(operation),
            None => Completion {
                result: Err(ImageError::Revoked),
                buffer: disk::into_buffer(operation),
            },
        };
        if let Ok(Outcome::Resized(geometry)) = completion.result {
            self.server.image_changed(image, geometry);
        }
        self.server
            .completed(io, completion, self.now, &mut self.outbox);
    }
}
