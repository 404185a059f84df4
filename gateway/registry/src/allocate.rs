//! Labels for those who need one that nobody has.

use std::collections::HashSet;

use labelgate_mac::{Categories, Category, Label};

use crate::record::Level;
use crate::refusal::Refusal;
use crate::{Allocation, Snapshot};

/// How many different sets of categories have a cursor of their own.
pub(crate) const MAX_CURSORS: usize = 4096;

/// Gives out a label of two categories at `s0` that nothing has: the next free one after the
/// last, so that one which was released is not given to another virtual machine soon.
pub(crate) fn allocate(state: &mut Snapshot, wanted: &Allocation) -> Result<Label, Refusal> {
    let categories = wanted.within.clone().unwrap_or_else(Categories::all);
    if categories.len() < 2 {
        return Err(Refusal::TooFewCategories);
    }
    let range = categories.to_string();
    let cursor = state.cursors.get(&range).copied().unwrap_or(0);
    if state.cursors.len() >= MAX_CURSORS && !state.cursors.contains_key(&range) {
        return Err(Refusal::TooManyRanges);
    }
    let used = used(state, wanted);
    let free = next_free(&categories, cursor, &used);
    let label = free.and_then(Label::from_pair_index);
    let (Some(index), Some(label)) = (free, label) else {
        let considered = categories.len() * (categories.len() - 1) / 2;
        return Err(Refusal::Exhausted { considered });
    };
    state.cursors.insert(range, (index + 1) % Label::PAIRS);
    let level = Level {
        label: label.clone(),
        since: wanted.since,
        for_whom: wanted.for_whom.clone(),
    };
    state.levels.insert(label.clone(), level);
    Ok(label)
}

/// The indices of all pairs that something has.
fn used(state: &Snapshot, wanted: &Allocation) -> HashSet<u32> {
    let levels = state.levels.keys();
    let groups = state.groups.keys();
    let images = state.images.values().map(|image| &image.label);
    let identities = state.identities.values().map(|identity| &identity.label);
    let leases = state.leases.values().map(|lease| &lease.label);
    levels
        .chain(groups)
        .chain(images)
        .chain(identities)
        .chain(leases)
        .chain(&wanted.reserved)
        .filter_map(Label::pair_index)
        .collect()
}

/// The first pair of these categories at or after the cursor that is not used, or else the first
/// from the beginning.
fn next_free(categories: &Categories, cursor: u32, used: &HashSet<u32>) -> Option<u32> {
    let numbers = categories.iter().map(Category::number).map(u32::from);
    let numbers: Vec<u32> = numbers.collect();
    let free = |index: &u32| !used.contains(index);
    let after = pairs(&numbers, cursor).find(free);
    after.or_else(|| pairs(&numbers, 0).find(free))
}

/// The indices of all pairs of these categories, lowest first, from this one on.
fn pairs(numbers: &[u32], from: u32) -> impl Iterator<Item = u32> {
    // In the order of Label::pair_index: all pairs below a higher category come first.
    let before = |high: u32| high * high.saturating_sub(1) / 2;
    // A category with which every pair comes before `from` is not looked at.
    let first = numbers.partition_point(|&high| before(high + 1) <= from);
    let highs = numbers.iter().enumerate().skip(first);
    let indices = highs.flat_map(move |(below, &high)| {
        let lows = numbers.iter().take(below);
        lows.map(move |&low| before(high) + low)
    });
    indices.filter(move |&index| index >= from)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn categories(numbers: impl IntoIterator<Item = u16>) -> Categories {
        numbers.into_iter().filter_map(Category::new).collect()
    }

    fn allocation(within: Option<Categories>) -> Allocation {
        Allocation {
            for_whom: "a test".try_into().unwrap(),
            since: jiff::Timestamp::UNIX_EPOCH,
            reserved: BTreeSet::new(),
            within,
        }
    }

    #[test]
    fn every_pair_there_is_is_given_once_before_any_is_given_again() {
        let all = Categories::all();
        let numbers: Vec<u32> = (0..1024).collect();
        assert!(pairs(&numbers, 0).eq(0..Label::PAIRS));
        for from in [
            1,
            2,
            3,
            4,
            261_887,
            522_752,
            522_753,
            522_754,
            Label::PAIRS - 1,
        ] {
            assert!(pairs(&numbers, from).eq(from..Label::PAIRS), "from {from}");
        }
        // Wherever the only free one is, and wherever the last was given out.
        let mut used: HashSet<u32> = (0..Label::PAIRS).collect();
        assert_eq!(next_free(&all, 77, &used), None);
        for hole in [0, 1, 261_888, Label::PAIRS - 1] {
            used.remove(&hole);
            for cursor in [0, hole, (hole + 1) % Label::PAIRS] {
                assert_eq!(next_free(&all, cursor, &used), Some(hole));
            }
            used.insert(hole);
        }
    }

    #[test]
    fn the_pairs_are_those_that_labels_number() {
        let numbers: Vec<u32> = (0..1024).collect();
        for index in pairs(&numbers, 0).filter(|index| index % 251 == 0) {
            let label = Label::from_pair_index(index).unwrap();
            assert_eq!(label.pair_index(), Some(index));
            let pair = label.level().categories();
            assert_eq!(next_free(pair, 0, &HashSet::new()), Some(index));
        }
    }

    #[test]
    fn a_range_is_given_out_to_its_last_pair_and_no_further() {
        let mut state = Snapshot::default();
        let wanted = allocation(Some(categories(100..140)));
        let mut given = BTreeSet::new();
        for _ in 0..40 * 39 / 2 {
            let label = allocate(&mut state, &wanted).unwrap();
            let pair = label.level().categories();
            assert!(
                pair.iter()
                    .all(|category| (100..140).contains(&category.number()))
            );
            assert!(given.insert(label), "given twice");
        }
        let refusal = allocate(&mut state, &wanted).unwrap_err();
        assert_eq!(refusal, Refusal::Exhausted { considered: 780 });
    }

    #[test]
    fn a_released_label_is_the_last_to_be_given_again() {
        let mut state = Snapshot::default();
        let wanted = allocation(Some(categories(0..8)));
        let released = allocate(&mut state, &wanted).unwrap();
        state.levels.remove(&released);
        for _ in 1..28 {
            assert_ne!(allocate(&mut state, &wanted).unwrap(), released);
        }
        assert_eq!(allocate(&mut state, &wanted).unwrap(), released);
    }

    #[test]
    fn allocating_from_another_range_does_not_bring_a_released_label_back() {
        let mut state = Snapshot::default();
        let (low, high) = (categories(0..8), categories(8..16));
        let released = allocate(&mut state, &allocation(Some(low.clone()))).unwrap();
        state.levels.remove(&released);
        for _ in 0..20 {
            allocate(&mut state, &allocation(Some(high.clone()))).unwrap();
            let label = allocate(&mut state, &allocation(Some(low.clone()))).unwrap();
            assert_ne!(label, released);
        }
    }

    #[test]
    fn what_is_reserved_is_never_given() {
        let mut state = Snapshot::default();
        let mut wanted = allocation(Some(categories(0..3)));
        wanted.reserved.insert("s0:c0,c1".parse().unwrap());
        wanted.reserved.insert("s0:c1,c2".parse().unwrap());
        let label = allocate(&mut state, &wanted).unwrap();
        assert_eq!(label.to_string(), "s0:c0,c2");
        assert!(allocate(&mut state, &wanted).is_err());
        let one = allocate(&mut state, &allocation(Some(categories([7]))));
        assert_eq!(one, Err(Refusal::TooFewCategories));
    }

    proptest! {
        #[test]
        fn any_categories_are_given_out_to_their_last_pair(
            numbers in proptest::collection::btree_set(0_u16..1024, 2..12), cursor in 0..Label::PAIRS,
        ) {
            let chosen = categories(numbers.iter().copied());
            let (mut used, mut cursor) = (HashSet::new(), cursor);
            while let Some(index) = next_free(&chosen, cursor, &used) {
                prop_assert!(used.insert(index));
                let label = Label::from_pair_index(index).unwrap();
                prop_assert!(chosen.is_superset(label.level().categories()));
                cursor = (index + 1) % Label::PAIRS;
            }
            prop_assert_eq!(used.len(), numbers.len() * (numbers.len() - 1) / 2);
        }
    }
}
