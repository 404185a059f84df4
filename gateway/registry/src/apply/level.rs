//! Levels go.

use labelgate_mac::Label;

use crate::record::{Image, Level};
use crate::{Refusal, Snapshot, Thing};

impl Snapshot {
    pub(super) fn release_level(&mut self, label: &Label) -> Result<(), Refusal> {
        if let Some(by) = self.user_of(label) {
            let label = Box::new(label.clone());
            return Err(Refusal::LevelInUse { label, by });
        }
        let _: Level = self.remove(label, Thing::level)?;
        Ok(())
    }

    /// What has this label.
    fn user_of(&self, label: &Label) -> Option<Thing> {
        let image = || {
            let mut images = self.images.values();
            let rests = |image: &Image| {
                let follows = image.follows.as_ref();
                follows.is_some_and(|follows| follows.rest == *label)
            };
            images
                .find(|image| image.label == *label || rests(image))
                .map(|image| Thing::Image(image.id()))
        };
        let group = || {
            self.groups
                .get(label)
                .map(|group| Thing::group(group.label.clone()))
        };
        self.owner_of(label).or_else(image).or_else(group)
    }
}
