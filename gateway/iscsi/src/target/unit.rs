//! Images as logical units.

use labelgate_engine::{Geometry, ImageDescription, ImageId};
use labelgate_scsi::{LogicalUnit, UnitAttention};

use super::gate::Gate;
use super::{Target, Turn};

/// An image of this label: a target of its own, with the image as its LUN 0.
#[derive(Debug)]
pub(crate) struct Unit {
    /// The target's name.
    pub(crate) target: String,
    pub(crate) logical: LogicalUnit,
    pub(crate) gate: Gate,
}

impl Unit {
    pub(crate) fn new(description: &ImageDescription) -> Self {
        Self {
            target: description.target.clone(),
            logical: LogicalUnit::new(description),
            gate: Gate::default(),
        }
    }
}

impl Target {
    pub(super) fn resize(&mut self, image: ImageId, geometry: Geometry) {
        let Some(unit) = self.units.get_mut(&image) else {
            return;
        };
        if *unit.logical.geometry() == geometry {
            return;
        }
        unit.logical.set_geometry(geometry);
        self.post(image, UnitAttention::CapacityDataChanged, |_| true);
    }

    pub(super) fn remove_unit(&mut self, image: ImageId, turn: &mut Turn<'_>) {
        let sessions: Vec<_> = self
            .connections
            .iter()
            .filter(|(_, connection)| {
                connection
                    .nexus_name()
                    .is_some_and(|name| name.target == Some(image))
            })
            .map(|(&id, _)| id)
            .collect();
        for id in sessions {
            self.close_now(id, "its image was taken away", turn);
        }
        self.units.remove(&image);
    }

    /// Establishes a unit attention for the sessions of an image that `whom` picks.
    pub(super) fn post(
        &mut self,
        image: ImageId,
        attention: UnitAttention,
        whom: impl Fn(labelgate_engine::ConnectionId) -> bool,
    ) {
        for (&id, connection) in &mut self.connections {
            if let Some(session) = connection.session()
                && session.name.target == Some(image)
                && whom(id)
            {
                session.nexus.post(attention);
            }
        }
    }
}
