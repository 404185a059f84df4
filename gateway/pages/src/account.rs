//! Totals that outlive the workers they come from.

use crate::sample::Sample;

/// No honest counter grows by more between two looks at it: as bytes it is an exbibyte, as
/// nanoseconds of latency 36 years. What grows by more is garbage.
const PLAUSIBLE: u64 = 1 << 60;

/// The totals of one thing, under all the workers it has had.
///
/// Counters only ever grow, also across the end of a worker and whatever a page holds: Prometheus
/// takes a counter that shrinks for a restart, and would add all of it again.
#[derive(Debug, Clone, Copy)]
pub struct Account<S> {
    total: S,
    last: S,
}

impl<S: Sample> Account<S> {
    /// An account of nothing.
    pub const EMPTY: Self = Self {
        total: S::ZERO,
        last: S::ZERO,
    };

    /// From now on the numbers come from another place, which shows `from`; what that shows
    /// already is not ours.
    pub fn begin(&mut self, from: S) {
        self.last = from;
    }

    /// Takes in what the place shows now. Answers how many words were garbage: they had gone
    /// backwards, or forwards by more than is possible. Those count from here on again.
    #[must_use]
    pub fn take_in(&mut self, now: S) -> u64 {
        let mut rejected = 0;
        let counters = self.total.words_mut().iter_mut();
        let places = counters.zip(self.last.words()).zip(now.words());
        for (place, ((total, last), now)) in places.enumerate() {
            if S::is_gauge(place) {
                *total = *now;
                continue;
            }
            match now.checked_sub(*last) {
                Some(grown @ 0..=PLAUSIBLE) => *total = total.saturating_add(grown),
                Some(_) | None => rejected += 1,
            }
        }
        self.last = now;
        rejected
    }

    /// The place is gone: gauges fall to zero, counters stay.
    pub fn end(&mut self) {
        for (place, word) in self.total.words_mut().iter_mut().enumerate() {
            if S::is_gauge(place) {
                *word = 0;
            }
        }
    }

    /// Adds everything that another account has taken in.
    pub fn absorb(&mut self, other: &Self) {
        let words = self.total.words_mut().iter_mut();
        for (to, from) in words.zip(other.total.words()) {
            *to = to.saturating_add(*from);
        }
    }

    /// Everything taken in so far.
    #[must_use]
    pub const fn total(&self) -> &S {
        &self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{IMAGE_WORDS, IN_FLIGHT, Operation};
    use crate::sample::ImageSample;

    fn reads(count: u64, in_flight: u64) -> ImageSample {
        let mut words = [0; IMAGE_WORDS];
        words[0] = count;
        words[IN_FLIGHT] = in_flight;
        ImageSample(words)
    }

    #[test]
    fn a_total_goes_on_under_the_next_worker() {
        let mut account = Account::EMPTY;
        account.begin(reads(0, 0));
        assert_eq!(account.take_in(reads(7, 3)), 0);
        account.end();
        assert_eq!(account.total().in_flight(), 0);

        account.begin(reads(0, 0));
        assert_eq!(account.take_in(reads(5, 1)), 0);

        assert_eq!(account.total().operations(Operation::Read), 12);
        assert_eq!(account.total().in_flight(), 1);
    }

    #[test]
    fn what_a_slot_showed_before_is_not_counted() {
        let mut account = Account::EMPTY;
        account.begin(reads(1000, 9));
        assert_eq!(account.take_in(reads(1001, 0)), 0);
        assert_eq!(account.total().operations(Operation::Read), 1);
    }

    #[test]
    fn a_counter_that_goes_backwards_takes_nothing_away_and_counts_on_from_there() {
        let mut account = Account::EMPTY;
        assert_eq!(account.take_in(reads(10, 0)), 0);
        assert_eq!(account.take_in(reads(4, 0)), 1);
        assert_eq!(account.total().operations(Operation::Read), 10);
        assert_eq!(account.take_in(reads(6, 0)), 0);
        assert_eq!(account.total().operations(Operation::Read), 12);
    }

    #[test]
    fn a_leap_that_nobody_can_have_made_is_not_counted() {
        let mut account = Account::EMPTY;
        assert_eq!(account.take_in(reads(u64::MAX, 0)), 1);
        assert_eq!(account.total().operations(Operation::Read), 0);
    }
}
