//! The target: sessions, tasks and images of one label, as a sans-I/O [`Engine`].
//!
//! A connection's bytes come in through [`receive`], become requests in [`command`], [`data_out`],
//! [`management`], [`text`], [`logout`], [`nop`]; a SCSI command becomes a task, which goes through
//! its stages in [`progress`] (data, memory, order, image) and ends in [`respond`]. Whatever may
//! only be answered once I/O has really ended waits in [`ends`].

mod command;
mod connection;
mod credit;
mod data_out;
mod drain;
mod ends;
mod gate;
mod inbound;
mod limits;
mod login_phase;
mod logout;
mod management;
mod memory;
mod nop;
mod notice;
mod progress;
mod receive;
mod reservations;
mod respond;
mod send;
mod session_end;
mod taken_over;
mod task;
mod text;
mod timers;
mod unit;
mod window;
mod work;

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use labelgate_buffers::{Memory, Pool};
use labelgate_engine::{
    Action, Admission, Completion, ConnectionId, Ending, Engine, Geometry, ImageDescription,
    ImageId, IoId, Outbox, Receive, Received,
};

use connection::{Connection, Session};
use credit::Ledger;
use ends::End;
pub use limits::Limits;
pub use notice::Notice;
use task::Tasks;
use unit::Unit;

/// The iSCSI target of one label.
#[derive(Debug)]
pub struct Target {
    limits: Limits,
    /// Memory for reads and solicited writes.
    shared: Pool,
    /// Memory that covers the advertised windows.
    reserve: Pool,
    units: HashMap<ImageId, Unit>,
    connections: HashMap<ConnectionId, Connection>,
    tasks: Tasks,
    ledger: Ledger,
    ends: Vec<End>,
    /// Connections with tasks that wait for memory, in the order of their turn.
    hungry: VecDeque<ConnectionId>,
    /// Image operations in flight.
    in_flight: usize,
    /// Images whose reservations may have changed.
    reserved: Vec<ImageId>,
    /// Clients are asked to leave, and closed at this time.
    draining: Option<Instant>,
    next_tsih: u16,
    next_check: Option<Instant>,
    notices: VecDeque<Notice>,
}

/// What every step of the engine is given: the time, and where its actions go.
struct Turn<'a> {
    now: Instant,
    outbox: &'a mut Outbox,
}

impl Target {
    /// A target without images, whose buffers are in memory of its own.
    ///
    /// # Errors
    /// As [`Pool::with_reserve`]: the system refuses the memory, or the limits make no sense.
    pub fn new(limits: Limits) -> std::io::Result<Self> {
        let limits = limits.covered();
        let pools = Pool::with_reserve(limits.shared_bytes, limits.reserve())?;
        Ok(Self::over(limits, pools))
    }

    /// A target without images, whose buffers are in this memory.
    ///
    /// # Errors
    /// As [`Memory::pools`]: there is too little of it, or the limits make no sense.
    pub fn within(limits: Limits, memory: &Memory) -> std::io::Result<Self> {
        let limits = limits.covered();
        let pools = memory.pools(limits.shared_bytes, limits.reserve())?;
        Ok(Self::over(limits, pools))
    }

    fn over(limits: Limits, (shared, reserve): (Pool, Pool)) -> Self {
        let ledger = Ledger::new(
            limits.slots(),
            limits.connections,
            limits.guaranteed_window,
            limits.window,
        );
        Self {
            limits,
            shared,
            reserve,
            units: HashMap::new(),
            connections: HashMap::new(),
            tasks: Tasks::default(),
            ledger,
            ends: Vec::new(),
            hungry: VecDeque::new(),
            in_flight: 0,
            reserved: Vec::new(),
            draining: None,
            next_tsih: 0,
            next_check: None,
            notices: VecDeque::new(),
        }
    }

    /// Gives the memory of unused buffers back to the system.
    ///
    /// # Errors
    /// As [`Pool::trim`].
    pub fn trim(&self) -> std::io::Result<()> {
        self.shared.trim()?;
        self.reserve.trim()
    }

    /// Whether no buffer is in use.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.shared.is_idle() && self.reserve.is_idle()
    }

    /// Bytes of buffers that are in use.
    #[must_use]
    pub fn bytes_in_use(&self) -> usize {
        let used = |pool: &Pool| pool.bound().saturating_sub(pool.free());
        used(&self.shared).saturating_add(used(&self.reserve))
    }

    /// Bytes of buffers that have memory behind them.
    ///
    /// # Errors
    /// As [`Pool::resident`].
    pub fn resident(&self) -> std::io::Result<u64> {
        self.shared.resident()
    }

    /// The oldest thing worth a record that has not been taken yet.
    pub fn take_notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    fn session(&mut self, id: ConnectionId) -> Option<&mut Session> {
        self.connections.get_mut(&id)?.session()
    }
}

impl Engine for Target {
    fn accept(
        &mut self,
        connection: ConnectionId,
        admission: Admission,
        now: Instant,
        outbox: &mut Outbox,
    ) -> Receive {
        self.open(connection, admission, &mut Turn { now, outbox })
    }

    fn received(
        &mut self,
        connection: ConnectionId,
        received: Received<'_>,
        now: Instant,
        outbox: &mut Outbox,
    ) -> Receive {
        self.take_in(connection, received, &mut Turn { now, outbox })
    }

    fn sent(&mut self, connection: ConnectionId, length: usize, now: Instant, outbox: &mut Outbox) {
        self.account_sent(connection, length, &mut Turn { now, outbox });
    }

    fn closed(&mut self, connection: ConnectionId, now: Instant, outbox: &mut Outbox) {
        let turn = &mut Turn { now, outbox };
        self.end_session(connection, turn);
        self.connections.remove(&connection);
        self.feed_hungry(turn);
    }

    fn completed(&mut self, io: IoId, completion: Completion, now: Instant, outbox: &mut Outbox) {
        self.operation_ended(io, completion, &mut Turn { now, outbox });
    }

    fn image_added(&mut self, image: ImageId, description: ImageDescription) {
        self.units.insert(image, Unit::new(&description));
    }

    fn image_changed(&mut self, image: ImageId, geometry: Geometry) {
        self.resize(image, geometry);
    }

    fn image_removed(&mut self, image: ImageId, now: Instant, outbox: &mut Outbox) {
        self.remove_unit(image, &mut Turn { now, outbox });
    }

    fn drain(&mut self, deadline: Instant, now: Instant, outbox: &mut Outbox) {
        self.ask_to_leave(deadline, &mut Turn { now, outbox });
    }

    fn deadline(&self) -> Option<Instant> {
        self.next_check
    }

    fn tick(&mut self, now: Instant, outbox: &mut Outbox) {
        self.check_timers(&mut Turn { now, outbox });
    }

    fn outstanding(&self) -> usize {
        self.connections.len() + self.in_flight
    }
}

impl Turn<'_> {
    fn close(&mut self, connection: ConnectionId, ending: Ending) {
        self.outbox.push(Action::Close(connection, ending));
    }
}
