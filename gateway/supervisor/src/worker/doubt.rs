//! Whether a keeper that cannot open images is at fault itself, and not its backend or they.
//!
//! One that is shut out, or has no descriptors left, keeps the images that it has open, which may be idle and
//! never notice. Its successor would open the others. If it is the backend after all, a successor helps
//! nobody and costs those whose images are open a delay, so that is tried more and more rarely.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long a keeper opens nothing that it should before it is replaced for the first time.
const FIRST: Duration = Duration::from_secs(15);
/// And at most, after that has not helped often.
const LONGEST: Duration = Duration::from_secs(3600);

/// What is known against the keepers of a slot.
#[derive(Debug)]
pub(super) struct Doubt {
    /// Since when the keeper has opened nothing, and not been able to.
    since: Option<Instant>,
    patience: Duration,
    /// What could not be opened, of which the backend may have been the reason.
    images: BTreeSet<u32>,
}

impl Default for Doubt {
    fn default() -> Self {
        Self {
            since: None,
            patience: FIRST,
            images: BTreeSet::new(),
        }
    }
}

impl Doubt {
    /// The keeper could not open an image and may be the reason; whether another one is to try.
    pub(super) fn failed(&mut self, image: u32, now: Instant) -> bool {
        self.images.insert(image);
        let since = *self.since.get_or_insert(now);
        if now.saturating_duration_since(since) < self.patience {
            return false;
        }
        self.since = None;
        self.patience = self.patience.saturating_mul(2).min(LONGEST);
        true
    }

    /// The keeper has opened an image, or said that something is wrong with that one alone.
    pub(super) fn cleared(&mut self, image: u32) {
        self.since = None;
        self.images.remove(&image);
        if self.images.is_empty() {
            self.patience = FIRST;
        }
    }

    /// There is another keeper, of which nothing is known.
    pub(super) fn another(&mut self) {
        self.since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(begin: Instant, seconds: u64) -> Instant {
        begin + Duration::from_secs(seconds)
    }

    #[test]
    fn a_keeper_that_opens_nothing_for_a_while_is_followed_by_another() {
        let (mut doubt, begin) = (Doubt::default(), Instant::now());
        assert!(!doubt.failed(1, begin));
        assert!(!doubt.failed(1, seconds(begin, 14)));
        assert!(doubt.failed(1, seconds(begin, 15)));
    }

    #[test]
    fn one_that_opens_another_image_is_sound() {
        let (mut doubt, begin) = (Doubt::default(), Instant::now());
        assert!(!doubt.failed(1, begin));
        doubt.cleared(2);
        assert!(!doubt.failed(1, seconds(begin, 15)));
        assert!(doubt.failed(1, seconds(begin, 30)));
    }

    #[test]
    fn what_has_not_helped_is_tried_more_rarely_until_the_image_is_open() {
        let (mut doubt, begin) = (Doubt::default(), Instant::now());
        let mut at = begin;
        for patience in [15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600] {
            assert!(!doubt.failed(1, at));
            assert!(!doubt.failed(1, seconds(at, patience - 1)));
            assert!(doubt.failed(1, seconds(at, patience)), "{patience}");
            // Its successor opens the others, and not this one.
            doubt.another();
            doubt.cleared(2);
            at = seconds(at, patience);
        }
        doubt.cleared(1);
        assert!(!doubt.failed(1, at));
        assert!(doubt.failed(1, seconds(at, 15)));
    }
}
