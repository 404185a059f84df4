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
    let numbers: Vec<u32> = categories
        .iter()
        .map(Category::number)
        .map(u32::from)
        .collect();
    // In the order of Label::pair_index: all pairs below a higher category come first.
    let indices = || {
        numbers.iter().enumerate().flat_map(|(below, &high)| {
            let before = high * high.saturating_sub(1) / 2;
            numbers.iter().take(below).map(move |&low| before + low)
        })
    };
    let free = |index: &u32| !used.contains(index);
    let after = indices().filter(|&index| index >= cursor).find(free);
    after.or_else(|| indices().find(free))
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
    fn every_pair_there_is_can_be_reached() {
        let (mut used, mut cursor) = (HashSet::new(), 0);
        let all = Categories::all();
        // One at a time where it is cheap, which is right behind the cursor.
        for expected in 0..2000 {
            let index = next_free(&all, cursor, &used).unwrap();
            assert_eq!(index, expected);
            used.insert(index);
            cursor = index + 1;
        }
        // And the last one there is, wherever the cursor is.
        for hole in [0, 1, 261_888, Label::PAIRS - 1] {
            let used: HashSet<u32> = (0..Label::PAIRS).filter(|&index| index != hole).collect();
            for cursor in [0, hole, (hole + 1) % Label::PAIRS] {
                assert_eq!(next_free(&all, cursor, &used), Some(hole));
            }
        }
        let used: HashSet<u32> = (0..Label::PAIRS).collect();
        assert_eq!(next_free(&all, 77, &used), None);
    }

    #[test]
    fn the_pairs_are_enumerated_as_labels_number_them() {
        let used = HashSet::new();
        let ends = (0..1024_u32).flat_map(|high| {
            let before = high * high.saturating_sub(1) / 2;
            [before, before + high / 2, before + high.saturating_sub(1)]
        });
        for index in ends.filter(|&index| index < Label::PAIRS) {
            let label = Label::from_pair_index(index).unwrap();
            let pair = label.level().categories();
            assert_eq!(next_free(pair, 0, &used), Some(index));
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
