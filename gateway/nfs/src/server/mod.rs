//! The server: connections, calls and images of one label, as a sans-I/O [`Engine`].
//!
//! A connection's bytes come in through [`receive`] and become calls; [`program`] finds a call's
//! procedure, [`call`] carries it out, [`handles`] finds what its handle leads to. What the image
//! itself has to be asked becomes an operation of it, with a [`task`] that says what to answer when
//! it has ended; [`answer`] sends answers. [`transfer`] has the memory for data. [`tree`] has what is
//! different in trees of files, and [`replay`] knows calls again that clients repeat.
//!
//! Nothing is known of a client but the label that it was handed over with. What AUTH_SYS says of
//! users is passed on to trees that have owners, and means nothing elsewhere ([`caller`]).

mod answer;
mod attributes;
mod call;
mod caller;
mod connection;
mod directory;
mod export;
mod file_system;
mod handles;
mod limits;
mod mounting;
mod notice;
mod object;
mod ports;
mod program;
mod receive;
mod replay;
mod reserved;
mod task;
mod timers;
mod transfer;
mod tree;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::time::{Instant, SystemTime};

use labelgate_buffers::{Memory, Pool};
use labelgate_engine::tree::{Answer, Caller, TreeDescription, TreeId};
use labelgate_engine::{
    Action, Admission, Completion, ConnectionId, Ending, Engine, Geometry, ImageDescription,
    ImageId, IoId, Login, Outbox, Receive, Received,
};

use connection::{Connection, Part, Stage};
use export::Export;
pub use handles::Handles;
pub use limits::Limits;
pub use notice::Notice;
use ports::services;
use replay::Replays;
use task::Tasks;

use crate::record::Mark;

/// The NFS server of one label.
#[derive(Debug)]
pub struct Server {
    limits: Limits,
    pool: Pool,
    handles: Handles,
    export: Export,
    connections: HashMap<ConnectionId, Connection>,
    tasks: Tasks,
    replays: Replays,
    /// Whose call is being carried out.
    caller: Caller,
    /// Connections that wait for memory, in the order of their turn.
    starving: VecDeque<ConnectionId>,
    /// One of them waits for what others have: nobody takes any before it.
    scarce: bool,
    /// Memory has come back that those who wait have not been offered yet.
    freed: bool,
    /// When they were last offered some, or the first began to wait.
    fed: Instant,
    /// When a peer may have owed us something for too long.
    next_check: Option<Instant>,
    notices: VecDeque<Notice>,
    /// Where answers are laid out.
    scratch: Vec<u8>,
    draining: bool,
}

/// What every step of the server is given: the time, and where its actions go.
struct Turn<'a> {
    now: Instant,
    outbox: &'a mut Outbox,
}

impl Server {
    /// A server whose handles are sealed so, and which started at this time. Its buffers are in
    /// memory of its own.
    ///
    /// # Errors
    /// The system refuses the memory, or it is too little to serve anybody.
    pub fn new(limits: Limits, handles: Handles, started: SystemTime) -> io::Result<Self> {
        let pool = Pool::new(limits.pool_bytes)?;
        Ok(Self::over(limits, pool, handles, started))
    }

    /// As [`Self::new`], with its buffers in this memory.
    ///
    /// # Errors
    /// There is too little of it, or it is too little to serve anybody.
    pub fn within(
        limits: Limits,
        memory: &Memory,
        handles: Handles,
        started: SystemTime,
    ) -> io::Result<Self> {
        let pool = memory.pool(limits.pool_bytes)?;
        Ok(Self::over(limits, pool, handles, started))
    }

    fn over(limits: Limits, pool: Pool, handles: Handles, started: SystemTime) -> Self {
        Self {
            limits,
            pool,
            handles,
            export: Export::new(started),
            connections: HashMap::new(),
            tasks: Tasks::default(),
            replays: Replays::default(),
            caller: Caller::NOBODY,
            starving: VecDeque::new(),
            scarce: false,
            freed: false,
            fed: Instant::now(),
            next_check: None,
            notices: VecDeque::new(),
            scratch: Vec::new(),
            draining: false,
        }
    }

    /// Gives the memory of buffers that are not in use back to the system.
    ///
    /// # Errors
    /// The system refuses.
    pub fn trim(&self) -> io::Result<()> {
        self.pool.trim()
    }

    /// Bytes of buffers that are in use.
    #[must_use]
    pub fn bytes_in_use(&self) -> usize {
        self.pool.bound() - self.pool.free()
    }

    /// Connections that are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.len()
    }
}

impl Engine for Server {
    fn accept(
        &mut self,
        id: ConnectionId,
        admission: Admission,
        now: Instant,
        outbox: &mut Outbox,
    ) -> Receive {
        let room = self.connections.len() < self.limits.connections as usize;
        let (epoch, ports, mounts) = match admission.login {
            Login::Rpc { epoch, ports } => (epoch, ports, None),
            Login::Mount { epoch, xid, path } => (epoch, None, Some((xid, path))),
            Login::Untouched | Login::Negotiated(_) => {
                outbox.push(Action::Close(id, Ending::Now));
                return Receive::Pause;
            }
        };
        let mut connection = Connection::new(epoch, admission.peer.ip(), now);
        connection.services = ports.map(|ports| services(ports, admission.local));
        self.connections.insert(id, connection);
        if !room || self.draining {
            return self.broken(
                id,
                "more connections than there may be",
                &mut Turn { now, outbox },
            );
        }
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.stage = Stage::Mark(Part::Head);
        }
        if let Some((xid, path)) = mounts {
            self.mount_at_once(id, xid, &path, &mut Turn { now, outbox });
        }
        Receive::Header { n: Mark::SIZE }
    }

    fn received(
        &mut self,
        connection: ConnectionId,
        received: Received<'_>,
        now: Instant,
        outbox: &mut Outbox,
    ) -> Receive {
        let turn = &mut Turn { now, outbox };
        let receive = self.take(connection, received, turn);
        self.watch(connection);
        if self.freed {
            self.feed(turn);
        }
        receive
    }

    fn sent(&mut self, connection: ConnectionId, _: usize, now: Instant, outbox: &mut Outbox) {
        self.delivered(connection, &mut Turn { now, outbox });
    }

    fn closed(&mut self, connection: ConnectionId, now: Instant, outbox: &mut Outbox) {
        self.connections.remove(&connection);
        self.tasks.orphan(connection);
        self.starving.retain(|&id| id != connection);
        self.feed(&mut Turn { now, outbox });
    }

    fn completed(&mut self, io: IoId, completion: Completion, now: Instant, outbox: &mut Outbox) {
        self.ended(io, completion, &mut Turn { now, outbox });
    }

    fn image_added(&mut self, image: ImageId, description: ImageDescription) {
        self.export.add(image, description);
    }

    fn image_changed(&mut self, image: ImageId, geometry: Geometry) {
        self.export.change(image, geometry);
    }

    fn image_removed(&mut self, image: ImageId, _: Instant, _: &mut Outbox) {
        self.export.remove(image);
    }

    fn tree_added(&mut self, tree: TreeId, description: TreeDescription) {
        self.export.add_tree(tree, description);
    }

    fn answered(&mut self, io: IoId, answer: Answer, now: Instant, outbox: &mut Outbox) {
        self.called(io, answer, &mut Turn { now, outbox });
    }

    fn drain(&mut self, _: Instant, now: Instant, outbox: &mut Outbox) {
        self.draining = true;
        let all: Vec<_> = self.connections.keys().copied().collect();
        for id in all {
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.leaving = true;
            }
            self.leave_if_done(id, &mut Turn { now, outbox });
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.due()
    }

    fn tick(&mut self, now: Instant, outbox: &mut Outbox) {
        self.check(&mut Turn { now, outbox });
    }

    fn outstanding(&self) -> usize {
        self.tasks.len() + self.connections.len()
    }
}
