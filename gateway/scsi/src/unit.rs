//! The logical unit.

use labelgate_engine::{Geometry, ImageDescription};

use crate::{Command, Nexus, Plan, Sense, SenseFormat, UnitAttention};

/// One image as a block device: what does not depend on a nexus.
#[derive(Debug, Clone)]
pub struct LogicalUnit {
    description: ImageDescription,
    announcement: Option<UnitAttention>,
}

impl LogicalUnit {
    /// The unit of an image.
    #[must_use]
    pub fn new(description: &ImageDescription) -> Self {
        Self {
            description: description.clone(),
            announcement: None,
        }
    }

    /// Its shape.
    #[must_use]
    pub const fn geometry(&self) -> &Geometry {
        &self.description.geometry
    }

    /// Its shape has changed: post [`UnitAttention::CapacityDataChanged`] to every nexus.
    pub const fn set_geometry(&mut self, geometry: Geometry) {
        self.description.geometry = geometry;
    }

    /// How sense data is laid out now.
    #[must_use]
    pub const fn sense_format(&self) -> SenseFormat {
        SenseFormat::Fixed
    }

    /// What the last command wants posted to every nexus but its own.
    pub const fn affects_others(&mut self) -> Option<UnitAttention> {
        self.announcement.take()
    }

    /// What a command takes to carry out.
    pub fn plan(&mut self, nexus: &mut Nexus, command: &Command) -> Plan {
        let _ = (nexus, command);
        Plan::Fail(Sense::INVALID_OPERATION_CODE)
    }

    /// Goes on with a command whose [`Plan::Parameters`] have been collected.
    pub fn parameters(&mut self, nexus: &mut Nexus, command: &Command, list: &[u8]) -> Plan {
        let _ = (nexus, command, list);
        Plan::Fail(Sense::INVALID_OPERATION_CODE)
    }
}

/// What a command to a unit that is not there takes.
#[must_use]
pub fn no_unit(command: &Command) -> Plan {
    let _ = command;
    Plan::Fail(Sense::LOGICAL_UNIT_NOT_SUPPORTED)
}
