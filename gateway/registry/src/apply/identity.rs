//! Identities come, change and go.

use super::check_label;
use crate::record::{Group, Identity, Proof};
use crate::{IdentityName, NewIdentity, NewProof, NewSecrets, Refusal, Snapshot, Thing};

impl Snapshot {
    pub(super) fn add_identity(&mut self, new: &NewIdentity) -> Result<(), Refusal> {
        let identity = Identity::from(new);
        check_identity(&identity)?;
        self.check_free::<Identity>(&identity.name, Thing::Identity)?;
        if let Proof::Address(network) = identity.proof {
            self.check_network(network)?;
        }
        if self.groups.contains_key(&identity.label) {
            return Err(Refusal::GroupLabel(Box::new(identity.label)));
        }
        self.check_unfollowed(&identity.label)?;
        if let Some(vm) = identity.vm {
            if let Some(followed) = self.followed(vm) {
                let image = followed.first().id();
                return Err(Refusal::IsFollowed { vm, image });
            }
            self.check_machine(vm, &identity.label)?;
        }
        self.add(identity, Thing::Identity)
    }

    fn check_network(&self, network: crate::Network) -> Result<(), Refusal> {
        let same = |other: &&Identity| other.proof == Proof::Address(network);
        match self.identities.values().find(same) {
            Some(other) => Err(Refusal::NetworkTaken {
                network,
                identity: other.name.clone(),
            }),
            None => Ok(()),
        }
    }

    /// Checks that there are secrets of this kind to rotate; the new ones are not part of a
    /// snapshot.
    pub(super) fn rotate_identity(
        &mut self,
        name: &IdentityName,
        secrets: &NewSecrets,
    ) -> Result<(), Refusal> {
        let identity: &mut Identity = self.get_mut(name, Thing::Identity)?;
        match (identity.proof, secrets) {
            (Proof::Chap, NewSecrets::Chap(_)) | (Proof::Token, NewSecrets::Token(_)) => Ok(()),
            (Proof::Chap, NewSecrets::Token(_)) => Err(Refusal::ProvedByChap(name.clone())),
            (Proof::Token, NewSecrets::Chap(_)) => Err(Refusal::ProvedByToken(name.clone())),
            (Proof::Address(_), _) => Err(Refusal::NoSecrets(name.clone())),
        }
    }

    /// Nothing stops this: it is how an identity is revoked.
    pub(super) fn remove_identity(&mut self, name: &IdentityName) -> Result<(), Refusal> {
        let _: Identity = self.remove(name, Thing::Identity)?;
        for Group { members, .. } in self.groups.values_mut() {
            members.remove(name);
        }
        Ok(())
    }
}

/// What must hold for an identity alone.
pub(crate) fn check_identity(identity: &Identity) -> Result<(), Refusal> {
    check_label(&identity.label)?;
    if identity.needs_lease && identity.vm.is_none() {
        return Err(Refusal::LeaseWithoutVm);
    }
    Ok(())
}

impl From<&NewIdentity> for Identity {
    fn from(new: &NewIdentity) -> Self {
        Self {
            name: new.name.clone(),
            proof: match new.proof {
                NewProof::Address(network) => Proof::Address(network),
                NewProof::Chap(_) => Proof::Chap,
                NewProof::Token(_) => Proof::Token,
            },
            label: new.label.clone(),
            vm: new.vm,
            needs_lease: new.needs_lease,
        }
    }
}
