//! A driver for tests: it moves bytes between an initiator made of the crate's own PDUs and the
//! engine, keeps the image in memory, and ends operations when the test says so.

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

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use labelgate_engine::{
    Action, Admission, Completion, ConnectionId, Engine, Extent, Geometry, ImageDescription,
    ImageError, ImageId, IoId, Login, Operation, Outbox, Outcome, Place, Receive, Received,
    ReservationChange,
};
use labelgate_iscsi::pdu::{
    BHS, Cid, Header, InitiatorTaskTag, Isid, LoginRequest, Lun, ScsiCommand, SegmentLength, Stage,
    TaskAttribute, Tsih, opcode,
};
use labelgate_iscsi::serial::{CmdSn, StatSn};
use labelgate_iscsi::{Limits, Target};

pub const IMAGE: ImageId = ImageId(7);
pub const TARGET: &str = "iqn.2026-11.io.labelgate:vms.a";
pub const SIZE: u64 = 4 << 20;

/// A PDU from the target.
#[derive(Debug, Clone)]
pub struct Pdu {
    pub header: Header,
    pub bhs: [u8; BHS],
    pub data: Vec<u8>,
}

impl Pdu {
    pub fn number(&self, at: usize) -> u32 {
        u32::from_be_bytes(self.bhs[at..at + 4].try_into().unwrap())
    }
    pub fn status(&self) -> u8 {
        self.bhs[3]
    }
    pub fn max_cmd_sn(&self) -> CmdSn {
        CmdSn::new(self.number(32))
    }
    pub fn exp_cmd_sn(&self) -> CmdSn {
        CmdSn::new(self.number(28))
    }
    /// Sense key, ASC, ASCQ of a SCSI Response.
    pub fn sense(&self) -> (u8, u8, u8) {
        (self.data[2 + 2] & 15, self.data[2 + 12], self.data[2 + 13])
    }
}

#[derive(Default)]
struct Wire {
    pending: VecDeque<u8>,
    want: Option<Receive>,
    output: Vec<u8>,
    closed: bool,
    /// The peer does not read: transmissions stay in the queue.
    stuck: bool,
    queue: VecDeque<labelgate_engine::Transmission>,
}

pub struct Rig {
    pub target: Target,
    pub outbox: Outbox,
    wires: HashMap<ConnectionId, Wire>,
    pub disk: Vec<u8>,
    /// Operations are held until `release`.
    pub hold: bool,
    pub held: VecDeque<(IoId, Operation)>,
    pub flushes: usize,
    /// What waits for operations that are held.
    settling: Vec<(IoId, Vec<IoId>)>,
    /// What was said of reservations; what is to be kept is, unless that fails.
    pub changes: Vec<ReservationChange>,
    pub keeps: bool,
    pub now: Instant,
}

impl Rig {
    pub fn new() -> Self {
        Self::with(Limits::default())
    }

    pub fn with(limits: Limits) -> Self {
        let mut target = Target::new(limits).unwrap();
        target.image_added(
            IMAGE,
            ImageDescription {
                target: TARGET.to_owned(),
                file_name: "disk".to_owned(),
                serial: "0123456789abcdef0123456789abcdef".to_owned(),
                naa: [0x30, 1, 2, 3, 4, 5, 6, 7],
                geometry: geometry(SIZE),
            },
        );
        Self {
            target,
            outbox: Outbox::default(),
            wires: HashMap::new(),
            disk: vec![0; SIZE as usize],
            hold: false,
            held: VecDeque::new(),
            flushes: 0,
            settling: Vec::new(),
            changes: Vec::new(),
            keeps: true,
            now: Instant::now(),
        }
    }

    pub fn connect(&mut self, number: u32, identity: &str) -> ConnectionId {
        self.connect_with(number, identity, Login::Untouched, &[])
    }

    /// A connection whose login may have been led to its end already.
    pub fn connect_with(
        &mut self,
        number: u32,
        identity: &str,
        login: Login,
        granted: &[&str],
    ) -> ConnectionId {
        let id = ConnectionId(number);
        let admission = Admission {
            peer: "192.0.2.1:1000".parse().unwrap(),
            local: "192.0.2.9:3260".parse().unwrap(),
            identity: identity.to_owned(),
            login,
            granted: granted.iter().map(|&target| target.to_owned()).collect(),
        };
        let want = self
            .target
            .accept(id, admission, self.now, &mut self.outbox);
        self.wires.insert(
            id,
            Wire {
                want: Some(want),
                ..Wire::default()
            },
        );
        self.pump();
        id
    }

    /// Bytes arrive.
    pub fn feed(&mut self, id: ConnectionId, bytes: &[u8]) {
        self.wires.get_mut(&id).unwrap().pending.extend(bytes);
        self.pump();
    }

    /// Bytes arrive, unless nobody is there any more.
    pub fn feed_if_open(&mut self, id: ConnectionId, bytes: &[u8]) {
        if !self.is_closed(id) {
            self.feed(id, bytes);
        }
    }

    /// The peer is gone.
    pub fn hang_up(&mut self, id: ConnectionId) {
        self.wires.get_mut(&id).unwrap().closed = true;
        self.target.closed(id, self.now, &mut self.outbox);
        self.pump();
    }

    pub fn is_closed(&self, id: ConnectionId) -> bool {
        self.wires[&id].closed
    }

    pub fn stick(&mut self, id: ConnectionId, stuck: bool) {
        self.wires.get_mut(&id).unwrap().stuck = stuck;
        self.pump();
    }

    pub fn unread(&self, id: ConnectionId) -> usize {
        self.wires[&id].queue.iter().map(|sent| sent.length()).sum()
    }

    pub fn unconsumed(&self, id: ConnectionId) -> usize {
        self.wires[&id].pending.len()
    }

    pub fn pass(&mut self, time: Duration) {
        self.now += time;
        while self.target.deadline().is_some_and(|at| at <= self.now) {
            self.target.tick(self.now, &mut self.outbox);
        }
        self.pump();
    }

    /// Ends the oldest held operation.
    pub fn release(&mut self) {
        let (io, operation) = self.held.pop_front().expect("an operation is held");
        self.execute(io, operation);
        self.settled(io);
        self.pump();
    }

    fn settled(&mut self, ended: IoId) {
        for (_, waits_for) in &mut self.settling {
            waits_for.retain(|io| *io != ended);
        }
        while let Some(at) = self.settling.iter().position(|(_, rest)| rest.is_empty()) {
            let (io, _) = self.settling.remove(at);
            self.complete(io, Ok(Outcome::Done));
        }
    }

    fn complete(&mut self, io: IoId, result: Result<Outcome, ImageError>) {
        let buffer = None;
        let completion = Completion { result, buffer };
        self.target
            .completed(io, completion, self.now, &mut self.outbox);
    }

    pub fn pump(&mut self) {
        loop {
            let mut moved = self.receive_some();
            while let Some(action) = self.outbox.pop() {
                moved = true;
                self.apply(action);
            }
            moved |= self.send_some();
            if !moved {
                return;
            }
        }
    }

    fn receive_some(&mut self) -> bool {
        let ids: Vec<_> = self.wires.keys().copied().collect();
        let mut moved = false;
        for id in ids {
            while self.receive_one(id) {
                moved = true;
            }
        }
        moved
    }

    fn receive_one(&mut self, id: ConnectionId) -> bool {
        let wire = self.wires.get_mut(&id).unwrap();
        if wire.closed {
            return false;
        }
        let needed = match &wire.want {
            Some(Receive::Header { n }) | Some(Receive::Discard { n }) => *n,
            Some(Receive::Payload { n, trailer, .. }) => n + trailer,
            _ => return false,
        };
        if wire.pending.len() < needed {
            return false;
        }
        let bytes: Vec<u8> = wire.pending.drain(..needed).collect();
        let received = match wire.want.take().unwrap() {
            Receive::Header { .. } => Received::Header(&bytes),
            Receive::Discard { .. } => Received::Discarded,
            Receive::Payload {
                n,
                mut buffer,
                offset,
                ..
            } => {
                buffer[offset..offset + n].copy_from_slice(&bytes[..n]);
                Received::Payload {
                    buffer,
                    trailer: &bytes[n..],
                }
            }
            Receive::Pause => unreachable!(),
        };
        let want = self
            .target
            .received(id, received, self.now, &mut self.outbox);
        self.wires.get_mut(&id).unwrap().want = Some(want);
        true
    }

    fn apply(&mut self, action: Action) {
        match action {
            Action::Receive(id, receive) => {
                self.wires.get_mut(&id).unwrap().want = Some(receive);
            }
            Action::Send(id, sent) => self.wires.get_mut(&id).unwrap().queue.push_back(sent),
            Action::Submit(io, place, operation) => {
                assert_eq!(place, Place::Image(IMAGE));
                if self.hold {
                    self.held.push_back((io, operation));
                } else {
                    self.execute(io, operation);
                }
            }
            Action::Settle(io, image) => {
                assert_eq!(image, IMAGE);
                let before = self.held.iter().map(|(io, _)| *io).collect();
                self.settling.push((io, before));
                self.settled(io);
            }
            Action::Reserved(io, image, change) => {
                assert_eq!(image, IMAGE);
                self.changes.push(*change);
                let result = match self.keeps {
                    true => Ok(Outcome::Done),
                    false => Err(ImageError::Medium),
                };
                if let Some(io) = io {
                    self.complete(io, result);
                }
            }
            Action::Call(..) | Action::SubmitFor(..) => panic!("no initiator knows a tree"),
            Action::Close(id, _) => {
                while self.send_one(id) {}
                let wire = self.wires.get_mut(&id).unwrap();
                if !std::mem::replace(&mut wire.closed, true) {
                    wire.want = None;
                    wire.queue.clear();
                    self.target.closed(id, self.now, &mut self.outbox);
                }
            }
        }
    }

    fn send_some(&mut self) -> bool {
        let ids: Vec<_> = self.wires.keys().copied().collect();
        let mut moved = false;
        for id in ids {
            while self.send_one(id) {
                moved = true;
            }
        }
        moved
    }

    fn send_one(&mut self, id: ConnectionId) -> bool {
        let wire = self.wires.get_mut(&id).unwrap();
        if wire.stuck || wire.closed {
            return false;
        }
        let Some(sent) = wire.queue.pop_front() else {
            return false;
        };
        sent.slices()
            .for_each(|slice| wire.output.extend_from_slice(slice));
        let length = sent.length();
        self.outbox.recycle(sent);
        self.target.sent(id, length, self.now, &mut self.outbox);
        true
    }

    fn execute(&mut self, io: IoId, operation: Operation) {
        let at = |offset: u64, length: usize| offset as usize..offset as usize + length;
        let mut outcome = Outcome::Done;
        let buffer = match operation {
            Operation::Read {
                offset,
                length,
                mut buffer,
            } => {
                buffer[..length].copy_from_slice(&self.disk[at(offset, length)]);
                Some(buffer)
            }
            Operation::Write {
                offset,
                length,
                buffer,
                from,
                ..
            } => {
                self.disk[at(offset, length)].copy_from_slice(&buffer[from..from + length]);
                Some(buffer)
            }
            Operation::Flush => {
                self.flushes += 1;
                None
            }
            Operation::Discard { offset, length }
            | Operation::WriteZeroes { offset, length, .. } => {
                self.disk[at(offset, length as usize)].fill(0);
                None
            }
            // SCSI has neither.
            Operation::Resize { .. } | Operation::Status => unreachable!(),
            Operation::Extent { offset } => {
                outcome = Outcome::Extent(Extent {
                    length: SIZE - offset,
                    mapped: true,
                });
                None
            }
        };
        let completion = Completion {
            result: Ok(outcome),
            buffer,
        };
        self.target
            .completed(io, completion, self.now, &mut self.outbox);
    }

    /// What the target has sent since the last call, as PDUs without digests.
    pub fn pdus(&mut self, id: ConnectionId) -> Vec<Pdu> {
        let output = std::mem::take(&mut self.wires.get_mut(&id).unwrap().output);
        let mut rest = output.as_slice();
        let mut found = Vec::new();
        while !rest.is_empty() {
            let bhs: [u8; BHS] = rest[..BHS].try_into().unwrap();
            let header = Header::parse(&bhs);
            let length = header.data_segment_length.get();
            let end = BHS + length + header.data_segment_length.padding();
            found.push(Pdu {
                header,
                bhs,
                data: rest[BHS..BHS + length].to_vec(),
            });
            rest = &rest[end..];
        }
        found
    }

    pub fn raw(&mut self, id: ConnectionId) -> Vec<u8> {
        std::mem::take(&mut self.wires.get_mut(&id).unwrap().output)
    }

    pub fn one(&mut self, id: ConnectionId) -> Pdu {
        let mut pdus = self.pdus(id);
        assert_eq!(pdus.len(), 1, "{pdus:?}");
        pdus.remove(0)
    }
}

pub fn geometry(size: u64) -> Geometry {
    Geometry {
        size,
        block_size: 512,
        physical_block_size: 4096,
        read_only: false,
        discard: true,
    }
}

/// An initiator: numbers its commands and builds their bytes.
pub struct Initiator {
    pub id: ConnectionId,
    pub cmd_sn: CmdSn,
    pub tag: u32,
}

pub const LOGIN_KEYS: &str = "HeaderDigest=None\0DataDigest=None\0InitialR2T=No\0ImmediateData=Yes\0\
    MaxBurstLength=262144\0FirstBurstLength=262144\0MaxRecvDataSegmentLength=262144\0\
    MaxOutstandingR2T=1\0";

impl Initiator {
    /// Connects and logs in.
    pub fn login(rig: &mut Rig, number: u32) -> Self {
        Self::login_as(
            rig,
            number,
            "address 192.0.2.1",
            [0x80, 0, 0, 0, 0, 1],
            LOGIN_KEYS,
        )
    }

    pub fn login_as(rig: &mut Rig, number: u32, identity: &str, isid: [u8; 6], keys: &str) -> Self {
        let mut initiator = Self::begin(rig, number, identity, isid, keys);
        let answer = rig.one(initiator.id);
        assert_eq!(answer.header.opcode, opcode::LOGIN_RESPONSE);
        assert_eq!(answer.number(36) >> 16, 0, "login status");
        initiator.cmd_sn = answer.exp_cmd_sn();
        // The unit attention of a new nexus.
        let tur = initiator.command(&[0; 6], Direction::None, 0, &[]);
        rig.feed(initiator.id, &tur);
        assert_eq!(rig.one(initiator.id).status(), 2);
        initiator
    }

    /// Connects and sends a login whose answer the test takes.
    pub fn begin(rig: &mut Rig, number: u32, identity: &str, isid: [u8; 6], keys: &str) -> Self {
        let id = rig.connect(number, identity);
        let text = format!(
            "InitiatorName=iqn.2008-11.org.linux-kvm:vm\0TargetName={TARGET}\0SessionType=Normal\0{keys}"
        );
        rig.feed(id, &login_bytes(isid, &text));
        Self {
            id,
            cmd_sn: CmdSn::new(1),
            tag: 100,
        }
    }

    /// A SCSI command with all its data immediate, or none.
    pub fn command(
        &mut self,
        cdb: &[u8],
        direction: Direction,
        expected: u32,
        data: &[u8],
    ) -> Vec<u8> {
        self.command_with(cdb, direction, expected, data, true)
    }

    pub fn command_with(
        &mut self,
        cdb: &[u8],
        direction: Direction,
        expected: u32,
        data: &[u8],
        is_final: bool,
    ) -> Vec<u8> {
        let mut padded = [0; 16];
        padded[..cdb.len()].copy_from_slice(cdb);
        self.tag += 1;
        let pdu = ScsiCommand {
            immediate: false,
            is_final,
            read: direction == Direction::In,
            write: direction == Direction::Out,
            attribute: TaskAttribute::Simple,
            lun: Lun::ZERO,
            initiator_task_tag: InitiatorTaskTag(self.tag),
            expected_data_transfer_length: expected,
            cmd_sn: self.cmd_sn,
            exp_stat_sn: StatSn::new(0),
            cdb: padded,
        };
        self.cmd_sn = self.cmd_sn.next();
        with_data(&pdu.encode(SegmentLength::saturating(data.len())), data)
    }

    pub fn write(&mut self, lba: u32, data: &[u8]) -> Vec<u8> {
        self.command(
            &write10(lba, data.len() / 512),
            Direction::Out,
            data.len() as u32,
            data,
        )
    }

    pub fn read(&mut self, lba: u32, blocks: usize) -> Vec<u8> {
        let mut cdb = write10(lba, blocks);
        cdb[0] = 0x28;
        self.command(&cdb, Direction::In, blocks as u32 * 512, &[])
    }

    pub const fn last_tag(&self) -> InitiatorTaskTag {
        InitiatorTaskTag(self.tag)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    None,
    In,
    Out,
}

pub fn write10(lba: u32, blocks: usize) -> [u8; 10] {
    let [a, b, c, d] = lba.to_be_bytes();
    let [e, f] = (blocks as u16).to_be_bytes();
    [0x2a, 0, a, b, c, d, 0, e, f, 0]
}

pub fn with_data(header: &[u8; BHS], data: &[u8]) -> Vec<u8> {
    let mut bytes = header.to_vec();
    bytes.extend_from_slice(data);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

pub fn login_bytes(isid: [u8; 6], text: &str) -> Vec<u8> {
    let pdu = LoginRequest {
        immediate: true,
        transit: true,
        continued: false,
        current_stage: Some(Stage::Operational),
        next_stage: Some(Stage::FullFeature),
        version_max: 0,
        version_min: 0,
        isid: Isid(isid),
        tsih: Tsih::NONE,
        initiator_task_tag: InitiatorTaskTag(1),
        cid: Cid(1),
        cmd_sn: CmdSn::new(1),
        exp_stat_sn: StatSn::new(0),
    };
    with_data(
        &pdu.encode(SegmentLength::saturating(text.len())),
        text.as_bytes(),
    )
}
