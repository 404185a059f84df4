//! Images follow machines.

use labelgate_mac::Label;
use uuid::Uuid;

use super::check_label;
use crate::record::{Follows, Image, Lease};
use crate::{Followed, ImageId, Refusal, Snapshot, Thing};

impl Snapshot {
    pub(super) fn follow_machine(
        &mut self,
        id: &ImageId,
        vm: Uuid,
        rest: &Label,
    ) -> Result<(), Refusal> {
        let absent = || Refusal::Absent(Thing::Image(id.clone()));
        let image = self.images.get(id).ok_or_else(absent)?;
        if image.content {
            return Err(Refusal::ContentFollows(id.clone()));
        }
        self.check_resting(id)?;
        let mut identities = self.identities.values();
        if let Some(identity) = identities.find(|identity| identity.vm == Some(vm)) {
            let identity = identity.name.clone();
            return Err(Refusal::FollowsIdentity { vm, identity });
        }
        self.check_idle(vm, id)?;
        self.check_rest(vm, rest)?;
        let image: &mut Image = self.get_mut(id, Thing::Image)?;
        image.label = rest.clone();
        image.follows = Some(Follows {
            vm,
            rest: rest.clone(),
        });
        Ok(())
    }

    /// Refuses a level at which images of this machine may not rest.
    fn check_rest(&self, vm: Uuid, rest: &Label) -> Result<(), Refusal> {
        let label = || Box::new(rest.clone());
        match self.followed(vm) {
            Some(followed) if followed.rest != rest => {
                return Err(Refusal::NoRest { vm, label: label() });
            }
            Some(followed) if !followed.is_at_rest() => {
                let level = Box::new(followed.level.clone());
                return Err(Refusal::StillOut { vm, level });
            }
            _ => {}
        }
        if !self.levels.contains_key(rest) {
            return Err(Refusal::NoRest { vm, label: label() });
        }
        match self.other_than(vm, rest) {
            Some(by) => Err(Refusal::LevelInUse { label: label(), by }),
            None => Ok(()),
        }
    }

    /// Refuses to change an image while the machine that it follows runs, or has left it out.
    pub(super) fn check_resting(&self, id: &ImageId) -> Result<(), Refusal> {
        let image = self.images.get(id);
        let Some(Follows { vm, rest }) = image.and_then(|image| image.follows.as_ref()) else {
            return Ok(());
        };
        self.check_idle(*vm, id)?;
        match image {
            Some(image) if image.label != *rest => Err(Refusal::StillOut {
                vm: *vm,
                level: Box::new(image.label.clone()),
            }),
            _ => Ok(()),
        }
    }

    fn check_idle(&self, vm: Uuid, image: &ImageId) -> Result<(), Refusal> {
        let mut leases = self.leases.values();
        match leases.find(|lease| lease.vm == vm) {
            Some(lease) => Err(Refusal::FollowedRuns {
                image: image.clone(),
                vm,
                host: lease.host.clone(),
                lease: lease.id,
            }),
            None => Ok(()),
        }
    }

    pub(super) fn set_out(&mut self, vm: Uuid, level: &Label) -> Result<(), Refusal> {
        check_label(level)?;
        let followed = self.followed(vm).ok_or(Refusal::NotFollowed(vm))?;
        if !followed.is_at_rest() {
            let level = Box::new(followed.level.clone());
            return Err(Refusal::StillOut { vm, level });
        }
        let label = || Box::new(level.clone());
        if self.levels.contains_key(level) {
            let by = Thing::level(level.clone());
            return Err(Refusal::LevelInUse { label: label(), by });
        }
        if let Some(by) = self.other_than(vm, level) {
            return Err(Refusal::LevelInUse { label: label(), by });
        }
        self.put_followers(vm, Some(level));
        Ok(())
    }

    pub(super) fn come_back(&mut self, vm: Uuid) -> Result<(), Refusal> {
        let followed = self.followed(vm).ok_or(Refusal::NotFollowed(vm))?;
        if let Some(lease) = self.lease_besides(vm, followed.rest) {
            return Err(runs_at(lease));
        }
        self.put_followers(vm, None);
        Ok(())
    }

    /// All images of a machine are at this level from now on, or where they rest.
    fn put_followers(&mut self, vm: Uuid, level: Option<&Label>) {
        for image in self.images.values_mut() {
            let follows = image.follows.as_ref().filter(|follows| follows.vm == vm);
            if let Some(Follows { rest, .. }) = follows {
                image.label = level.unwrap_or(rest).clone();
            }
        }
    }

    pub(super) fn move_lease(&mut self, id: Uuid, label: &Label) -> Result<(), Refusal> {
        let absent = || Refusal::Absent(Thing::Lease(id));
        let vm = self.leases.get(&id).ok_or_else(absent)?.vm;
        let followed = self.followed(vm).ok_or(Refusal::NotFollowed(vm))?;
        let mut leases = self.leases.values();
        if let Some(other) = leases.find(|other| other.vm == vm && other.id != id) {
            return Err(runs_at(other));
        }
        if label != followed.rest && label != followed.level {
            let level = Box::new(followed.level.clone());
            return Err(Refusal::StillOut { vm, level });
        }
        let lease: &mut Lease = self.get_mut(&id, Thing::Lease)?;
        lease.label = label.clone();
        Ok(())
    }

    /// A lease of a machine that images follow begins where these rest, unless it runs elsewhere at the
    /// level that is asked for.
    pub(super) fn check_lease_of(
        &self,
        followed: &Followed<'_>,
        lease: &Lease,
    ) -> Result<(), Refusal> {
        let mut leases = self.leases.values();
        let Some(other) = leases.find(|other| other.vm == followed.vm) else {
            return match lease.label == *followed.rest {
                true => Ok(()),
                false => Err(Refusal::NoRest {
                    vm: followed.vm,
                    label: Box::new(lease.label.clone()),
                }),
            };
        };
        match other.label == lease.label && other.label != *followed.rest {
            true => Ok(()),
            false => Err(runs_at(other)),
        }
    }

    /// A lease of a machine that has another label than this.
    fn lease_besides(&self, vm: Uuid, label: &Label) -> Option<&Lease> {
        let mut leases = self.leases.values();
        leases.find(|lease| lease.vm == vm && lease.label != *label)
    }
}

fn runs_at(lease: &Lease) -> Refusal {
    Refusal::RunsAtLevel {
        vm: lease.vm,
        host: lease.host.clone(),
        level: Box::new(lease.label.clone()),
        lease: lease.id,
    }
}
