//! Commands that reserve the unit, and what becomes of reservations otherwise.

use super::{
    Command, Effects, Exclusion, InitiatorPort, Kept, LogicalUnit, Need, Plan, Sense, answer,
};
use crate::reservations::{MAX_LIST, Order, OutAction, OutList, Refusal};

impl LogicalUnit {
    /// Whether a command may still go on that was begun before the reservations were what they are
    /// now.
    #[must_use]
    pub fn admits(&self, port: &InitiatorPort, command: &Command) -> bool {
        self.reservations.allow(port, Need::of(command))
    }

    /// Who is excluded that is no I_T nexus.
    #[must_use]
    pub fn exclusion(&self) -> Exclusion {
        self.reservations.exclusion()
    }

    /// What an admin is shown of the reservations, in one line; empty if there are none.
    #[must_use]
    pub fn describe_reservations(&self) -> String {
        self.reservations.to_string()
    }

    /// What of the reservations is to outlive the worker ([`Kept::parse`]); empty if nothing is.
    #[must_use]
    pub fn reservations_record(&self) -> Vec<u8> {
        self.reservations.record()
    }

    /// The reservations are those that an earlier worker has left.
    pub fn restore(&mut self, kept: Kept) {
        self.reservations = kept.into_reservations();
    }

    /// What the last change of the reservations has for others.
    pub fn take_effects(&mut self) -> Effects {
        std::mem::take(&mut self.effects)
    }

    /// A nexus is there.
    pub fn nexus_began(&mut self, port: &InitiatorPort) {
        self.present.push(port.clone());
    }

    /// A nexus is lost, by logout or otherwise: what it has reserved by RESERVE(6) is released, and
    /// its registration stays (SPC-4 5.12.11.1). Whether the reservations have changed.
    pub fn nexus_lost(&mut self, port: &InitiatorPort) -> bool {
        if let Some(at) = self.present.iter().position(|other| other == port) {
            self.present.swap_remove(at);
        }
        self.reservations.end_plain(port)
    }

    /// Whether reservations can outlive the worker. Those of a read-only image cannot: it may be one
    /// that every label reads, in a worker of its own, and none is to reserve it for all.
    const fn reservations_may_last(&self) -> bool {
        !self.image.geometry.read_only
    }

    pub(super) fn plan_reservation(&mut self, port: &InitiatorPort, command: &Command) -> Plan {
        let outcome = match *command {
            Command::Reserve => self.reservations.reserve_plain(port).map(settle),
            Command::Release => self.reservations.release_plain(port).map(settle),
            Command::PersistentReserveIn { action, allocation } => {
                let admitted = self.reservations.admit_persistent();
                let lasting = self.reservations_may_last();
                admitted.map(|()| answer(self.reservations.report(action, lasting), allocation))
            }
            Command::PersistentReserveOut { action, length, .. } => self.collect(action, length),
            _ => Err(Sense::TARGET_FAILURE.into()),
        };
        outcome.unwrap_or_else(Plan::from)
    }

    fn collect(&self, action: OutAction, length: u32) -> Result<Plan, Refusal> {
        self.reservations.admit_persistent()?;
        if !action.takes(length) {
            return Err(Sense::PARAMETER_LIST_LENGTH_ERROR.into());
        }
        Ok(Plan::Parameters {
            length: usize::try_from(length.min(MAX_LIST)).unwrap_or(0),
        })
    }

    pub(super) fn change_reservations(
        &mut self,
        port: &InitiatorPort,
        command: &Command,
        list: &[u8],
    ) -> Plan {
        let Command::PersistentReserveOut {
            action,
            scope_and_type,
            ..
        } = *command
        else {
            return Plan::Fail(Sense::TARGET_FAILURE);
        };
        let list = match OutList::parse(action, list) {
            Ok(list) => list,
            Err(sense) => return Plan::Fail(sense),
        };
        if list.is_to_last() && !self.reservations_may_last() {
            return Plan::Fail(action.persistence_refused());
        }
        let order = Order {
            port,
            action,
            scope_and_type,
            list,
            present: &self.present,
        };
        let outcome = self.reservations.carry_out(&order, &mut self.effects);
        outcome.map_or_else(Plan::from, settle)
    }
}

const fn settle(changed: bool) -> Plan {
    if changed { Plan::Settle } else { Plan::Good }
}
