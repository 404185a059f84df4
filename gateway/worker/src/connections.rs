//! What connections are called: by the supervisor, and here.

use std::collections::BTreeMap;

use labelgate_engine::ConnectionId;

/// The supervisor's numbers grow for ever; the engine and the driver want small ones that can
/// index a table.
#[derive(Debug)]
pub(crate) struct Connections {
    names: Vec<Option<u64>>,
    ids: BTreeMap<u64, ConnectionId>,
    free: Vec<ConnectionId>,
    /// Closed since the last [`Connections::settle`]. The engine may have asked for something
    /// for them before it knew, and that must not reach a successor.
    resting: Vec<ConnectionId>,
    limit: usize,
}

impl Connections {
    /// `limit` is the most there may be at a time.
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            names: Vec::new(),
            ids: BTreeMap::new(),
            free: Vec::new(),
            resting: Vec::new(),
            limit,
        }
    }

    /// A number for a new connection; `None` if there are as many as there may be, or if the name
    /// is taken.
    pub(crate) fn add(&mut self, name: u64) -> Option<ConnectionId> {
        if self.ids.len() >= self.limit || self.ids.contains_key(&name) {
            return None;
        }
        let id = match self.free.pop() {
            Some(id) => id,
            None => {
                let id = ConnectionId(u32::try_from(self.names.len()).ok()?);
                self.names.push(None);
                id
            }
        };
        if let Some(entry) = self.names.get_mut(id.0 as usize) {
            *entry = Some(name);
        }
        self.ids.insert(name, id);
        Some(id)
    }

    /// What the supervisor's name stands for.
    pub(crate) fn id(&self, name: u64) -> Option<ConnectionId> {
        self.ids.get(&name).copied()
    }

    /// What the supervisor calls a connection that has not closed.
    pub(crate) fn name(&self, id: ConnectionId) -> Option<u64> {
        self.names.get(id.0 as usize).copied().flatten()
    }

    /// Every connection there is.
    pub(crate) fn all(&self) -> impl Iterator<Item = ConnectionId> {
        self.ids.values().copied()
    }

    /// A connection has closed; its name.
    pub(crate) fn closed(&mut self, id: ConnectionId) -> Option<u64> {
        let name = self.names.get_mut(id.0 as usize)?.take()?;
        self.ids.remove(&name);
        self.resting.push(id);
        Some(name)
    }

    /// Everything asked for connections that had closed has been dropped: their numbers may be
    /// used again.
    pub(crate) fn settle(&mut self) {
        self.free.append(&mut self.resting);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_rests_before_it_is_used_again() {
        let mut connections = Connections::new(2);
        let first = connections.add(70).unwrap();
        assert_eq!(connections.closed(first), Some(70));

        let second = connections.add(71).unwrap();
        assert_ne!(first, second);

        connections.settle();
        assert_eq!(connections.add(72), Some(first));
        assert_eq!(connections.add(73), None, "there may be two");
    }
}
