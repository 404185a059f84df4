//! What the service actions of PERSISTENT RESERVE OUT do (SPC-4 5.12).

use super::parameters::{Move, OutAction, OutList};
use super::state::{Refusal, Reservation};
use super::{Effects, InitiatorPort, Kind, Reservations};
use crate::{Sense, UnitAttention};

/// A PERSISTENT RESERVE OUT that is to be carried out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order<'a> {
    /// Who sent it.
    pub(crate) port: &'a InitiatorPort,
    /// What it is.
    pub(crate) action: OutAction,
    /// SCOPE and TYPE of its CDB.
    pub(crate) scope_and_type: u8,
    /// Its parameter list.
    pub(crate) list: OutList<'a>,
    /// Every nexus there is.
    pub(crate) present: &'a [InitiatorPort],
}

impl Order<'_> {
    /// SCOPE must be LU_SCOPE and TYPE one of the six, where they mean something.
    pub(super) fn kind(&self) -> Result<Kind, Refusal> {
        let (scope, code) = (self.scope_and_type >> 4, self.scope_and_type & 0x0f);
        if scope != 0 {
            return Err(Sense::invalid_field(2, Some(7)).into());
        }
        Kind::of(code).ok_or(Sense::invalid_field(2, Some(3)).into())
    }
}

impl Reservations {
    /// Carries it out whole, or not at all. Whether anything has changed.
    pub(crate) fn carry_out(
        &mut self,
        order: &Order<'_>,
        effects: &mut Effects,
    ) -> Result<bool, Refusal> {
        self.admit_persistent()?;
        match order.action {
            OutAction::Register => self.register_or_not(order, true, effects),
            OutAction::RegisterAndIgnore => self.register_or_not(order, false, effects),
            OutAction::Reserve => self.reserve(order),
            OutAction::Release => self.release(order, effects),
            OutAction::Clear => self.clear(order, effects),
            OutAction::Preempt | OutAction::PreemptAndAbort => self.preempt(order, effects),
            OutAction::RegisterAndMove => self.move_to(order),
        }
    }

    /// A service action other than a registration: "from an I_T nexus that is not registered" or
    /// with another key than its own it is a conflict (SPC-4 5.12.1, 5.12.11.1, in substance).
    pub(super) fn entitle(&self, order: &Order<'_>) -> Result<(), Refusal> {
        match self.find(order.port) {
            Some(own) if own.key == order.list.key => Ok(()),
            Some(_) | None => Err(Refusal::Conflict),
        }
    }

    /// REGISTER and REGISTER AND IGNORE EXISTING KEY (SPC-4 tables 68 and 69).
    fn register_or_not(
        &mut self,
        order: &Order<'_>,
        knows_key: bool,
        effects: &mut Effects,
    ) -> Result<bool, Refusal> {
        let list = &order.list;
        let own = self.find(order.port).map(|own| own.key);
        if knows_key && own.unwrap_or(0) != list.key {
            return Err(Refusal::Conflict);
        }
        match (own, list.action_key) {
            // "do nothing except return GOOD status"
            (None, 0) => return Ok(false),
            (Some(_), 0) => self.unregister(order.port, effects),
            (_, key) => self.register(order.port, key, list.all_ports)?,
        }
        self.kept = list.kept;
        self.advance();
        Ok(true)
    }

    /// Ends a nexus's registration, and the reservation with it if it was the (last) holder.
    ///
    /// > SPC-4 5.12.11.3 (in substance): of a registrants only reservation the others are told, by
    /// > RESERVATIONS RELEASED.
    pub(super) fn unregister(&mut self, port: &InitiatorPort, effects: &mut Effects) {
        let held = self.holds(port);
        self.registrations.retain(|one| one.port != *port);
        let ended = match &self.reservation {
            Some(Reservation { kind, .. }) if kind.is_of_all() => self.registrations.is_empty(),
            _ => held,
        };
        if ended {
            let ended = self.reservation.take();
            if ended.is_some_and(|it| it.kind.admits_registrants()) {
                self.tell_others(port, UnitAttention::ReservationsReleased, effects);
            }
        }
    }

    /// RESERVE (SPC-4 5.12.9).
    fn reserve(&mut self, order: &Order<'_>) -> Result<bool, Refusal> {
        let kind = order.kind()?;
        self.entitle(order)?;
        match &self.reservation {
            None => {
                let holder = order.port.clone();
                self.reservation = Some(Reservation { kind, holder });
                Ok(true)
            }
            // "the same type and scope [...] shall make no change [...] and return GOOD status"
            Some(present) if present.kind == kind && self.holds(order.port) => Ok(false),
            Some(_) => Err(Refusal::Conflict),
        }
    }

    /// RELEASE (SPC-4 5.12.11.2).
    fn release(&mut self, order: &Order<'_>, effects: &mut Effects) -> Result<bool, Refusal> {
        self.entitle(order)?;
        let Some(present) = &self.reservation else {
            return Ok(false);
        };
        if !self.holds(order.port) {
            return Ok(false);
        }
        let present = present.kind;
        if order.kind() != Ok(present) {
            return Err(Sense::INVALID_RELEASE_OF_PERSISTENT_RESERVATION.into());
        }
        self.reservation = None;
        if present.admits_registrants() {
            self.tell_others(order.port, UnitAttention::ReservationsReleased, effects);
        }
        Ok(true)
    }

    /// CLEAR (SPC-4 5.12.11.6).
    fn clear(&mut self, order: &Order<'_>, effects: &mut Effects) -> Result<bool, Refusal> {
        self.entitle(order)?;
        self.tell_others(order.port, UnitAttention::ReservationsPreempted, effects);
        self.reservation = None;
        self.registrations.clear();
        self.advance();
        Ok(true)
    }

    /// REGISTER AND MOVE (SPC-4 5.12.8). Only to a nexus that is there or is registered: a list has
    /// no more than a name, and who is behind that is known of these.
    fn move_to(&mut self, order: &Order<'_>) -> Result<bool, Refusal> {
        let Some(Move { unregister, to }) = order.list.moved else {
            return Err(Sense::PARAMETER_LIST_LENGTH_ERROR.into());
        };
        self.entitle(order)?;
        let movable = match &self.reservation {
            Some(present) => !present.kind.is_of_all() && present.holder == *order.port,
            None => false,
        };
        if !movable {
            return Err(Refusal::Conflict);
        }
        let registered = self.registrations.iter().map(|one| &one.port);
        let known = registered.chain(order.present);
        let mut named = known.filter(|port| port.is_named(&to));
        let Some(port) = named.next().cloned() else {
            return Err(Sense::invalid_parameter(24, None).into());
        };
        // Two identities have claimed that name, or it is the sender's own.
        if named.any(|other| *other != port) || port == *order.port {
            return Err(Sense::invalid_parameter(24, None).into());
        }
        self.register(&port, order.list.action_key, false)?;
        if unregister {
            self.registrations.retain(|one| one.port != *order.port);
        }
        if let Some(reservation) = &mut self.reservation {
            reservation.holder = port;
        }
        self.kept = order.list.kept;
        self.advance();
        Ok(true)
    }

    /// > SPC-4 6.15.2: PRGENERATION "shall be incremented" by each that changes registrations; "The
    /// > counter shall wrap to zero" (in substance).
    pub(super) const fn advance(&mut self) {
        self.generation = self.generation.wrapping_add(1);
    }
}
