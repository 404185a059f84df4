//! Machines that images follow.

use std::collections::BTreeSet;

use jiff::Timestamp;
use labelgate_mac::Label;
use uuid::Uuid;

use crate::record::{Follows, Image, Lease};
use crate::{Contradiction, Refusal, Snapshot, Thing};

/// A machine that images follow.
#[derive(Debug, Clone)]
pub struct Followed<'a> {
    /// The machine.
    pub vm: Uuid,
    /// Where its images rest.
    pub rest: &'a Label,
    /// Where they are: there, or at the level that its process has, or had.
    pub level: &'a Label,
    first: &'a Image,
    others: Vec<&'a Image>,
}

impl<'a> Followed<'a> {
    /// The images that follow it.
    pub fn images(&self) -> impl Iterator<Item = &'a Image> {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }

    /// One of them.
    pub(crate) const fn first(&self) -> &'a Image {
        self.first
    }

    /// Whether its images rest.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        self.level == self.rest
    }
}

impl Snapshot {
    /// A machine, if images follow it.
    #[must_use]
    pub fn followed(&self, vm: Uuid) -> Option<Followed<'_>> {
        let follows = |image: &&Image| image.follows.as_ref().is_some_and(|own| own.vm == vm);
        let mut images = self.images.values().filter(follows);
        let first = images.next()?;
        Some(Followed {
            vm,
            rest: &first.follows.as_ref()?.rest,
            level: &first.label,
            first,
            others: images.collect(),
        })
    }

    /// All machines that images follow.
    #[must_use]
    pub fn all_followed(&self) -> BTreeSet<Uuid> {
        let follows = self.images.values().filter_map(|i| i.follows.as_ref());
        follows.map(|follows| follows.vm).collect()
    }

    /// The labels of leases that hold at this time, with their machines: what images may open that follow
    /// these ([`Snapshot::is_out`]).
    #[must_use]
    pub fn held(&self, now: Timestamp) -> BTreeSet<(Uuid, &Label)> {
        let leases = self.leases.values();
        let hold = leases.filter(|lease| !lease.is_expired(now));
        hold.map(|lease| (lease.vm, &lease.label)).collect()
    }

    /// Whether an image follows a machine and is not where it rests, though no lease [holds] it there: it
    /// has set out, or is to come back, and is nobody's.
    ///
    /// [holds]: Snapshot::held
    #[must_use]
    pub fn is_out(image: &Image, held: &BTreeSet<(Uuid, &Label)>) -> bool {
        let Some(Follows { vm, rest }) = &image.follows else {
            return false;
        };
        image.label != *rest && !held.contains(&(*vm, &image.label))
    }

    /// The machines whose images are [out](Snapshot::is_out).
    #[must_use]
    pub fn stragglers(&self, now: Timestamp) -> BTreeSet<Uuid> {
        let held = self.held(now);
        let images = self.images.values();
        let out = images.filter(|image| Self::is_out(image, &held));
        out.filter_map(|image| Some(image.follows.as_ref()?.vm))
            .collect()
    }

    /// Refuses a label that images have, or rest at, which follow a machine: whoever had it would have
    /// what is theirs.
    pub(crate) fn check_unfollowed(&self, label: &Label) -> Result<(), Refusal> {
        let has = |image: &&Image| {
            let rests = image.follows.as_ref().map(|follows| &follows.rest);
            rests == Some(label) || (rests.is_some() && image.label == *label)
        };
        let mut images = self.images.values();
        match images.find(has).and_then(|image| image.follows.as_ref()) {
            Some(Follows { vm, .. }) => Err(Refusal::LabelOfFollowed {
                label: Box::new(label.clone()),
                vm: *vm,
            }),
            None => Ok(()),
        }
    }

    /// What has a label and does not follow this machine, nor is a lease of it.
    pub(crate) fn other_than(&self, vm: Uuid, label: &Label) -> Option<Thing> {
        let identities = self.identities.values();
        let identities = identities
            .filter(|identity| identity.label == *label)
            .map(|identity| Thing::Identity(identity.name.clone()));
        let leases = self.leases.values();
        let leases = leases
            .filter(|lease| lease.label == *label && lease.vm != vm)
            .map(|lease| Thing::Lease(lease.id));
        let images = self.images.values();
        let images = images.filter(|image| match &image.follows {
            Some(follows) => follows.vm != vm && (image.label == *label || follows.rest == *label),
            None => image.label == *label,
        });
        let images = images.map(|image| Thing::Image(image.id()));
        let groups = self.groups.get(label);
        let groups = groups.map(|group| Thing::group(group.label.clone()));
        identities.chain(leases).chain(images).chain(groups).next()
    }

    pub(crate) fn check_followed(&self) -> Result<(), Contradiction> {
        for vm in self.all_followed() {
            let Some(followed) = self.followed(vm) else {
                continue;
            };
            if let Some(what) = self.contradiction_of(&followed) {
                return Err(Contradiction::new(format!(
                    "images follow machine {vm}, and {what}"
                )));
            }
        }
        Ok(())
    }

    fn contradiction_of(&self, followed: &Followed<'_>) -> Option<String> {
        let Followed {
            vm, rest, level, ..
        } = *followed;
        let together = |image: &Image| {
            image.label == *level && image.follows.as_ref().is_some_and(|own| own.rest == *rest)
        };
        if let Some(apart) = followed.images().find(|image| !together(image)) {
            return Some(format!("{} is not where the others are", apart.id()));
        }
        if let Some(content) = followed.images().find(|image| image.content) {
            return Some(format!("{} is content", content.id()));
        }
        if let Some(identity) = self.identities.values().find(|i| i.vm == Some(vm)) {
            return Some(format!("it has identity {}", identity.name));
        }
        if !self.levels.contains_key(rest) {
            return Some(format!("{rest}, where they rest, was not allocated"));
        }
        if !followed.is_at_rest() && self.levels.contains_key(level) {
            return Some(format!("{level}, where they are, was allocated"));
        }
        for label in [rest, level] {
            if let Some(other) = self.other_than(vm, label) {
                return Some(format!("{other} has {label}"));
            }
        }
        let elsewhere =
            |lease: &&Lease| lease.vm == vm && lease.label != *rest && lease.label != *level;
        let lease = self.leases.values().find(elsewhere)?;
        Some(format!("its lease {} is elsewhere", lease.id))
    }
}
