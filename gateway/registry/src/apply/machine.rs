//! A virtual machine has one label, wherever it runs, and no other virtual machine has it.

use labelgate_mac::Label;
use uuid::Uuid;

use crate::{Refusal, Snapshot, Thing};

impl Snapshot {
    /// Every virtual machine with its label, and what says so.
    pub(crate) fn machines(&self) -> impl Iterator<Item = (Uuid, &Label, Thing)> {
        let identities = self.identities.values().filter_map(|identity| {
            let thing = Thing::Identity(identity.name.clone());
            Some((identity.vm?, &identity.label, thing))
        });
        let leases = self.leases.values();
        identities.chain(leases.map(|lease| (lease.vm, &lease.label, Thing::Lease(lease.id))))
    }

    /// Refuses to give a virtual machine a second label, and a label a second virtual machine.
    pub(super) fn check_machine(&self, vm: Uuid, label: &Label) -> Result<(), Refusal> {
        for (other_vm, other_label, by) in self.machines() {
            if other_vm == vm && other_label != label {
                let label = Box::new(other_label.clone());
                return Err(Refusal::OtherLabel { vm, label, by });
            }
            if other_vm != vm && other_label == label {
                let (label, vm) = (Box::new(label.clone()), other_vm);
                return Err(Refusal::OtherVm { label, vm, by });
            }
        }
        Ok(())
    }
}
