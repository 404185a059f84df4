//! The registrations and the reservation of one image.

use std::fmt;

use labelgate_engine::Exclusion;

use super::{InitiatorPort, Kind, Need};
use crate::{Plan, Sense, UnitAttention, limits};

/// A registered I_T nexus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Registration {
    pub(super) port: InitiatorPort,
    /// RESERVATION KEY; never zero.
    pub(super) key: u64,
    /// It was registered with ALL_TG_PT, which is the one port there is.
    pub(super) all_ports: bool,
}

/// A persistent reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reservation {
    pub(super) kind: Kind,
    /// Who made it. Of a kind that all registrants hold, that says nothing.
    pub(super) holder: InitiatorPort,
}

/// Whom an image is kept for.
#[derive(Debug, Clone, Default)]
pub struct Reservations {
    /// PRGENERATION.
    pub(super) generation: u32,
    pub(super) registrations: Vec<Registration>,
    pub(super) reservation: Option<Reservation>,
    /// The holder of a reservation made by RESERVE(6), which excludes persistent ones.
    pub(super) plain: Option<InitiatorPort>,
    /// APTPL of the last registration: it all outlives the worker.
    pub(super) kept: bool,
}

/// What a change of reservations has for others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// Unit attentions to be established.
    pub attentions: Vec<(InitiatorPort, UnitAttention)>,
    /// Nexuses whose commands are to be aborted.
    pub aborted: Vec<InitiatorPort>,
}

/// Why a reservation command does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// RESERVATION CONFLICT.
    Conflict,
    /// CHECK CONDITION.
    Sense(Sense),
}

impl From<Sense> for Refusal {
    fn from(sense: Sense) -> Self {
        Self::Sense(sense)
    }
}

impl From<Refusal> for Plan {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Conflict => Self::Conflict,
            Refusal::Sense(sense) => Self::Fail(sense),
        }
    }
}

impl Reservations {
    /// Whether a nexus may do something.
    #[must_use]
    pub fn allow(&self, port: &InitiatorPort, need: Need) -> bool {
        if need == Need::Nothing {
            return true;
        }
        if let Some(holder) = &self.plain {
            return holder == port;
        }
        let Some(Reservation { kind, holder }) = &self.reservation else {
            return true;
        };
        match need {
            Need::Nothing | Need::Presence => true,
            Need::Reading if !kind.excludes_readers() => true,
            Need::Reading | Need::Writing => match kind.admits_registrants() {
                true => self.is_registered(port),
                false => holder == port,
            },
        }
    }

    /// Who is excluded that is no I_T nexus, and hence neither holds anything nor is registered.
    #[must_use]
    pub fn exclusion(&self) -> Exclusion {
        match (&self.plain, &self.reservation) {
            (Some(_), _) => Exclusion::Everybody,
            (None, Some(reservation)) if reservation.kind.excludes_readers() => {
                Exclusion::Everybody
            }
            (None, Some(_)) => Exclusion::Writers,
            (None, None) => Exclusion::Nobody,
        }
    }

    /// RESERVE(6).
    ///
    /// > SPC-2 5.5.1 (in substance): with a nexus registered, RESERVE and RELEASE conflict.
    ///
    /// With the exceptions of SPC-4 5.12.3 (CRH): whoever has access by a persistent reservation is
    /// told that it is so, and nothing changes. Whether anything has.
    pub(crate) fn reserve_plain(&mut self, port: &InitiatorPort) -> Result<bool, Refusal> {
        if self.compatible(port)? {
            return Ok(false);
        }
        match &self.plain {
            Some(holder) if holder != port => Err(Refusal::Conflict),
            Some(_) => Ok(false),
            None => {
                self.plain = Some(port.clone());
                Ok(true)
            }
        }
    }

    /// RELEASE(6). Whoever holds nothing is told that it does not, which is GOOD.
    pub(crate) fn release_plain(&mut self, port: &InitiatorPort) -> Result<bool, Refusal> {
        Ok(!self.compatible(port)? && self.end_plain(port))
    }

    /// Whether RESERVE(6) or RELEASE(6) is to do nothing, or conflicts.
    fn compatible(&self, port: &InitiatorPort) -> Result<bool, Refusal> {
        let has_access = match &self.reservation {
            Some(reservation) => {
                self.holds(port)
                    || reservation.kind.admits_registrants() && self.is_registered(port)
            }
            None => false,
        };
        match has_access {
            true => Ok(true),
            false if self.registrations.is_empty() => Ok(false),
            false => Err(Refusal::Conflict),
        }
    }

    /// The nexus is lost: what it had by RESERVE(6) ends, and nothing else does. Whether it had.
    pub(crate) fn end_plain(&mut self, port: &InitiatorPort) -> bool {
        self.plain.take_if(|holder| *holder == *port).is_some()
    }

    /// A reset ends what was made by RESERVE(6). Whether there was something.
    pub(crate) fn reset(&mut self) -> bool {
        self.plain.take().is_some()
    }

    /// > SPC-2 5.5.1 (in substance): with a RESERVE in force, PERSISTENT RESERVE IN and OUT conflict,
    /// > whoever they come from.
    pub(crate) const fn admit_persistent(&self) -> Result<(), Refusal> {
        match self.plain {
            Some(_) => Err(Refusal::Conflict),
            None => Ok(()),
        }
    }

    pub(super) fn find(&self, port: &InitiatorPort) -> Option<&Registration> {
        self.registrations.iter().find(|one| one.port == *port)
    }

    pub(super) fn is_registered(&self, port: &InitiatorPort) -> bool {
        self.find(port).is_some()
    }

    /// Whether a nexus is a holder of the persistent reservation.
    pub(super) fn holds(&self, port: &InitiatorPort) -> bool {
        self.reservation
            .as_ref()
            .is_some_and(|reservation| match reservation.kind.is_of_all() {
                true => self.is_registered(port),
                false => reservation.holder == *port,
            })
    }

    /// Everybody else who is registered is to hear of something.
    pub(super) fn tell_others(
        &self,
        port: &InitiatorPort,
        attention: UnitAttention,
        effects: &mut Effects,
    ) {
        let others = self.registrations.iter().filter(|one| one.port != *port);
        let attentions = others.map(|one| (one.port.clone(), attention));
        effects.attentions.extend(attentions);
    }

    /// Adds a registration, or gives one another key.
    ///
    /// Every registration has its place in a record that outlives the worker, whether it is kept or
    /// not: the next initiator may ask for that.
    pub(super) fn register(
        &mut self,
        port: &InitiatorPort,
        key: u64,
        all_ports: bool,
    ) -> Result<(), Refusal> {
        let mut fresh = true;
        for one in self
            .registrations
            .iter_mut()
            .filter(|one| one.port == *port)
        {
            (one.key, one.all_ports, fresh) = (key, all_ports, false);
        }
        if !fresh {
            return Ok(());
        }
        let registration = Registration {
            port: port.clone(),
            key,
            all_ports,
        };
        let room = self.registrations.len() < limits::MAX_REGISTRATIONS;
        if !room || self.record_length() + registration.length() > limits::MAX_RECORD {
            return Err(Sense::INSUFFICIENT_REGISTRATION_RESOURCES.into());
        }
        self.registrations.push(registration);
        Ok(())
    }

    /// Whether there is anything to be told of.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.registrations.is_empty() && self.plain.is_none()
    }
}

/// What an admin is shown, in one line; empty if there is nothing.
impl fmt::Display for Reservations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(holder) = &self.plain {
            return write!(f, "reserved (RESERVE) by {holder}");
        }
        match &self.reservation {
            Some(Reservation { kind, .. }) if kind.is_of_all() => write!(f, "{kind}")?,
            Some(Reservation { kind, holder }) => write!(f, "{kind}, held by {holder}")?,
            None if self.registrations.is_empty() => return Ok(()),
            None => f.write_str("not reserved")?,
        }
        let lasting = if self.kept { ", outlives restarts" } else { "" };
        write!(f, "; {} registered{lasting}", self.registrations.len())
    }
}
