//! SCSI Command PDUs: into tasks.

use labelgate_buffers::Buffer;
use labelgate_engine::{ConnectionId, Geometry, ImageId, Receive};
use labelgate_scsi::{Command, Plan, Sense, no_unit};

use super::connection::{Incoming, Purpose};
use super::inbound::{DataFault, Inbound};
use super::task::{Stage, Task, TaskKey};
use super::window::Arrival;
use super::work::Work;
use super::{Limits, Target, Turn};
use crate::negotiation::Parameters;
use crate::pdu::{BHS, Header, RejectReason, Request, ScsiCommand, TaskAttribute};

/// What is served where no image is: nothing.
const NO_GEOMETRY: Geometry = Geometry {
    size: 0,
    block_size: 512,
    physical_block_size: 512,
    read_only: true,
    discard: false,
};

impl Target {
    pub(super) fn scsi_command(
        &mut self,
        id: ConnectionId,
        bhs: [u8; BHS],
        header: &Header,
        pdu: &ScsiCommand,
        turn: &mut Turn<'_>,
    ) -> Receive {
        let request = Request::ScsiCommand(*pdu);
        match self.admit(id, pdu) {
            Admit::Yes => {}
            Admit::Ignore => return self.drop_data(id, bhs, *header, request),
            Admit::Reject(reason) => {
                self.reject(id, reason, &bhs, turn);
                return self.drop_data(id, bhs, *header, request);
            }
            Admit::Close(why) => return self.close_now(id, why, turn),
        }
        let Some(key) = self.begin_task(id, header, pdu, turn) else {
            self.settle(id, pdu.immediate);
            self.reject(id, RejectReason::LongOperationReject, &bhs, turn);
            return self.drop_data(id, bhs, *header, request);
        };
        self.receive_immediate(id, bhs, *header, *pdu, key, turn)
    }

    /// Whether a command may become a task; if so it has taken its place in the window.
    fn admit(&mut self, id: ConnectionId, pdu: &ScsiCommand) -> Admit {
        let limit = self.limits.immediate;
        let Some(session) = self.session(id) else {
            return Admit::Close("a command too early");
        };
        if session.name.target.is_none() {
            return Admit::Reject(RejectReason::ProtocolError);
        }
        if pdu.immediate && session.immediate >= limit {
            return Admit::Reject(RejectReason::TooManyImmediateCommands);
        }
        if !pdu.immediate {
            match session.window.arrive(pdu.cmd_sn) {
                Arrival::Next => {}
                Arrival::Ignore => return Admit::Ignore,
                Arrival::Gap => return Admit::Close("a command before this one is missing"),
            }
        } else {
            session.immediate += 1;
        }
        if session.tasks.contains_key(&pdu.initiator_task_tag) {
            self.settle(id, pdu.immediate);
            return Admit::Reject(RejectReason::TaskInProgress);
        }
        Admit::Yes
    }

    /// Makes the task, with a buffer for its data. `None` if there is no memory for it, which can
    /// only happen to commands that are outside the window.
    fn begin_task(
        &mut self,
        id: ConnectionId,
        header: &Header,
        pdu: &ScsiCommand,
        turn: &mut Turn<'_>,
    ) -> Option<TaskKey> {
        let connection = self.connections.get_mut(&id)?;
        let session = connection.session()?;
        let parameters = &session.parameters;
        let shape = Shape::of(header, pdu, parameters);
        let image = session.name.target.filter(|_| pdu.lun.number() == Some(0));
        let (plan, geometry) = match image.and_then(|image| self.units.get_mut(&image)) {
            // What is wrong with the PDU is said first: a unit attention must not be lost over it.
            Some(unit) if shape.fault.is_some() => (Plan::Good, *unit.logical.geometry()),
            Some(unit) => {
                let plan = Command::parse(&pdu.cdb)
                    .map_or_else(Plan::from, |c| unit.logical.plan(&mut session.nexus, &c));
                (plan, *unit.logical.geometry())
            }
            None => (
                Command::parse(&pdu.cdb).map_or_else(Plan::from, |c| no_unit(&c)),
                NO_GEOMETRY,
            ),
        };
        let moves = plan.data_out().max(plan.data_in());
        let plan = match shape.fault {
            Some(sense) => Plan::Fail(sense),
            None => plan.expecting(shape.data_out, geometry.block_size),
        };
        let changed = image.filter(|_| matches!(plan, Plan::Settle));
        let mut task = Box::new(task_of(id, pdu, image, plan, geometry, &shape, turn));
        task.moves = moves;
        if !self.give_landing(&mut task, &shape) {
            return None;
        }
        let key = self.tasks.insert(task);
        self.session(id)?.tasks.insert(pdu.initiator_task_tag, key);
        if pdu.attribute == TaskAttribute::Ordered {
            self.queue_ordered(key);
        }
        if let Some(image) = changed {
            self.reservations_changed(image, turn);
        }
        Some(key)
    }

    /// Finds a buffer for the data a command brings or will be asked for. A small one comes from
    /// the reserve, which the window has promised; for a large one that cannot be had now, the
    /// unsolicited part lands in the reserve and moves when there is room.
    fn give_landing(&mut self, task: &mut Task, shape: &Shape) -> bool {
        let whole = task.inbound.wanted().max(shape.unsolicited);
        if whole == 0 || task.inbound.is_dropped() {
            return true;
        }
        let buffer = if task.immediate {
            self.allocate_shared(task, whole)
        } else if whole <= Limits::FIRST_BURST {
            self.reserve.allocate(whole)
        } else if shape.unsolicited > 0 {
            self.reserve.allocate(shape.unsolicited)
        } else {
            return true; // Asked for by R2T alone, once there is memory.
        };
        let found = buffer.is_some();
        if let Some(buffer) = buffer {
            task.work.feed(buffer);
        }
        found
    }

    /// For a command outside the window, as long as its connection's share has room.
    fn allocate_shared(&mut self, task: &mut Task, length: usize) -> Option<Buffer> {
        let share = self.memory_share();
        let connection = self.connections.get_mut(&task.connection?)?;
        let unsent = connection.unsent;
        let session = connection.session()?;
        if session.held + unsent + length > share {
            return None;
        }
        let buffer = self.shared.allocate(length)?;
        task.held = buffer.len();
        session.held += task.held;
        Some(buffer)
    }

    /// Receives the immediate data, or goes on without.
    fn receive_immediate(
        &mut self,
        id: ConnectionId,
        bhs: [u8; BHS],
        header: Header,
        pdu: ScsiCommand,
        key: TaskKey,
        turn: &mut Turn<'_>,
    ) -> Receive {
        let request = Request::ScsiCommand(pdu);
        let incoming = Incoming {
            bhs,
            header,
            request,
            purpose: Purpose::Command(key),
        };
        if header.data_segment_length.get() == 0 {
            self.progress(key, turn);
            return self.next_pdu(id);
        }
        let task = self
            .tasks
            .get_mut(key)
            .filter(|task| !task.inbound.is_dropped());
        match task.and_then(|task| task.work.take_data()) {
            Some(buffer) => self.land(id, incoming, buffer, 0),
            None => self.pass_over(id, incoming),
        }
    }

    /// The immediate data of a command is in its buffer.
    pub(super) fn immediate_landed(&mut self, key: TaskKey, buffer: Buffer, turn: &mut Turn<'_>) {
        // An aborted task is gone: its data goes back to the pool here.
        if let Some(task) = self.tasks.get_mut(key) {
            task.work.feed(buffer);
            task.fed = turn.now;
            self.progress(key, turn);
        }
    }
}

enum Admit {
    Yes,
    Ignore,
    Reject(RejectReason),
    Close(&'static str),
}

/// What a command PDU says about its data.
struct Shape {
    /// Data-out the initiator says it has.
    data_out: usize,
    /// Data that came with the PDU.
    immediate: usize,
    /// Data that may come unasked, in all; zero if none does.
    unsolicited: usize,
    /// More unsolicited data is to follow.
    open: bool,
    /// What is wrong with it.
    fault: Option<Sense>,
}

impl Shape {
    fn of(header: &Header, pdu: &ScsiCommand, parameters: &Parameters) -> Self {
        let data_out = if pdu.write {
            pdu.expected_data_transfer_length as usize
        } else {
            0
        };
        let immediate = header.data_segment_length.get();
        let first_burst = (parameters.first_burst_length as usize).min(Limits::FIRST_BURST);
        let open = pdu.write && !pdu.is_final;
        let unexpected = (immediate > 0 && !parameters.immediate_data)
            || (open && parameters.initial_r2t)
            || immediate > data_out.min(first_burst);
        let comes = immediate > 0 || open;
        let unsolicited = if comes && !unexpected {
            data_out.min(first_burst)
        } else {
            0
        };
        let fault = unexpected.then(|| DataFault::Unexpected.sense());
        Self {
            data_out,
            immediate,
            unsolicited,
            open,
            fault,
        }
    }
}

fn task_of(
    id: ConnectionId,
    pdu: &ScsiCommand,
    image: Option<ImageId>,
    plan: Plan,
    geometry: Geometry,
    shape: &Shape,
    turn: &Turn<'_>,
) -> Task {
    let expected = pdu.expected_data_transfer_length;
    let wanted = plan.data_out().min(shape.data_out);
    let data_in = if pdu.read {
        plan.data_in().min(expected as usize)
    } else {
        0
    };
    let mut inbound = Inbound::new(wanted, shape.unsolicited, shape.open);
    if wanted == 0 {
        inbound.drop_rest();
    }
    inbound.immediate(shape.immediate);
    Task {
        connection: Some(id),
        orphan_of: None,
        itt: pdu.initiator_task_tag,
        unit: image,
        attribute: pdu.attribute,
        immediate: pdu.immediate,
        expected: if pdu.read || pdu.write { expected } else { 0 },
        command: Command::parse(&pdu.cdb).ok(),
        reads: pdu.read,
        aborted: false,
        stage: Stage::Unsolicited,
        inbound,
        r2ts: 0,
        moves: 0,
        work: Work::new(plan, wanted.max(data_in), geometry),
        held: 0,
        furnished: false,
        fed: turn.now,
    }
}
