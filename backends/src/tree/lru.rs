//! A bounded map that forgets what was not used for longest.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

#[derive(Debug)]
pub(super) struct Lru<K, V> {
    bound: usize,
    clock: u64,
    values: HashMap<K, (u64, V)>,
    /// By their last use.
    order: BTreeMap<u64, K>,
}

impl<K: Copy + Eq + Hash, V> Lru<K, V> {
    pub(super) fn new(bound: usize) -> Self {
        Self {
            bound: bound.max(1),
            clock: 0,
            values: HashMap::new(),
            order: BTreeMap::new(),
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.values.len() >= self.bound
    }

    /// The value, which has been used now.
    pub(super) fn get(&mut self, key: K) -> Option<&V> {
        let (used, value) = self.values.get_mut(&key)?;
        self.clock += 1;
        self.order.remove(used);
        self.order.insert(self.clock, key);
        *used = self.clock;
        Some(value)
    }

    pub(super) fn insert(&mut self, key: K, value: V) {
        self.remove(key);
        if self.is_full()
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.values.remove(&oldest);
        }
        self.clock += 1;
        self.order.insert(self.clock, key);
        self.values.insert(key, (self.clock, value));
    }

    pub(super) fn remove(&mut self, key: K) -> Option<V> {
        let (used, value) = self.values.remove(&key)?;
        self.order.remove(&used);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_goes() {
        let mut lru = Lru::new(2);
        lru.insert(1, 'a');
        lru.insert(2, 'b');
        assert_eq!(lru.get(1), Some(&'a'));
        lru.insert(3, 'c');
        assert_eq!(lru.get(2), None);
        lru.insert(1, 'd');
        lru.insert(4, 'e');
        assert_eq!(lru.get(1), Some(&'d'));
        assert_eq!(lru.get(3), None);
        assert_eq!(lru.remove(4), Some('e'));
        assert_eq!((lru.values.len(), lru.order.len()), (1, 1));
    }
}
