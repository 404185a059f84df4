//! A task's way: unsolicited data, memory, solicited data, its turn, the image, the answer.

use labelgate_engine::{Action, Completion, IoId, Place};
use labelgate_scsi::{Plan, Span};

use super::gate::Footprint;
use super::task::{Stage, Task, TaskKey};
use super::work::{Answer, Next};
use super::{Target, Turn};
use crate::pdu::{R2t, TaskAttribute};

impl Target {
    /// Takes a task as far as it can go now.
    pub(super) fn progress(&mut self, key: TaskKey, turn: &mut Turn<'_>) {
        let Some(task) = self.tasks.get_mut(key) else {
            return;
        };
        if task.inbound.is_open() {
            task.stage = Stage::Unsolicited;
            return;
        }
        if matches!(task.stage, Stage::Gated | Stage::Running) {
            return;
        }
        if !self.furnish(key) {
            return;
        }
        let Some(task) = self.tasks.get_mut(key) else {
            return;
        };
        if !task.inbound.is_dropped() && !task.inbound.is_complete() {
            task.stage = Stage::Solicited;
            self.solicit(key, turn);
            return;
        }
        self.resolve_parameters(key, turn);
        self.take_turn(key, turn);
    }

    /// Asks for the data that is still missing.
    fn solicit(&mut self, key: TaskKey, turn: &mut Turn<'_>) {
        let Self {
            tasks,
            connections,
            ledger,
            ..
        } = self;
        let Some(task) = tasks.get_mut(key) else {
            return;
        };
        let Some(id) = task.connection else { return };
        let Some(session) = connections.get_mut(&id).and_then(|c| c.session()) else {
            return;
        };
        let max_burst = session.parameters.max_burst_length as usize;
        let outstanding = session.parameters.max_outstanding_r2t as usize;
        let mut headers = Vec::new();
        while let Some(request) = task
            .inbound
            .request(|| session.tag(), max_burst, outstanding)
        {
            task.r2ts += 1;
            task.fed = turn.now;
            let pdu = R2t {
                lun: crate::pdu::Lun::ZERO,
                initiator_task_tag: task.itt,
                target_transfer_tag: request.tag,
                r2t_sn: request.r2t_sn,
                buffer_offset: wire(request.offset),
                desired_data_transfer_length: wire(request.length),
            };
            headers.push(pdu.encode(session.window.plain(ledger)));
        }
        for header in headers {
            self.send_pdu(id, &header, &[], turn);
        }
    }

    /// A parameter list that has arrived becomes a plan.
    fn resolve_parameters(&mut self, key: TaskKey, turn: &mut Turn<'_>) {
        let Self {
            tasks,
            connections,
            units,
            ..
        } = self;
        let Some(task) = tasks.get_mut(key) else {
            return;
        };
        let (Plan::Parameters { .. }, Some(command)) = (task.work.plan(), task.command) else {
            return;
        };
        let (Some(image), Some(id)) = (task.unit, task.connection) else {
            return;
        };
        let Some(session) = connections.get_mut(&id).and_then(|c| c.session()) else {
            return;
        };
        let Some(unit) = units.get_mut(&image) else {
            return;
        };
        let list = task.work.parameter_list();
        let plan = unit.logical.parameters(&mut session.nexus, &command, list);
        let attention = unit.logical.affects_others();
        let changed = matches!(plan, Plan::Settle);
        task.work.continue_with(plan);
        if let Some(attention) = attention {
            self.post(image, attention, |other| other != id);
        }
        if changed {
            self.reservations_changed(image, turn);
        }
    }

    /// Runs a task unless an older one of its image has to end first.
    fn take_turn(&mut self, key: TaskKey, turn: &mut Turn<'_>) {
        let Self { tasks, units, .. } = self;
        let Some(task) = tasks.get_mut(key) else {
            return;
        };
        let unit = task.unit.and_then(|image| units.get_mut(&image));
        if task.work.needs_image()
            && let Some(unit) = unit
            && !unit.gate.enter(key, footprint(task))
        {
            task.stage = Stage::Gated;
            return;
        }
        self.run(key, turn);
    }

    /// A task's turn has come.
    pub(super) fn run(&mut self, key: TaskKey, turn: &mut Turn<'_>) {
        let Some(task) = self.tasks.get_mut(key) else {
            return;
        };
        if task.aborted {
            self.finish(key, turn);
            return;
        }
        task.stage = Stage::Running;
        let next = task.work.start();
        self.step(key, next, turn);
    }

    fn step(&mut self, key: TaskKey, next: Next, turn: &mut Turn<'_>) {
        let image = self.tasks.get(key).and_then(|task| task.unit);
        match (next, image) {
            (Next::Submit(_), Some(image)) if !self.is_admitted(key, image) => {
                self.respond(key, Answer::Conflict, turn);
            }
            (Next::Submit(operation), Some(image)) => {
                self.in_flight += 1;
                let place = Place::Image(image);
                turn.outbox.push(Action::Submit(key.io(), place, operation));
            }
            (Next::Keep, Some(image)) => self.keep_reservations(key, image, turn),
            (Next::Settle, Some(image)) => {
                self.in_flight += 1;
                turn.outbox.push(Action::Settle(key.io(), image));
            }
            (Next::Submit(_) | Next::Keep | Next::Settle, None) => {
                debug_assert!(false, "without an image there is nothing to do");
                self.respond(key, Answer::Good, turn);
            }
            (Next::Done(answer), _) => self.respond(key, answer, turn),
        }
    }

    /// An image operation has ended.
    pub(super) fn operation_ended(
        &mut self,
        io: IoId,
        completion: Completion,
        turn: &mut Turn<'_>,
    ) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let key = TaskKey::of(io);
        let Some(task) = self.tasks.get_mut(key) else {
            debug_assert!(false, "a task outlives its operations");
            return;
        };
        if task.aborted {
            // > RFC 7143, 11.5.1: for an aborted task there is no response; the function that
            // > aborted it is answered now that it has ended.
            drop(completion);
            self.finish(key, turn);
            self.feed_hungry(turn);
            return;
        }
        let next = task.work.resume(completion);
        self.step(key, next, turn);
    }

    /// An ORDERED task takes its place when it comes, behind all that came before it, whether
    /// these have their data or not.
    pub(super) fn queue_ordered(&mut self, key: TaskKey) {
        let Self { tasks, units, .. } = self;
        let Some(image) = tasks.get(key).and_then(|task| task.unit) else {
            return;
        };
        let Some(unit) = units.get_mut(&image) else {
            return;
        };
        let older = |task: &Task| task.unit == Some(image) && !task.aborted;
        for (other, _) in tasks
            .iter()
            .filter(|(other, task)| *other != key && older(task))
        {
            unit.gate.announce(other, false);
        }
        unit.gate.announce(key, true);
    }
}

fn footprint(task: &Task) -> Footprint {
    let plan = task.work.plan();
    let (span, writes, exclusive) = match plan {
        Plan::Read { span } | Plan::Verify { span, .. } | Plan::VerifyPattern { span, .. } => {
            (Some(*span), false, false)
        }
        Plan::Write { span, .. } | Plan::WriteSame { span, .. } => (Some(*span), true, false),
        Plan::CompareAndWrite { span, .. } | Plan::OrWrite { span, .. } => {
            (Some(*span), true, true)
        }
        Plan::Unmap { spans } => (hull(spans), true, false),
        _ => (None, false, false),
    };
    let ordered = task.attribute == TaskAttribute::Ordered;
    Footprint {
        span,
        writes,
        exclusive,
        ordered,
    }
}

/// The smallest span that holds all of these.
fn hull(spans: &[Span]) -> Option<Span> {
    let offset = spans.iter().map(|span| span.offset).min()?;
    let end = spans.iter().map(|span| span.end()).max()?;
    Some(Span {
        offset,
        length: end - offset,
    })
}

/// An offset or length within one command, which a buffer holds.
fn wire(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
