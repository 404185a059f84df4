//! Which of a label's images keepers hold for it, and how far each has come.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use labelgate_control::KeptShape;

use super::backoff::Backoff;
use super::images::{ImageState, Images, Served};
use crate::config::Image;

/// How far an image has come that a keeper holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// The slot of its keepers.
    pub slot: u32,
    /// Whether it has an anchor whose key is good.
    pub anchored: bool,
    /// Whether the keeper that runs has been told to open it.
    pub given: bool,
    /// What the keeper that runs says that it looks like.
    pub shape: Option<KeptShape>,
    /// What the worker was told that it looks like, once it has it.
    pub told: Option<KeptShape>,
    /// When it is tried again, if it could not be let in or opened: until then the slot goes on
    /// without it.
    pub again: Option<Instant>,
    backoff: Backoff,
}

impl Kept {
    /// An image that is about to be opened.
    #[must_use]
    pub const fn new(slot: u32) -> Self {
        Self {
            slot,
            anchored: false,
            given: false,
            shape: None,
            told: None,
            again: None,
            backoff: Backoff::new(),
        }
    }

    /// Whether it may be tried now.
    fn is_due(&self, now: Instant) -> bool {
        self.again.is_none_or(|at| at <= now)
    }

    /// Whether a keeper, or whoever has its keys, may have it open.
    #[must_use]
    pub const fn may_be_open(&self) -> bool {
        self.anchored || self.given || self.told.is_some()
    }
}

impl Served {
    /// Whether it is to be served, or is.
    const fn is_wanted(&self) -> bool {
        matches!(
            self.state,
            ImageState::Opening | ImageState::Sent | ImageState::Open(_)
        )
    }
}

impl Images {
    /// Those of a slot that a keeper holds, or is to hold.
    pub fn of_slot(&self, slot: u32) -> impl Iterator<Item = (u32, &Kept)> {
        let kept = self.numbered();
        let kept = kept.filter_map(|(number, served)| Some((number, served.kept.as_ref()?)));
        kept.filter(move |(_, kept)| kept.slot == slot)
    }

    fn find(&self, slot: u32, is: impl Fn(&Served, &Kept) -> bool) -> Vec<(u32, Arc<Image>)> {
        let all = self.numbered().filter(|(_, served)| {
            let kept = served.kept.as_ref().filter(|kept| kept.slot == slot);
            kept.is_some_and(|kept| is(served, kept))
        });
        all.map(|(number, served)| (number, Arc::clone(&served.image)))
            .collect()
    }

    /// Those that are wanted, have no anchor, and may be tried.
    #[must_use]
    pub fn unanchored(&self, slot: u32, now: Instant) -> Vec<(u32, Arc<Image>)> {
        self.find(slot, |served, kept| {
            served.is_wanted() && !kept.anchored && kept.is_due(now)
        })
    }

    /// Those of a slot that have an anchor.
    pub fn anchored(&self, slot: u32) -> impl Iterator<Item = &Arc<Image>> {
        let all = self.numbered().filter(move |(_, served)| {
            let kept = served.kept.as_ref();
            kept.is_some_and(|kept| kept.slot == slot && kept.anchored)
        });
        all.map(|(_, served)| &served.image)
    }

    /// Those of a slot whose anchor its keeper may have read, also if it could not open them.
    pub fn exposed(&self, slot: u32) -> impl Iterator<Item = &Arc<Image>> {
        let all = self.numbered().filter(move |(_, served)| {
            let kept = served.kept.as_ref();
            kept.is_some_and(|kept| kept.slot == slot && (kept.anchored || kept.again.is_some()))
        });
        all.map(|(_, served)| &served.image)
    }

    /// Those that are wanted, have an anchor, are not with the keeper, and may be tried.
    #[must_use]
    pub fn to_be_given(&self, slot: u32, now: Instant) -> Vec<(u32, Arc<Image>)> {
        self.find(slot, |served, kept| {
            served.is_wanted() && kept.anchored && !kept.given && kept.is_due(now)
        })
    }

    /// Whether a keeper has what it takes for the worker to work with it: all that the worker has and
    /// is still wanted; or some of it, when it is known that the rest cannot be opened, or that is not
    /// waited for.
    #[must_use]
    pub fn are_enough(&self, slot: u32, waits: bool) -> bool {
        let (mut open, mut failed, mut awaited) = (false, false, false);
        let had = |served: &&Served| {
            let kept = served.kept.filter(|kept| kept.slot == slot);
            served.is_wanted() && kept.is_some_and(|kept| kept.told.is_some())
        };
        for kept in self.iter().filter(had).filter_map(|served| served.kept) {
            match (kept.shape, kept.again) {
                (Some(_), _) => open = true,
                (None, Some(_)) => failed = true,
                (None, None) => awaited = true,
            }
        }
        match (failed, awaited) {
            (false, false) => true,
            (true, false) => open,
            (_, true) => open && !waits,
        }
    }

    /// Whether an image is to be served, or is.
    #[must_use]
    pub fn is_wanted(&self, number: u32) -> bool {
        let mut all = self.numbered();
        all.any(|(one, served)| one == number && served.is_wanted())
    }

    /// Whether the keeper has one open, or is opening it.
    #[must_use]
    pub fn is_one_given(&self, slot: u32) -> bool {
        !self.find(slot, |_, kept| kept.given).is_empty()
    }

    /// When one is to be tried again that could not be let in or opened.
    #[must_use]
    pub fn next_attempt(&self, slot: u32) -> Option<Instant> {
        let all = self.iter().filter(|served| served.is_wanted());
        let kept = all.filter_map(|served| served.kept.as_ref());
        let waiting = kept.filter(|kept| kept.slot == slot && !kept.anchored);
        waiting.filter_map(|kept| kept.again).min()
    }

    /// An image could not be let in or opened: its slot goes on without it, and it is tried again
    /// after a while.
    pub fn put_off(&mut self, number: u32, now: Instant) {
        self.with_kept(number, |kept| {
            (kept.given, kept.anchored, kept.shape) = (false, false, None);
            kept.again = now.checked_add(kept.backoff.failed(Duration::ZERO));
        });
    }

    /// An image is open in its keeper and looks so now.
    pub fn now_open(&mut self, number: u32, shape: KeptShape) {
        self.with_kept(number, |kept| {
            (kept.shape, kept.again) = (Some(shape), None);
            kept.backoff.ended();
        });
    }

    /// Of these, those that the worker has had.
    #[must_use]
    pub fn told(&self, images: &[(u32, Arc<Image>)]) -> BTreeSet<u32> {
        let all = self.numbered();
        let told = all.filter(|(_, served)| served.kept.is_some_and(|kept| kept.told.is_some()));
        let told: BTreeSet<u32> = told.map(|(number, _)| number).collect();
        let these = images.iter().map(|(number, _)| *number);
        these.filter(|number| told.contains(number)).collect()
    }

    /// Those that the worker has not been told of and still might be.
    #[must_use]
    pub fn untold(&self, slot: u32) -> Vec<u32> {
        let found = self.find(slot, |served, _| {
            matches!(served.state, ImageState::Opening)
        });
        found.into_iter().map(|(number, _)| number).collect()
    }

    /// Those that are gone once the access of their keepers is.
    #[must_use]
    pub fn probing(&self, slot: u32) -> Vec<u32> {
        let found = self.find(slot, |served, _| {
            matches!(served.state, ImageState::Probing)
        });
        found.into_iter().map(|(number, _)| number).collect()
    }

    /// An image has an anchor now.
    pub fn now_anchored(&mut self, number: u32) {
        self.with_kept(number, |kept| kept.anchored = true);
    }

    /// An image has no anchor any more.
    pub fn no_anchor(&mut self, number: u32) {
        self.with_kept(number, |kept| kept.anchored = false);
    }

    /// A keeper has been told to open an image.
    pub fn now_given(&mut self, number: u32) {
        self.with_kept(number, |kept| kept.given = true);
    }

    fn with_kept(&mut self, number: u32, change: impl FnOnce(&mut Kept)) {
        if let Some(kept) = self.get_mut(number).and_then(|served| served.kept.as_mut()) {
            change(kept);
        }
    }

    /// The slot has no keeper, or a new one.
    pub fn none_given(&mut self, slot: u32) {
        for served in self.iter_mut() {
            if let Some(kept) = served.kept.as_mut().filter(|kept| kept.slot == slot) {
                (kept.given, kept.shape, kept.again) = (false, None, None);
            }
        }
    }

    /// The keys in all anchors of a slot are good no more.
    pub fn forget_anchors(&mut self, slot: u32) -> Vec<Arc<Image>> {
        let mut forgotten = Vec::new();
        for served in self.iter_mut() {
            if let Some(kept) = served.kept.as_mut().filter(|kept| kept.slot == slot) {
                kept.anchored = false;
                forgotten.push(Arc::clone(&served.image));
            }
        }
        forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use std::path::Path;

    fn images(count: usize) -> Images {
        let mut text = "[[store]]\nname = \"s\"\npath = \"/s\"\n".to_owned();
        for n in 0..count {
            text += &format!(
                "[[image]]\nname = \"i{n}\"\nstore = \"s\"\nfile = \"i{n}\"\nlabel = \"s0:c1,c2\"\n"
            );
        }
        let mut images = Images::default();
        for image in Config::parse(&text, Path::new("test")).unwrap().images {
            images.add(image);
        }
        images
    }

    #[test]
    fn an_image_is_anchored_then_given_and_both_anew_after_its_keeper_and_its_key() {
        let mut all = images(3);
        for (number, slot) in [(0, 0), (1, 1)] {
            all.get_mut(number).unwrap().kept = Some(Kept::new(slot));
        }
        let numbers = |found: Vec<(u32, Arc<Image>)>| -> Vec<u32> {
            found.into_iter().map(|(number, _)| number).collect()
        };
        let now = Instant::now();
        assert_eq!(numbers(all.unanchored(0, now)), [0]);
        assert_eq!(numbers(all.to_be_given(0, now)), [0; 0]);
        all.now_anchored(0);
        assert_eq!(numbers(all.to_be_given(0, now)), [0]);
        all.now_given(0);
        assert_eq!(numbers(all.to_be_given(0, now)), [0; 0]);

        all.none_given(0);
        assert_eq!(numbers(all.to_be_given(0, now)), [0]);
        assert_eq!(all.forget_anchors(0).len(), 1);
        assert_eq!(numbers(all.unanchored(0, now)), [0]);
        all.get_mut(0).unwrap().state = ImageState::Probing;
        assert_eq!(numbers(all.unanchored(0, now)), [0; 0]);
        assert_eq!(all.probing(0), [0]);
        assert_eq!(numbers(all.unanchored(1, now)), [1]);
    }

    #[test]
    fn an_image_that_cannot_be_opened_is_not_waited_for_and_is_tried_again() {
        let mut all = images(2);
        let shape = KeptShape {
            size: 4096,
            physical_block: 512,
            discard: true,
            stable_writes: true,
        };
        for number in [0, 1] {
            let served = all.get_mut(number).unwrap();
            served.state = ImageState::Sent;
            served.kept = Some(Kept {
                told: Some(shape),
                ..Kept::new(0)
            });
            all.now_anchored(number);
            all.now_given(number);
        }
        assert!(!all.are_enough(0, false), "none is open");
        all.now_open(0, shape);
        assert!(!all.are_enough(0, true) && all.are_enough(0, false));

        let now = Instant::now();
        all.put_off(1, now);

        assert!(all.are_enough(0, true) && all.is_one_given(0));
        assert!(all.unanchored(0, now).is_empty());
        let at = all.next_attempt(0).unwrap();
        assert!(at > now);
        assert_eq!(all.unanchored(0, at).len(), 1);
        all.now_anchored(1);
        assert_eq!(all.to_be_given(0, at).len(), 1);
        // Its attempts become rarer until it is open.
        all.put_off(1, at);
        assert!(all.next_attempt(0).unwrap() - at > at - now);
        all.now_open(1, shape);
        assert_eq!(all.next_attempt(0), None);
        // With another keeper all are waited for again.
        all.put_off(1, at);
        all.none_given(0);
        assert!(!all.are_enough(0, true) && !all.are_enough(0, false));
    }
}
