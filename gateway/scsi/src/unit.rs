//! The logical unit: what a command means for one image.

mod absent;
mod capacity;
mod defects;
mod inquiry;
mod luns;
mod medium;
mod mode_page;
mod mode_select;
mod mode_sense;
mod reserve;
mod supported;
mod unmap;
mod vital;

use labelgate_engine::{Exclusion, Geometry, ImageDescription};

pub use absent::no_unit;
use mode_page::ModeParameters;

use crate::reservations::{Need, Reservations};
use crate::{
    Command, Effects, InitiatorPort, Kept, Nexus, Plan, Sense, SenseFormat, UnitAttention,
};

/// One image as a block device: what does not depend on a nexus.
#[derive(Debug, Clone)]
pub struct LogicalUnit {
    image: ImageDescription,
    mode: ModeParameters,
    announcement: Option<UnitAttention>,
    reservations: Reservations,
    /// The nexuses there are.
    present: Vec<InitiatorPort>,
    effects: Effects,
}

impl LogicalUnit {
    /// The unit of an image.
    #[must_use]
    pub fn new(description: &ImageDescription) -> Self {
        Self {
            image: description.clone(),
            mode: ModeParameters::default(),
            announcement: None,
            reservations: Reservations::default(),
            present: Vec::new(),
            effects: Effects::default(),
        }
    }

    /// Its shape.
    #[must_use]
    pub const fn geometry(&self) -> &Geometry {
        &self.image.geometry
    }

    /// Its shape has changed: post [`UnitAttention::CapacityDataChanged`] to every nexus.
    pub const fn set_geometry(&mut self, geometry: Geometry) {
        self.image.geometry = geometry;
    }

    /// A logical unit reset: mode parameters are at their defaults again, and what RESERVE(6) has
    /// reserved is released. Post [`UnitAttention::BusDeviceReset`] to every nexus. Whether the
    /// reservations have changed.
    pub fn reset(&mut self) -> bool {
        self.mode = ModeParameters::default();
        self.reservations.reset()
    }

    /// How sense data is laid out now (D_SENSE in the control mode page).
    #[must_use]
    pub const fn sense_format(&self) -> SenseFormat {
        self.mode.sense_format()
    }

    /// What the last call of [`LogicalUnit::parameters`] wants posted to every nexus but its own.
    pub const fn affects_others(&mut self) -> Option<UnitAttention> {
        self.announcement.take()
    }

    /// What a command takes to carry out.
    ///
    /// A pending unit attention goes first, except that INQUIRY and REPORT LUNS neither report nor
    /// clear it, and REQUEST SENSE answers with it (SAM-5 5.14.5).
    pub fn plan(&mut self, nexus: &mut Nexus, command: &Command) -> Plan {
        let outcome = match *command {
            Command::Inquiry {
                evpd,
                page,
                allocation,
            } => self.inquiry(evpd, page, allocation),
            Command::ReportLuns { select, allocation } => luns::report(select, allocation),
            Command::RequestSense {
                descriptor,
                allocation,
            } => {
                let sense = nexus.take().map_or(Sense::NO_SENSE, UnitAttention::sense);
                Ok(request_sense(sense, descriptor, allocation))
            }
            _ => return self.plan_unless_held_up(nexus, command),
        };
        outcome.unwrap_or_else(Plan::Fail)
    }

    /// Commands that a unit attention or a reservation holds up. "If [...] more than one of the
    /// following conditions applies": unit attentions of resets, then RESERVATION CONFLICT, then any
    /// other CHECK CONDITION (SAM-5 5.3.3, in substance).
    fn plan_unless_held_up(&mut self, nexus: &mut Nexus, command: &Command) -> Plan {
        if let Some(attention) = nexus.take_reset() {
            return Plan::Fail(attention.sense());
        }
        if !self.reservations.allow(nexus.port(), Need::of(command)) {
            return Plan::Conflict;
        }
        if let Some(attention) = nexus.take() {
            return Plan::Fail(attention.sense());
        }
        match *command {
            Command::Reserve
            | Command::Release
            | Command::PersistentReserveIn { .. }
            | Command::PersistentReserveOut { .. } => self.plan_reservation(nexus.port(), command),
            _ => self.plan_other(command).unwrap_or_else(Plan::Fail),
        }
    }

    /// Commands that neither does.
    fn plan_other(&self, command: &Command) -> Result<Plan, Sense> {
        match *command {
            Command::TestUnitReady => self.ready().map(|()| Plan::Good),
            Command::ReadCapacity10 => self.read_capacity_10(),
            Command::ReadCapacity16 { allocation } => self.read_capacity_16(allocation),
            Command::ModeSense { .. } => self.mode_sense(command),
            Command::ModeSelect {
                form,
                page_format,
                length,
            } => mode_select::collect(form, page_format, length),
            Command::Unmap { length } => self.collect_unmap(length),
            Command::GetLbaStatus { lba, allocation } => self.lba_status(lba, allocation),
            Command::ReadDefects {
                form,
                lists,
                allocation,
            } => Ok(defects::read(form, lists, allocation)),
            Command::ReportSupportedOpcodes {
                what,
                timeouts,
                allocation,
            } => self.supported_opcodes(what, timeouts, allocation),
            Command::ReportSupportedTaskManagement {
                extended,
                allocation,
            } => supported::task_management(extended, allocation),
            _ => self.plan_medium(command),
        }
    }

    /// Goes on with a command whose [`Plan::Parameters`] have been collected into `list`. No unit
    /// attention is reported here: the command has begun.
    pub fn parameters(&mut self, nexus: &mut Nexus, command: &Command, list: &[u8]) -> Plan {
        let outcome = match *command {
            Command::PersistentReserveOut { .. } => {
                return self.change_reservations(nexus.port(), command, list);
            }
            Command::ModeSelect { form, .. } => self.mode_select(form, list),
            Command::Unmap { .. } => self.unmap(list),
            _ => Err(Sense::TARGET_FAILURE),
        };
        outcome.unwrap_or_else(Plan::Fail)
    }
}

/// Data-in, cut to the allocation length.
fn answer(mut data: Vec<u8>, allocation: impl Into<u64>) -> Plan {
    data.truncate(usize::try_from(allocation.into()).unwrap_or(usize::MAX));
    Plan::Answer(data)
}

/// REQUEST SENSE (SPC-4 6.39): "DESC set to one specifies that descriptor format sense data shall
/// be returned", whatever D_SENSE says.
fn request_sense(sense: Sense, descriptor: bool, allocation: u8) -> Plan {
    let format = if descriptor {
        SenseFormat::Descriptor
    } else {
        SenseFormat::Fixed
    };
    answer(sense.encode(format).to_vec(), allocation)
}
