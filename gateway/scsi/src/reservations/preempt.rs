//! PREEMPT and PREEMPT AND ABORT (SPC-4 5.12.11.4, 5.12.11.5).

use super::parameters::OutAction;
use super::service_action::Order;
use super::state::{Refusal, Reservation};
use super::{Effects, InitiatorPort, Reservations};
use crate::{Sense, UnitAttention};

impl Reservations {
    /// > SPC-4 table 70 (in substance): the key says what is preempted. The holder's key, or zero
    /// > with a reservation that all registrants hold: the reservation, and its holders'
    /// > registrations. Another key: the registrations that have it.
    pub(super) fn preempt(
        &mut self,
        order: &Order<'_>,
        effects: &mut Effects,
    ) -> Result<bool, Refusal> {
        self.entitle(order)?;
        let key = order.list.action_key;
        match &self.reservation {
            Some(present) if present.kind.is_of_all() && key == 0 => {
                self.preempt_reservation(order, |_| true, effects)?;
            }
            Some(present) if !present.kind.is_of_all() && self.key_of_holder() == Some(key) => {
                self.preempt_reservation(order, |other| other == key, effects)?;
            }
            _ if key == 0 => return Err(Sense::invalid_parameter(8, None).into()),
            _ => self.preempt_registrations(order, effects)?,
        }
        self.advance();
        Ok(true)
    }

    fn key_of_holder(&self) -> Option<u64> {
        let holder = &self.reservation.as_ref()?.holder;
        self.find(holder).map(|holder| holder.key)
    }

    /// The reservation ends and the sender has a new one; those whose key is `meant` lose their
    /// registrations, except the sender. Whoever is left hears of it if the type is another.
    fn preempt_reservation(
        &mut self,
        order: &Order<'_>,
        meant: impl Fn(u64) -> bool,
        effects: &mut Effects,
    ) -> Result<(), Refusal> {
        let kind = order.kind()?;
        let before = self.reservation.as_ref().map(|present| present.kind);
        let lost = self.lose(|port, key| port != order.port && meant(key));
        self.tell_of_loss(order, lost, effects);
        if before != Some(kind) {
            self.tell_others(order.port, UnitAttention::ReservationsReleased, effects);
        }
        let holder = order.port.clone();
        self.reservation = Some(Reservation { kind, holder });
        Ok(())
    }

    /// Registrations end, and with them nothing else, unless the sender has named its own and was
    /// the last who held a reservation by it.
    fn preempt_registrations(
        &mut self,
        order: &Order<'_>,
        effects: &mut Effects,
    ) -> Result<(), Refusal> {
        let key = order.list.action_key;
        if self.registrations.iter().all(|one| one.key != key) {
            return Err(Refusal::Conflict);
        }
        let lost = self.lose(|_, other| other == key);
        self.tell_of_loss(order, lost, effects);
        if self.registrations.is_empty() {
            self.reservation = None;
        }
        Ok(())
    }

    /// Ends registrations, and says whose.
    fn lose(&mut self, goes: impl Fn(&InitiatorPort, u64) -> bool) -> Vec<InitiatorPort> {
        let gone = self
            .registrations
            .extract_if(.., |one| goes(&one.port, one.key));
        gone.map(|one| one.port).collect()
    }

    /// REGISTRATIONS PREEMPTED for whoever has lost one; and PREEMPT AND ABORT ends their commands.
    fn tell_of_loss(&self, order: &Order<'_>, lost: Vec<InitiatorPort>, effects: &mut Effects) {
        for port in lost.into_iter().filter(|port| port != order.port) {
            let attention = UnitAttention::RegistrationsPreempted;
            effects.attentions.push((port.clone(), attention));
            if order.action == OutAction::PreemptAndAbort {
                effects.aborted.push(port);
            }
        }
    }
}
