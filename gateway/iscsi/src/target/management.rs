//! Task management functions (RFC 7143, 11.5).

use labelgate_engine::{ConnectionId, ImageId};
use labelgate_scsi::UnitAttention;

use super::ends::Then;
use super::task::TaskKey;
use super::window::Arrival;
use super::{Target, Turn};
use crate::pdu::{
    InitiatorTaskTag, TaskFunction, TaskManagement, TaskManagementOutcome, TaskManagementResponse,
};

impl Target {
    pub(super) fn task_management(
        &mut self,
        id: ConnectionId,
        pdu: &TaskManagement,
        turn: &mut Turn<'_>,
    ) {
        if !self.arrives(id, pdu.immediate, pdu.cmd_sn, turn) {
            return;
        }
        let Some(image) = self.session(id).and_then(|session| session.name.target) else {
            return self.answer(id, pdu, TaskManagementOutcome::NotSupported, turn);
        };
        if addresses_unit(pdu.function) && pdu.lun.number() != Some(0) {
            return self.answer(id, pdu, TaskManagementOutcome::LunDoesNotExist, turn);
        }
        match pdu.function {
            TaskFunction::AbortTask => self.abort_task(id, pdu, turn),
            TaskFunction::AbortTaskSet => self.clear(id, pdu, image, Scope::Nexus, turn),
            TaskFunction::ClearTaskSet => self.clear(id, pdu, image, Scope::TaskSet, turn),
            TaskFunction::LogicalUnitReset | TaskFunction::TargetWarmReset => {
                self.clear(id, pdu, image, Scope::Reset, turn);
            }
            TaskFunction::TargetColdReset => self.cold_reset(id, image, turn),
            TaskFunction::QueryTask => self.query_task(id, pdu, turn),
            TaskFunction::QueryTaskSet => self.query_task_set(id, pdu, turn),
            TaskFunction::TaskReassign => {
                self.answer(
                    id,
                    pdu,
                    TaskManagementOutcome::ReassignmentNotSupported,
                    turn,
                );
            }
            // No command of ours establishes an ACA condition.
            _ => self.answer(id, pdu, TaskManagementOutcome::NotSupported, turn),
        }
    }

    /// Whether a request that is over as soon as it is answered comes in its turn.
    pub(super) fn arrives(
        &mut self,
        id: ConnectionId,
        immediate: bool,
        cmd_sn: crate::serial::CmdSn,
        turn: &mut Turn<'_>,
    ) -> bool {
        let Some(session) = self.session(id) else {
            return false;
        };
        if immediate {
            return true;
        }
        match session.window.arrive(cmd_sn) {
            Arrival::Next => {
                self.settle(id, false);
                true
            }
            Arrival::Ignore => false,
            Arrival::Gap => {
                self.close_now(id, "a command before this one is missing", turn);
                false
            }
        }
    }

    /// > 11.6.1: "If the Referenced Task Tag identifies an existing task ... Function complete";
    /// > if it does not, but RefCmdSN says that the command is still to come, it is as good as
    /// > received and aborted; otherwise "Task does not exist".
    fn abort_task(&mut self, id: ConnectionId, pdu: &TaskManagement, turn: &mut Turn<'_>) {
        let Some(session) = self.session(id) else {
            return;
        };
        match session.tasks.get(&pdu.referenced_task_tag).copied() {
            Some(key) => {
                let pending = self.abort(key, turn);
                self.answer_when_ended(id, pdu, pending.into_iter().collect(), turn);
            }
            // On a session's only connection commands arrive in order: one that is not here has
            // been answered already, or never came.
            None => self.answer(id, pdu, TaskManagementOutcome::TaskDoesNotExist, turn),
        }
    }

    /// Aborts many tasks of an image; the others learn of it by unit attention (TAS=0).
    fn clear(
        &mut self,
        id: ConnectionId,
        pdu: &TaskManagement,
        image: ImageId,
        scope: Scope,
        turn: &mut Turn<'_>,
    ) {
        let affected: Vec<_> = self
            .tasks
            .iter()
            .filter(|(_, task)| task.unit == Some(image) && !task.aborted)
            .filter(|(_, task)| scope != Scope::Nexus || task.connection == Some(id))
            .map(|(key, task)| (key, task.connection))
            .collect();
        self.condemn(&affected.iter().map(|&(key, _)| key).collect::<Vec<_>>());
        for &(key, owner) in &affected {
            if let Some(owner) = owner.filter(|&owner| owner != id && scope == Scope::TaskSet) {
                let attention = UnitAttention::CommandsClearedByAnotherInitiator;
                self.post(image, attention, |other| other == owner);
            }
            self.abort(key, turn);
        }
        if scope == Scope::Reset {
            self.reset_unit(image, turn);
            self.post(image, UnitAttention::BusDeviceReset, |_| true);
        }
        // Also those that were aborted before and are still in flight.
        let pending = match scope {
            Scope::Nexus => self.own(id, self.ending_tasks(image)),
            Scope::TaskSet | Scope::Reset => self.ending_tasks(image),
        };
        self.answer_when_ended(id, pdu, pending, turn);
    }

    fn own(&self, id: ConnectionId, keys: Vec<TaskKey>) -> Vec<TaskKey> {
        let mine = |key: &TaskKey| {
            self.tasks
                .get(*key)
                .is_some_and(|t| t.connection == Some(id))
        };
        keys.into_iter().filter(mine).collect()
    }

    /// > 11.5.1: "TARGET COLD RESET ... the target ... terminates all of its TCP connections to all
    /// > initiators (all sessions are terminated)"; for us, to this image's target.
    fn cold_reset(&mut self, id: ConnectionId, image: ImageId, turn: &mut Turn<'_>) {
        self.reset_unit(image, turn);
        let others: Vec<_> = self
            .connections
            .iter()
            .filter(|(_, c)| {
                c.peek_session()
                    .is_some_and(|s| s.name.target == Some(image))
            })
            .map(|(&other, _)| other)
            .filter(|&other| other != id)
            .collect();
        for other in others {
            self.close_now(other, "a target cold reset", turn);
        }
        self.close_now(id, "a target cold reset", turn);
    }

    fn reset_unit(&mut self, image: ImageId, turn: &mut Turn<'_>) {
        let unit = self.units.get_mut(&image);
        if unit.is_some_and(|unit| unit.logical.reset()) {
            self.released(image, turn);
        }
    }

    fn query_task(&mut self, id: ConnectionId, pdu: &TaskManagement, turn: &mut Turn<'_>) {
        let known = self
            .session(id)
            .is_some_and(|session| session.tasks.contains_key(&pdu.referenced_task_tag));
        self.answer(id, pdu, query_outcome(known), turn);
    }

    fn query_task_set(&mut self, id: ConnectionId, pdu: &TaskManagement, turn: &mut Turn<'_>) {
        let known = self
            .session(id)
            .is_some_and(|session| !session.tasks.is_empty());
        self.answer(id, pdu, query_outcome(known), turn);
    }

    fn answer_when_ended(
        &mut self,
        connection: ConnectionId,
        pdu: &TaskManagement,
        pending: Vec<TaskKey>,
        turn: &mut Turn<'_>,
    ) {
        let itt = pdu.initiator_task_tag;
        self.when_ended(pending, Then::TaskManagement { connection, itt }, turn);
        self.feed_hungry(turn);
    }

    /// The function is complete and everything it affected has ended.
    pub(super) fn management_done(
        &mut self,
        id: ConnectionId,
        itt: InitiatorTaskTag,
        turn: &mut Turn<'_>,
    ) {
        self.send_outcome(id, itt, TaskManagementOutcome::Complete, turn);
    }

    fn answer(
        &mut self,
        id: ConnectionId,
        pdu: &TaskManagement,
        outcome: TaskManagementOutcome,
        turn: &mut Turn<'_>,
    ) {
        self.send_outcome(id, pdu.initiator_task_tag, outcome, turn);
    }

    fn send_outcome(
        &mut self,
        id: ConnectionId,
        initiator_task_tag: InitiatorTaskTag,
        outcome: TaskManagementOutcome,
        turn: &mut Turn<'_>,
    ) {
        let Some(numbers) = self.status_numbers(id) else {
            return;
        };
        let header = TaskManagementResponse {
            initiator_task_tag,
            outcome,
        }
        .encode(numbers);
        self.send_pdu(id, &header, &[], turn);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The tasks of this nexus.
    Nexus,
    /// All tasks.
    TaskSet,
    /// All tasks, and the unit starts afresh.
    Reset,
}

const fn addresses_unit(function: TaskFunction) -> bool {
    !matches!(
        function,
        TaskFunction::TargetWarmReset | TaskFunction::TargetColdReset | TaskFunction::ItNexusReset
    )
}

const fn query_outcome(known: bool) -> TaskManagementOutcome {
    if known {
        TaskManagementOutcome::Succeeded
    } else {
        TaskManagementOutcome::Complete
    }
}
