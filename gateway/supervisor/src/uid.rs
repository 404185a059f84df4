//! The user a label's worker runs as.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use labelgate_mac::Label;

/// How many labels that are no pair of categories can have a worker's UID while a supervisor
/// lives.
const OTHERS: u32 = 61_440;

/// How many greeters, and keysmiths, can have a UID at a time.
const GREETERS: u32 = 4096;

/// How many ids a worker gets that acts as its clients' users.
const RANGE: u32 = labelgate_mac::confinement::namespace::IDS;

/// How many UIDs belong to the gateway, from `uid_base` on.
pub const UID_RANGE: u32 = KEEPERS + Label::PAIRS + OTHERS;

/// Where the UIDs of keepers begin, each as far from the beginning as its label's worker's.
const KEEPERS: u32 = Label::PAIRS + OTHERS + GREETERS;

/// Gives each label a UID (and GID of the same number) of its own.
///
/// Labels of two categories at `s0` have the same one for ever. The others get the next free one
/// of a second range and keep it while this supervisor lives: two labels never share one.
/// Greeters have one of a third range each, for as long as they live, and a label's keepers have one
/// of a fourth, which is not its worker's: neither may look into the other.
#[derive(Debug)]
pub struct Uids {
    base: u32,
    others: Mutex<HashMap<Label, u32>>,
    greeters: Arc<Greeters>,
    ranges: Arc<Ranges>,
}

/// Which ranges behind all of them are taken.
#[derive(Debug, Default)]
struct Ranges(Mutex<Taken>);

/// Ids that one worker acts as; another may have them when this is dropped. What it makes has others on
/// the store.
#[derive(Debug)]
pub struct IdRange {
    first: u32,
    ranges: Arc<Ranges>,
}

impl IdRange {
    /// The first of them.
    #[must_use]
    pub const fn first(&self) -> u32 {
        self.first
    }
}

impl Drop for IdRange {
    fn drop(&mut self) {
        let mut taken = self.ranges.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.numbers.remove(&self.first);
    }
}

/// Which UIDs of the third range are taken.
#[derive(Debug, Default)]
struct Greeters(Mutex<Taken>);

#[derive(Debug, Default)]
struct Taken {
    numbers: HashSet<u32>,
    next: u32,
}

/// The UID of one greeter; another may have it when this is dropped.
#[derive(Debug)]
pub struct GreeterUid {
    uid: u32,
    number: u32,
    greeters: Arc<Greeters>,
}

impl GreeterUid {
    /// The UID, and the GID.
    #[must_use]
    pub const fn get(&self) -> u32 {
        self.uid
    }
}

impl Drop for GreeterUid {
    fn drop(&mut self) {
        let taken = &self.greeters.0;
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.numbers.remove(&self.number);
    }
}

/// Every UID of the second range is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {OTHERS} labels that are not two categories; restart the gateway")]
pub struct NoUid;

impl Uids {
    /// UIDs from `base` on.
    #[must_use]
    pub fn new(base: u32) -> Self {
        let others = Mutex::new(HashMap::new());
        let greeters = Arc::default();
        Self {
            base,
            others,
            greeters,
            ranges: Arc::default(),
        }
    }

    /// Ids for a worker that acts as its clients' users: 65536 behind all others, which were free for
    /// longest. A gateway begins anywhere among them: one before it may have left a worker that has not
    /// ended yet.
    pub fn range(&self) -> Option<IdRange> {
        let behind = self
            .base
            .checked_add(UID_RANGE)?
            .checked_next_multiple_of(RANGE)?;
        // The last id is none.
        let count = (u32::MAX - behind) / RANGE;
        let mut taken = self.ranges.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.next == 0 {
            taken.next = std::process::id();
        }
        let from = taken.next;
        let of = |step| behind + from.wrapping_add(step).checked_rem(count).unwrap_or(0) * RANGE;
        let step = (0..count).find(|&step| !taken.numbers.contains(&of(step)))?;
        let first = of(step);
        taken.next = from.wrapping_add(step).wrapping_add(1);
        taken.numbers.insert(first);
        drop(taken);
        let ranges = Arc::clone(&self.ranges);
        Some(IdRange { first, ranges })
    }

    /// A UID for a greeter, which no other has while it lives; the one that was free for longest.
    pub fn greeter(&self) -> Option<GreeterUid> {
        let mut taken = self
            .greeters
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let next = taken.next;
        let number = (0..GREETERS)
            .map(|step| next.wrapping_add(step) % GREETERS)
            .find(|number| !taken.numbers.contains(number))?;
        taken.numbers.insert(number);
        taken.next = number + 1;
        drop(taken);
        Some(GreeterUid {
            uid: self.base.saturating_add(Label::PAIRS + OTHERS + number),
            number,
            greeters: Arc::clone(&self.greeters),
        })
    }

    /// The UID of a label's keepers.
    ///
    /// # Errors
    /// [`NoUid`]
    pub fn of_keepers(&self, label: &Label) -> Result<u32, NoUid> {
        Ok(self.of(label)?.saturating_add(KEEPERS))
    }

    /// The UID of a label's worker.
    pub fn of(&self, label: &Label) -> Result<u32, NoUid> {
        if let Some(pair) = label.pair_index() {
            return Ok(self.base.saturating_add(pair));
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let next = u32::try_from(others.len()).map_err(|_| NoUid)?;
        let number = match others.get(label) {
            Some(&number) => number,
            None if next < OTHERS => {
                others.insert(label.clone(), next);
                next
            }
            None => return Err(NoUid),
        };
        Ok(self
            .base
            .saturating_add(Label::PAIRS)
            .saturating_add(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_labels_share_a_uid() {
        let uids = Uids::new(1_900_000_000);
        let of = |label: &str| uids.of(&label.parse().unwrap()).unwrap();

        assert_eq!(of("s0:c0,c1"), 1_900_000_000);
        assert_eq!(of("s0:c1022,c1023"), 1_900_523_775);
        assert_eq!(of("s0:c7"), 1_900_523_776);
        assert_eq!(of("s1:c0,c1"), 1_900_523_777);
        assert_eq!(of("s0:c7"), 1_900_523_776, "it keeps what it got");
        let keepers = |label: &str| uids.of_keepers(&label.parse().unwrap()).unwrap();
        assert_eq!(keepers("s0:c0,c1"), 1_900_000_000 + KEEPERS);
        let last = keepers("s0:c7");
        assert!((of("s1:c0,c1")..1_900_000_000 + UID_RANGE).contains(&last));
    }

    #[test]
    fn no_two_workers_act_as_the_same_ids_and_none_as_a_label_or_a_greeter() {
        let uids = Uids::new(1_900_000_000);
        let (one, other) = (uids.range().unwrap(), uids.range().unwrap());
        let end = 1_900_000_000 + UID_RANGE;
        assert!(one.first() >= end && one.first().is_multiple_of(RANGE));
        assert_ne!(other.first(), one.first());
        let first = one.first();
        drop(one);
        assert_ne!(
            uids.range().unwrap().first(),
            first,
            "others were free for longer"
        );
        let all: Vec<_> = std::iter::from_fn(|| uids.range()).collect();
        let distinct: HashSet<u32> = all.iter().map(IdRange::first).collect();
        assert!(distinct.len() == all.len() && distinct.contains(&first));
        assert!(!distinct.contains(&other.first()));
        assert!(Uids::new(u32::MAX - UID_RANGE).range().is_none());
    }

    #[test]
    fn no_two_greeters_share_a_uid_and_none_has_a_labels() {
        let uids = Uids::new(1_900_000_000);
        let all: Vec<_> = (0..GREETERS).map(|_| uids.greeter().unwrap()).collect();
        let distinct: HashSet<u32> = all.iter().map(GreeterUid::get).collect();
        assert_eq!(distinct.len(), all.len());
        let (first, end) = (
            1_900_000_000 + Label::PAIRS + OTHERS,
            1_900_000_000 + KEEPERS,
        );
        assert!(distinct.iter().all(|uid| (first..end).contains(uid)));
        assert!(uids.greeter().is_none());
        let last = all.into_iter().next_back().unwrap().get();
        assert_ne!(uids.greeter().unwrap().get(), last);
    }
}
