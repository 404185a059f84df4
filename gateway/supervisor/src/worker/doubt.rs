//! Whether a keeper that cannot open images is at fault itself, and not its backend or they.
//!
//! One that is shut out, or has no descriptors left, keeps the images that it has open, which may be idle and
//! never notice. Its successor would open the others. If it is the backend after all, a successor helps
//! nobody and costs those whose images are open a delay, so that is tried more and more rarely.

use std::time::{Duration, Instant};

/// How long a keeper opens nothing that it should before it is replaced for the first time.
const FIRST: Duration = Duration::from_secs(15);
/// And at most, after that has not helped often.
const LONGEST: Duration = Duration::from_secs(3600);
/// What was this long ago has nothing to do with what fails now: images are tried again sooner.
const LAPSE: Duration = Duration::from_secs(60);
/// After this long without a failure a replacement has helped.
const HELPED: Duration = Duration::from_secs(600);

/// What is known against the keepers of a slot.
#[derive(Debug)]
pub(super) struct Doubt {
    /// Since when the keeper has opened nothing, and not been able to.
    since: Option<Instant>,
    /// When something could not be opened last.
    last: Option<Instant>,
    patience: Duration,
}

impl Default for Doubt {
    fn default() -> Self {
        Self {
            since: None,
            last: None,
            patience: FIRST,
        }
    }
}

impl Doubt {
    /// The keeper could not open an image and may be the reason; whether another one is to try.
    pub(super) fn failed(&mut self, now: Instant) -> bool {
        let quiet = self.last.map(|last| now.saturating_duration_since(last));
        self.last = Some(now);
        if quiet.is_none_or(|quiet| quiet > LAPSE) {
            self.since = None;
        }
        if quiet.is_none_or(|quiet| quiet > HELPED) {
            self.patience = FIRST;
        }
        let since = *self.since.get_or_insert(now);
        if now.saturating_duration_since(since) < self.patience {
            return false;
        }
        self.since = None;
        self.patience = self.patience.saturating_mul(2).min(LONGEST);
        true
    }

    /// The keeper has opened an image, or there is another one, of which nothing is known.
    pub(super) fn cleared(&mut self) {
        self.since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An image that is tried every few seconds fails; after how many seconds another keeper is to try.
    fn fails_from(doubt: &mut Doubt, begin: Instant, from: u64) -> u64 {
        let mut at = from;
        while !doubt.failed(begin + Duration::from_secs(at)) {
            at += 5;
        }
        at - from
    }

    #[test]
    fn a_keeper_that_opens_nothing_for_a_while_is_followed_by_another() {
        let (mut doubt, begin) = (Doubt::default(), Instant::now());
        assert_eq!(fails_from(&mut doubt, begin, 0), 15);
    }

    #[test]
    fn one_that_opens_another_image_is_sound() {
        let (mut doubt, begin) = (Doubt::default(), Instant::now());
        let at = |seconds| begin + Duration::from_secs(seconds);
        assert!(!doubt.failed(at(0)));
        assert!(!doubt.failed(at(10)));
        doubt.cleared();
        assert!(!doubt.failed(at(15)));
        assert!(!doubt.failed(at(29)));
        assert!(doubt.failed(at(30)));
    }

    #[test]
    fn what_has_not_helped_is_tried_more_rarely_until_nothing_fails_for_long() {
        let (mut doubt, begin) = (Doubt::default(), Instant::now());
        let mut from = 0;
        for patience in [15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600] {
            assert_eq!(fails_from(&mut doubt, begin, from), patience);
            from += patience + 5;
            // Its successor opens the others, and not this one.
            doubt.cleared();
        }
        assert_eq!(fails_from(&mut doubt, begin, from + 601), 15);
    }

    #[test]
    fn an_image_that_failed_once_long_ago_counts_for_nothing() {
        let (mut doubt, begin) = (Doubt::default(), Instant::now());
        assert!(!doubt.failed(begin));
        assert!(!doubt.failed(begin + LAPSE + Duration::from_secs(1)));
    }
}
