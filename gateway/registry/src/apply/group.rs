//! Groups come and go, and their members.

use std::collections::BTreeSet;

use labelgate_mac::Label;

use super::check_label;
use crate::record::Group;
use crate::{IdentityName, Refusal, Snapshot, Thing};

/// How many members a group may have: its record is read and written as a whole.
pub(crate) const MAX_MEMBERS: usize = 4096;

impl Snapshot {
    pub(super) fn add_group(&mut self, label: &Label) -> Result<(), Refusal> {
        check_label(label)?;
        if let Some(of) = self.owner_of(label) {
            let label = Box::new(label.clone());
            return Err(Refusal::OwnLabel { label, of });
        }
        self.check_unfollowed(label)?;
        let group = Group {
            label: label.clone(),
            members: BTreeSet::new(),
        };
        self.add(group, Thing::group)
    }

    /// Whose own label this is.
    pub(super) fn owner_of(&self, label: &Label) -> Option<Thing> {
        let identities = self.identities.values();
        let identity = identities.filter(|identity| identity.label == *label);
        let leases = self.leases.values().filter(|lease| lease.label == *label);
        let mut owners = identity
            .map(|identity| Thing::Identity(identity.name.clone()))
            .chain(leases.map(|lease| Thing::Lease(lease.id)));
        owners.next()
    }

    pub(super) fn grant(&mut self, label: &Label, member: &IdentityName) -> Result<(), Refusal> {
        if !self.identities.contains_key(member) {
            return Err(Refusal::Absent(Thing::Identity(member.clone())));
        }
        let group: &mut Group = self.get_mut(label, Thing::group)?;
        if group.members.len() >= MAX_MEMBERS {
            return Err(Refusal::TooMany(MAX_MEMBERS));
        }
        if !group.members.insert(member.clone()) {
            let (group, member) = (Box::new(label.clone()), member.clone());
            return Err(Refusal::Member { group, member });
        }
        Ok(())
    }

    pub(super) fn revoke(&mut self, label: &Label, member: &IdentityName) -> Result<(), Refusal> {
        let group: &mut Group = self.get_mut(label, Thing::group)?;
        if !group.members.remove(member) {
            let (group, member) = (Box::new(label.clone()), member.clone());
            return Err(Refusal::NoMember { group, member });
        }
        Ok(())
    }
}
