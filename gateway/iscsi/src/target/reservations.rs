//! What reservations mean for sessions and tasks.

use labelgate_engine::{Action, ConnectionId, Exclusion, ImageId, ReservationChange};
use labelgate_scsi::{Effects, InitiatorPort, Kept, UnitAttention};

use super::task::TaskKey;
use super::{Target, Turn};

impl Target {
    /// The reservations of an image are those that an earlier worker has left.
    pub fn restore(&mut self, image: ImageId, kept: Kept) {
        if let Some(unit) = self.units.get_mut(&image) {
            unit.logical.restore(kept);
            self.note_reserved(image);
        }
    }

    /// An image whose reservations may have changed since this was last asked, and whom they exclude
    /// now that is no initiator.
    pub fn take_exclusion(&mut self) -> Option<(ImageId, Exclusion)> {
        let image = self.reserved.pop()?;
        let unit = self.units.get(&image);
        let exclusion = unit.map(|unit| unit.logical.exclusion());
        Some((image, exclusion.unwrap_or_default()))
    }

    /// The reservations of an image have changed by a command: whoever is concerned hears of it,
    /// and the commands of whoever was preempted so are aborted. That command ends only when theirs
    /// have ended, too ([`labelgate_scsi::Plan::Settle`]).
    pub(super) fn reservations_changed(&mut self, image: ImageId, turn: &mut Turn<'_>) {
        self.note_reserved(image);
        let Some(unit) = self.units.get_mut(&image) else {
            return;
        };
        let Effects {
            attentions,
            aborted,
        } = unit.logical.take_effects();
        for (port, attention) in attentions {
            let ids = self.sessions_of(image, &port);
            self.post(image, attention, |id| ids.contains(&id));
        }
        for port in aborted {
            let ids = self.sessions_of(image, &port);
            self.abort_all_of(image, &ids, turn);
        }
    }

    fn note_reserved(&mut self, image: ImageId) {
        if !self.reserved.contains(&image) {
            self.reserved.push(image);
        }
    }

    fn sessions_of(&self, image: ImageId, port: &InitiatorPort) -> Vec<ConnectionId> {
        let is_it = |connection: &super::Connection| {
            connection.peek_session().is_some_and(|session| {
                session.name.target == Some(image) && session.nexus.port() == port
            })
        };
        let sessions = self.connections.iter().filter(|(_, one)| is_it(one));
        sessions.map(|(&id, _)| id).collect()
    }

    fn abort_all_of(&mut self, image: ImageId, ids: &[ConnectionId], turn: &mut Turn<'_>) {
        let theirs = self.tasks.iter().filter(|(_, task)| {
            task.unit == Some(image) && task.connection.is_some_and(|id| ids.contains(&id))
        });
        let theirs = theirs.map(|(key, task)| (key, task.connection));
        let (keys, owners): (Vec<_>, Vec<_>) = theirs.unzip();
        self.condemn(&keys);
        for key in keys {
            self.abort(key, turn);
        }
        let attention = UnitAttention::CommandsClearedByAnotherInitiator;
        self.post(image, attention, |id| owners.contains(&Some(id)));
    }

    /// Whether a task may go on: it may have begun before the image was reserved. "A reservation may
    /// apply to some or all of the commands in the task set before the completion of the reservation
    /// command" (SPC-4 5.12.1, in substance).
    pub(super) fn is_admitted(&self, key: TaskKey, image: ImageId) -> bool {
        let unit = self.units.get(&image);
        let Some(unit) = unit.filter(|unit| unit.logical.exclusion() != Exclusion::Nobody) else {
            return true;
        };
        let Some(task) = self.tasks.get(key) else {
            return false;
        };
        let session = task
            .connection
            .and_then(|id| self.connections.get(&id)?.peek_session());
        match (&task.command, session) {
            (Some(command), Some(session)) => unit.logical.admits(session.nexus.port(), command),
            _ => false,
        }
    }

    /// Has kept what outlives the worker, before anybody is told that it does.
    pub(super) fn keep_reservations(&mut self, key: TaskKey, image: ImageId, turn: &mut Turn<'_>) {
        self.in_flight += 1;
        let change = self.describe_reservations(image);
        let action = Action::Reserved(Some(key.io()), image, Box::new(change));
        turn.outbox.push(action);
    }

    fn describe_reservations(&self, image: ImageId) -> ReservationChange {
        let unit = self.units.get(&image).map(|unit| &unit.logical);
        ReservationChange {
            record: unit.map_or_else(Vec::new, |unit| unit.reservations_record()),
            description: unit.map_or_else(String::new, |unit| unit.describe_reservations()),
        }
    }

    /// A session ends: its nexus is lost.
    pub(super) fn lose_nexus(&mut self, id: ConnectionId, turn: &mut Turn<'_>) {
        let Self {
            connections, units, ..
        } = self;
        let session = connections.get(&id).and_then(|one| one.peek_session());
        let Some((session, image)) = session.and_then(|one| Some((one, one.name.target?))) else {
            return;
        };
        let unit = units.get_mut(&image);
        if unit.is_some_and(|unit| unit.logical.nexus_lost(session.nexus.port())) {
            self.released(image, turn);
        }
    }

    /// What was made by RESERVE(6) has ended, and no command waits for that.
    pub(super) fn released(&mut self, image: ImageId, turn: &mut Turn<'_>) {
        self.note_reserved(image);
        let change = Box::new(self.describe_reservations(image));
        turn.outbox.push(Action::Reserved(None, image, change));
    }
}
