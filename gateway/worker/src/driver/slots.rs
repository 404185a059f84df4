//! Things in flight, by small numbers.

/// A table that chooses the number of what is put into it; numbers are used again.
#[derive(Debug)]
pub(crate) struct Slots<T> {
    entries: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<T> Slots<T> {
    /// Puts a value wherever there is room; the number names it.
    pub(crate) fn insert(&mut self, value: T) -> u32 {
        if let Some(slot) = self.free.pop()
            && let Some(entry) = self.entries.get_mut(slot as usize)
        {
            *entry = Some(value);
            return slot;
        }
        let slot = u32::try_from(self.entries.len()).expect("each entry in flight owns a buffer");
        self.entries.push(Some(value));
        slot
    }

    /// The value under a number.
    pub(crate) fn get_mut(&mut self, slot: u32) -> Option<&mut T> {
        self.entries.get_mut(slot as usize)?.as_mut()
    }

    /// Takes a value out; its number may be used again.
    pub(crate) fn remove(&mut self, slot: u32) -> Option<T> {
        let value = self.entries.get_mut(slot as usize)?.take()?;
        self.free.push(slot);
        Some(value)
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    /// Frees the table if nothing is in it.
    pub(crate) fn shrink(&mut self) {
        if self.len() == 0 {
            *self = Self::default();
        }
    }
}
