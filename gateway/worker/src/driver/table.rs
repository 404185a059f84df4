//! Connections by the numbers the loop gives them.

use labelgate_engine::ConnectionId;

/// A table of connections. The loop's numbers are dense, so it is a vector.
#[derive(Debug)]
pub(crate) struct Table<C> {
    entries: Vec<Option<Box<C>>>,
}

impl<C> Default for Table<C> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
        }
    }
}

impl<C> Table<C> {
    /// Puts a connection under its number, which is not in use.
    pub(crate) fn insert(&mut self, id: ConnectionId, connection: C) -> &mut C {
        let index = id.0 as usize;
        if self.entries.len() <= index {
            self.entries.resize_with(index + 1, || None);
        }
        let [entry] = self
            .entries
            .get_disjoint_mut([index])
            .expect("the table was grown to hold it");
        debug_assert!(entry.is_none(), "a number is used again only after its end");
        entry.insert(Box::new(connection))
    }

    pub(crate) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut C> {
        self.entries.get_mut(id.0 as usize)?.as_deref_mut()
    }

    pub(crate) fn remove(&mut self, id: ConnectionId) -> Option<Box<C>> {
        self.entries.get_mut(id.0 as usize)?.take()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut C> {
        self.entries.iter_mut().filter_map(Option::as_deref_mut)
    }
}
