//! One worker's page, and whose slots are whose.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use labelgate_pages::{Account, ImageAccount, MAX_SLOTS, Page, WorkerAccount};

/// What images that got no slot of their own are called together.
const OTHERS: &str = "(other)";

/// How many slots a page gets for a label with so many images: room for as many more that come
/// while the worker lives, and one for all beyond that.
pub(super) fn slots_for(images: usize) -> u32 {
    let wanted = u32::try_from(images.saturating_mul(2)).unwrap_or(MAX_SLOTS);
    wanted.saturating_add(16).min(MAX_SLOTS)
}

/// A running worker's page.
#[derive(Debug)]
pub(super) struct Slots {
    page: Page,
    /// By slot: what is in it. The last is for all images that find no other.
    taken: Vec<Option<Taken>>,
    /// By the number the worker knows the image by.
    numbers: HashMap<u32, u32>,
}

#[derive(Debug)]
struct Taken {
    image: String,
    account: ImageAccount,
}

/// What is left of the slots an image has had.
#[derive(Debug)]
struct Past {
    account: ImageAccount,
    ended: Instant,
}

/// The totals of a label, under all the workers it has had.
#[derive(Debug)]
pub(super) struct Totals {
    pub(super) worker: WorkerAccount,
    /// Numbers in pages that cannot be true.
    pub(super) rejected: u64,
    past: BTreeMap<String, Past>,
}

impl Default for Totals {
    fn default() -> Self {
        Self {
            worker: Account::EMPTY,
            rejected: 0,
            past: BTreeMap::new(),
        }
    }
}

impl Slots {
    /// The page of a worker that has just been made.
    pub(super) fn new(page: Page, totals: &mut Totals) -> Self {
        totals.worker.begin(page.worker());
        let mut taken: Vec<Option<Taken>> = Vec::new();
        taken.resize_with(page.slots() as usize, || None);
        let numbers = HashMap::new();
        Self {
            page,
            taken,
            numbers,
        }
    }

    /// A slot for the image that the worker knows by this number.
    pub(super) fn give(&mut self, number: u32, image: String) -> u32 {
        let last = self.taken.len().saturating_sub(1);
        let own = self.taken.iter().take(last).position(Option::is_none);
        let (place, image) = match own {
            Some(place) => (place, image),
            None => (last, OTHERS.to_owned()),
        };
        let slot = u32::try_from(place).unwrap_or(MAX_SLOTS);
        if let Some(taken @ None) = self.taken.get_mut(place) {
            let mut account: ImageAccount = Account::EMPTY;
            account.begin(self.page.image(slot));
            *taken = Some(Taken { image, account });
        }
        self.numbers.insert(number, slot);
        slot
    }

    /// The worker no longer has the image of this number.
    pub(super) fn take_back(&mut self, number: u32, totals: &mut Totals) {
        let Some(slot) = self.numbers.remove(&number) else {
            return;
        };
        let still = self.numbers.values().any(|&other| other == slot);
        let taken = self.taken.get_mut(slot as usize).filter(|_| !still);
        if let Some(mut taken) = taken.and_then(Option::take) {
            let rejected = taken.account.take_in(self.page.image(slot));
            totals.reject(rejected);
            totals.keep(taken, Instant::now());
        }
    }

    /// Reads the page.
    pub(super) fn read(&mut self, totals: &mut Totals) {
        let rejected = totals.worker.take_in(self.page.worker());
        totals.reject(rejected);
        for (slot, taken) in (0..).zip(&mut self.taken) {
            if let Some(taken) = taken {
                let rejected = taken.account.take_in(self.page.image(slot));
                totals.reject(rejected);
            }
        }
    }

    /// The worker is reaped: reads the page for the last time and keeps what it says.
    pub(super) fn end(mut self, totals: &mut Totals) {
        self.read(totals);
        totals.worker.end();
        let now = Instant::now();
        for taken in self.taken.into_iter().flatten() {
            totals.keep(taken, now);
        }
    }
}

impl Totals {
    const fn reject(&mut self, rejected: u64) {
        self.rejected = self.rejected.saturating_add(rejected);
    }

    fn keep(&mut self, taken: Taken, now: Instant) {
        let Taken { image, mut account } = taken;
        account.end();
        let past = self.past.entry(image).or_insert(Past {
            account: Account::EMPTY,
            ended: now,
        });
        past.account.absorb(&account);
        past.ended = now;
    }

    /// Forgets images that are neither wanted nor were in use within this time.
    pub(super) fn forget(&mut self, wanted: impl Fn(&str) -> bool, within: Duration) {
        self.past
            .retain(|image, past| wanted(image) || past.ended.elapsed() < within);
    }

    /// Every image's totals, by its name.
    pub(super) fn images(&self, live: Option<&Slots>) -> BTreeMap<String, ImageAccount> {
        let past = self.past.iter();
        let mut images: BTreeMap<String, ImageAccount> = past
            .map(|(image, past)| (image.clone(), past.account))
            .collect();
        // An image that was taken away and given again may be in two slots.
        for taken in live
            .into_iter()
            .flat_map(|slots| slots.taken.iter().flatten())
        {
            let account = images.entry(taken.image.clone()).or_insert(Account::EMPTY);
            account.absorb(&taken.account);
        }
        images
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use labelgate_pages::{Counters, Ended, Operation, WorkerCounter};

    fn page(slots: u32) -> (Page, Counters) {
        let (page, descriptor) = Page::create(slots).unwrap();
        (page, Counters::map(descriptor).unwrap())
    }

    fn read(counters: &Counters, slot: u32) {
        let image = counters.image(slot);
        image.began();
        image.ended(Ended {
            operation: Operation::Read,
            bytes: 512,
            result: Ok(()),
            latency: Duration::ZERO,
        });
    }

    fn reads(totals: &Totals, live: Option<&Slots>) -> Vec<(String, u64)> {
        let images = totals.images(live).into_iter();
        let reads =
            images.map(|(image, account)| (image, account.total().operations(Operation::Read)));
        reads.collect()
    }

    #[test]
    fn totals_outlive_the_worker() {
        let mut totals = Totals::default();
        for _ in 0..2 {
            let (page, counters) = page(4);
            let mut slots = Slots::new(page, &mut totals);
            let slot = slots.give(0, "s/a".to_owned());
            read(&counters, slot);
            counters.add(WorkerCounter::Turns, 5);
            slots.end(&mut totals);
        }
        assert_eq!(reads(&totals, None), [("s/a".to_owned(), 2)]);
        assert_eq!(totals.worker.total().counter(WorkerCounter::Turns), 10);
    }

    #[test]
    fn an_image_that_comes_back_under_another_number_goes_on() {
        let (mut totals, (page, counters)) = (Totals::default(), page(4));
        let mut slots = Slots::new(page, &mut totals);
        let first = slots.give(0, "s/a".to_owned());
        read(&counters, first);
        let second = slots.give(1, "s/a".to_owned());
        read(&counters, second);
        slots.read(&mut totals);
        assert_eq!(reads(&totals, Some(&slots)), [("s/a".to_owned(), 2)]);

        slots.take_back(0, &mut totals);
        assert_eq!(reads(&totals, Some(&slots)), [("s/a".to_owned(), 2)]);
        // What was counted in the slot before is another image's.
        assert_eq!(slots.give(2, "s/b".to_owned()), first);
        slots.read(&mut totals);
        let expected = [("s/a".to_owned(), 2), ("s/b".to_owned(), 0)];
        assert_eq!(reads(&totals, Some(&slots)), expected);
    }

    #[test]
    fn images_beyond_the_slots_share_the_last_one() {
        let (mut totals, (page, counters)) = (Totals::default(), page(2));
        let mut slots = Slots::new(page, &mut totals);
        let given: Vec<u32> = (0..4)
            .map(|number| slots.give(number, format!("s/{number}")))
            .collect();
        assert_eq!(given, [0, 1, 1, 1]);
        for slot in given {
            read(&counters, slot);
        }
        slots.take_back(1, &mut totals);
        slots.end(&mut totals);
        let expected = [(OTHERS.to_owned(), 3), ("s/0".to_owned(), 1)];
        assert_eq!(reads(&totals, None), expected);
    }

    #[test]
    fn images_that_are_gone_are_forgotten_after_a_while_and_others_are_not() {
        let (mut totals, (page, _)) = (Totals::default(), page(4));
        let mut slots = Slots::new(page, &mut totals);
        slots.give(0, "s/a".to_owned());
        slots.give(1, "s/b".to_owned());
        slots.end(&mut totals);
        totals.forget(|_| false, Duration::from_secs(3600));
        assert_eq!(totals.images(None).len(), 2);
        totals.forget(|image| image == "s/b", Duration::ZERO);
        assert_eq!(reads(&totals, None), [("s/b".to_owned(), 0)]);
    }
}
