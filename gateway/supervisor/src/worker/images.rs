//! The images of a label, as its worker has them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use labelgate_control::{AddImage, Handed, ImageShape, Text};

use super::kept_images::Kept;
use super::service::Shared;
use crate::config::Image;
use crate::image::{Anchor, Manner, Witness};

/// How long others may take to let go of an image's lock.
pub(super) const LOCK_PATIENCE: Duration = Duration::from_secs(15);

/// Where an image stands.
#[derive(Debug)]
pub enum ImageState {
    /// The supervisor opens it.
    Opening,
    /// The worker has been given it.
    Sent,
    /// The worker serves it.
    Open(ImageShape),
    /// It could not be opened, here or by the worker.
    Refused {
        /// When that was.
        at: Instant,
    },
    /// The worker has been told to give it up.
    Leaving {
        /// When it must have done so.
        until: Instant,
    },
    /// The worker says that it has given it up; the image's lock is being asked.
    Probing,
}

/// One image, as the label's worker has it.
#[derive(Debug)]
pub struct Served {
    /// What it is configured to be.
    pub image: Arc<Image>,
    /// What its worker calls it as a file, once it has it.
    pub file_name: Text<255>,
    /// Where it stands.
    pub state: ImageState,
    /// Whether the worker takes it as poisoned, once it has it.
    pub poisoned: bool,
    /// Leads to it, if a worker has been given it.
    pub anchor: Option<Arc<Anchor>>,
    /// How far it has come, if a keeper holds it.
    pub kept: Option<Kept>,
    /// Hears of what the worker loses.
    pub witness: Option<Witness>,
    /// How many policies had been loaded when the worker got it.
    pub policy_loads: Option<u32>,
    /// Until when it is tried again if somebody holds its lock.
    pub held_until: Instant,
}

/// The images of a label, under the numbers that its worker knows them by.
#[derive(Debug, Default)]
pub struct Images {
    served: BTreeMap<u32, Served>,
    /// Numbers are never used again, so that what comes late can be told from what is meant.
    next: u32,
}

/// What has to change for the right images to be served.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Numbers of images to be taken away.
    pub gone: Vec<u32>,
    /// Images to be added.
    pub fresh: Vec<Arc<Image>>,
    /// Numbers of images that stay, with what they are configured to be now.
    pub kept: Vec<(u32, Arc<Image>)>,
}

impl Images {
    /// Adds an image that is about to be opened.
    pub fn add(&mut self, image: Arc<Image>) -> u32 {
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        let served = Served {
            image,
            file_name: Text::default(),
            state: ImageState::Opening,
            poisoned: false,
            anchor: None,
            kept: None,
            witness: None,
            policy_loads: None,
            held_until: Instant::now() + LOCK_PATIENCE,
        };
        self.served.insert(number, served);
        number
    }

    /// An image by its number.
    pub fn get_mut(&mut self, number: u32) -> Option<&mut Served> {
        self.served.get_mut(&number)
    }

    /// Forgets an image.
    pub fn remove(&mut self, number: u32) -> Option<Served> {
        self.served.remove(&number)
    }

    /// Forgets all images and hands them out: the worker that had them is reaped.
    pub fn take_all(&mut self) -> impl Iterator<Item = Served> + use<> {
        std::mem::take(&mut self.served).into_values()
    }

    /// Whether every image has been opened or refused.
    #[must_use]
    pub fn are_settled(&self) -> bool {
        let unsettled =
            |state: &ImageState| matches!(state, ImageState::Opening | ImageState::Sent);
        !self.served.values().any(|served| unsettled(&served.state))
    }

    /// How many the worker has open.
    #[must_use]
    pub fn count_open(&self) -> usize {
        let open = |served: &&Served| matches!(served.state, ImageState::Open(_));
        self.served.values().filter(open).count()
    }

    /// Whether the worker has been given one and has not said yet what it makes of it.
    #[must_use]
    pub fn is_one_unanswered(&self) -> bool {
        self.served
            .values()
            .any(|served| matches!(served.state, ImageState::Sent))
    }

    /// Whether one is being taken away and it is not certain yet that it is gone.
    #[must_use]
    pub fn is_one_leaving(&self) -> bool {
        self.served.values().any(Served::is_leaving)
    }

    /// The targets of those of these that the worker has been given.
    #[must_use]
    pub fn targets_of(&self, numbers: &[u32]) -> Vec<Text<223>> {
        let all = numbers.iter().filter_map(|number| self.served.get(number));
        let given = all.filter(|served| served.was_given());
        given.map(|served| served.image.target.clone()).collect()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Served> {
        self.served.values()
    }

    /// All of them, with their numbers.
    pub fn numbered(&self) -> impl Iterator<Item = (u32, &Served)> {
        self.served.iter().map(|(&number, served)| (number, served))
    }

    /// All of them, to change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Served> {
        self.served.values_mut()
    }

    /// When the next image must have been given up.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let deadlines = self
            .served
            .values()
            .filter_map(|served| match served.state {
                ImageState::Leaving { until } => Some(until),
                _ => None,
            });
        deadlines.min()
    }

    /// Images that were refused before `before`.
    #[must_use]
    pub fn refused_before(&self, before: Instant) -> Vec<u32> {
        let refused =
            |served: &Served| matches!(served.state, ImageState::Refused { at } if at <= before);
        let numbers = self.served.iter().filter(|(_, served)| refused(served));
        numbers.map(|(&number, _)| number).collect()
    }

    /// What has to change for exactly `wanted` to be served, as poisoned or not.
    #[must_use]
    pub fn difference(
        &self,
        wanted: &[Arc<Image>],
        poisoned: impl Fn(&Image) -> bool,
    ) -> Difference {
        let stays = |served: &Served, image: &Image| {
            served.image.is_same_disk(image) && served.is_taken_as(poisoned(image))
        };
        // No two images have one target.
        let by_target = wanted.iter().map(|image| (image.target.as_str(), image));
        let mut missing: HashMap<_, _> = by_target.collect();
        let mut difference = Difference::default();
        let present = self.served.iter().filter(|(_, s)| !s.is_leaving());
        for (&number, served) in present {
            let target = served.image.target.as_str();
            match missing.get(target).copied() {
                Some(image) if stays(served, image) => {
                    missing.remove(target);
                    difference.kept.push((number, Arc::clone(image)));
                }
                _ => difference.gone.push(number),
            }
        }
        let fresh = wanted
            .iter()
            .filter(|i| missing.contains_key(i.target.as_str()));
        difference.fresh.extend(fresh.cloned());
        difference
    }
}

impl Served {
    /// Why the kernel refuses its I/O, as far as can be seen from outside.
    #[must_use]
    pub fn cause(&self, shared: &Shared) -> String {
        let expected = shared.manner(&self.image).ok();
        let expected = expected.as_ref().and_then(Manner::context);
        let is = self.anchor.as_ref().map(|anchor| anchor.context());
        if let (Some(Ok(is)), Some(expected)) = (is, expected)
            && (is.type_name(), is.range()) != (expected.type_name(), expected.range())
        {
            return format!("the kernel refuses its I/O: it was relabelled to {is}");
        }
        let loads = shared.policy_loads();
        match (self.policy_loads, loads) {
            (Some(before), Some(now)) if before != now => {
                "the kernel refuses its I/O: the policy or a boolean has changed".to_owned()
            }
            _ => "the kernel refuses its I/O: refused by policy".to_owned(),
        }
    }

    /// Whether the worker has been given it.
    #[must_use]
    pub fn was_given(&self) -> bool {
        self.anchor.is_some() || self.kept.as_ref().is_some_and(|kept| kept.told.is_some())
    }

    /// Whether it is being taken away.
    #[must_use]
    pub const fn is_leaving(&self) -> bool {
        matches!(self.state, ImageState::Leaving { .. } | ImageState::Probing)
    }
}

impl Served {
    /// Whether the worker takes it as poisoned, or as not; or will be told when it gets it.
    const fn is_taken_as(&self, poisoned: bool) -> bool {
        match self.state {
            ImageState::Sent | ImageState::Open(_) => self.poisoned == poisoned,
            _ => true,
        }
    }
}

/// What the worker is told about an image.
#[must_use]
pub fn describe(number: u32, slot: u32, image: &Image, poisoned: bool) -> AddImage {
    AddImage {
        // What else the label has decides on it.
        file_name: Text::default(),
        image: number,
        handed: Handed::Opened,
        slot,
        target: image.target.clone(),
        serial: image.designator.serial,
        naa: image.designator.naa,
        block_size: image.block_size,
        read_only: image.read_only,
        direct: image.direct,
        size: image.size,
        poisoned,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use std::path::Path;

    /// Images "a" to "z" as far as named, each with further keys.
    fn images(list: &[(&str, &str)]) -> Vec<Arc<Image>> {
        let mut text = "[[store]]\nname = \"s\"\npath = \"/s\"\n".to_owned();
        for (name, keys) in list {
            text += &format!(
                "[[image]]\nname = \"{name}\"\nstore = \"s\"\nfile = \"{name}\"\n\
                 label = \"s0:c1,c2\"\n{keys}\n"
            );
        }
        Config::parse(&text, Path::new("test")).unwrap().images
    }

    #[test]
    fn a_change_concerns_only_the_images_that_change() {
        let mut served = Images::default();
        for image in images(&[("a", ""), ("b", ""), ("c", "size = \"1M\""), ("d", "")]) {
            served.add(image);
        }
        let wanted = images(&[
            ("a", ""),
            ("b", "read_only = true"),
            ("c", "size = \"2M\""),
            ("e", ""),
        ]);

        let difference = served.difference(&wanted, |_| false);

        assert_eq!(difference.gone, [1, 3]);
        assert_eq!(
            difference.fresh,
            [Arc::clone(&wanted[1]), Arc::clone(&wanted[3])]
        );
        let kept = [(0, Arc::clone(&wanted[0])), (2, Arc::clone(&wanted[2]))];
        assert_eq!(difference.kept, kept, "another size is no other image");
    }

    #[test]
    fn an_image_that_is_leaving_comes_back_as_a_new_one() {
        let mut served = Images::default();
        let wanted = images(&[("a", "")]);
        let first = served.add(Arc::clone(&wanted[0]));
        served.get_mut(first).unwrap().state = ImageState::Probing;

        let difference = served.difference(&wanted, |_| false);

        assert_eq!((difference.gone.len(), difference.fresh.len()), (0, 1));
        assert_ne!(served.add(Arc::clone(&wanted[0])), first);
        assert!(served.is_one_leaving());
        served.remove(first);
        assert!(!served.is_one_leaving());
    }

    #[test]
    fn an_image_is_given_anew_when_a_mark_of_poison_comes_or_goes() {
        let mut served = Images::default();
        let wanted = images(&[("a", "")]);
        let number = served.add(Arc::clone(&wanted[0]));
        let fresh = |served: &Images, poisoned| {
            let difference = served.difference(&wanted, |_| poisoned);
            assert_eq!(difference.gone.len(), difference.fresh.len());
            difference.fresh.len()
        };
        assert_eq!(
            fresh(&served, true),
            0,
            "the worker is told when it gets it"
        );

        let image = served.get_mut(number).unwrap();
        (image.state, image.poisoned) = (ImageState::Sent, true);

        assert_eq!((fresh(&served, true), fresh(&served, false)), (0, 1));
        served.get_mut(number).unwrap().poisoned = false;
        assert_eq!((fresh(&served, true), fresh(&served, false)), (1, 0));
    }

    #[test]
    fn numbers_are_not_used_again_by_the_next_worker() {
        let mut served = Images::default();
        let image = images(&[("a", "")]).remove(0);
        let first = served.add(Arc::clone(&image));
        drop(served.take_all());
        assert_ne!(served.add(image), first);
    }
}
