//! Which request a slot's keepers die of.
//!
//! A successor is asked for everything its predecessor has not answered. If it is one of these requests
//! that ends keepers, no other of the label's images in the pool would ever be served again. So after
//! some ends they are asked for one at a time, and the one that a keeper is alone with when it ends,
//! twice, is given up.

use std::collections::BTreeMap;

/// How many keepers must have ended with a request before it is asked for alone.
const SUSPECT: u32 = 5;

/// How many keepers must have ended with nothing but a request before it is given up.
const GUILTY: u32 = 2;

/// The requests that keepers have ended with, and that have not been answered since.
#[derive(Debug, Default)]
pub(super) struct Blame(BTreeMap<u64, Ends>);

#[derive(Debug, Default)]
struct Ends {
    all: u32,
    alone: u32,
}

impl Blame {
    /// A keeper has ended, and these requests were with it.
    pub(super) fn ended(&mut self, with: &[u64]) {
        let alone = with.len() == 1;
        for &tag in with {
            let ends = self.0.entry(tag).or_default();
            ends.all = ends.all.saturating_add(1);
            ends.alone = ends.alone.saturating_add(alone.into());
        }
    }

    /// It has been answered.
    pub(super) fn answered(&mut self, tag: u64) {
        self.0.remove(&tag);
    }

    /// Whether keepers are to be asked for one thing at a time.
    pub(super) fn careful(&self) -> bool {
        self.0.values().any(|ends| ends.all >= SUSPECT)
    }

    /// A request that is to be given up.
    pub(super) fn guilty(&self) -> Option<u64> {
        let guilty = |ends: &Ends| ends.all >= SUSPECT && ends.alone >= GUILTY;
        let found = self.0.iter().find(|(_, ends)| guilty(ends));
        found.map(|(&tag, _)| tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_with_a_few_ends_is_not_suspected() {
        let mut blame = Blame::default();
        for _ in 1..SUSPECT {
            blame.ended(&[1]);
            assert!(!blame.careful());
            assert_eq!(blame.guilty(), None);
        }
    }

    #[test]
    fn only_what_was_alone_with_ends_is_given_up() {
        let mut blame = Blame::default();
        for _ in 0..10 * SUSPECT {
            blame.ended(&[1, 2]);
        }
        assert!(blame.careful());
        assert_eq!(blame.guilty(), None);
        blame.ended(&[2]);
        assert_eq!(blame.guilty(), None);
        blame.ended(&[2]);
        assert_eq!(blame.guilty(), Some(2));
    }

    #[test]
    fn an_answer_clears() {
        let mut blame = Blame::default();
        for _ in 0..SUSPECT {
            blame.ended(&[1]);
        }
        assert_eq!(blame.guilty(), Some(1));
        blame.answered(1);
        assert_eq!(blame.guilty(), None);
        assert!(!blame.careful());
    }
}
