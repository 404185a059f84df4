//! Leases start, go on and end.

use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::Timestamp;
use labelgate_mac::Label;
use uuid::Uuid;

use super::check_label;
use crate::record::{HostName, Lease};
use crate::{HostId, Refusal, Snapshot, Thing};

impl Snapshot {
    pub(super) fn start_lease(&mut self, lease: &Lease) -> Result<(), Refusal> {
        check_lease(lease)?;
        if self.groups.contains_key(&lease.label) {
            return Err(Refusal::GroupLabel(Box::new(lease.label.clone())));
        }
        let runs = |other: &&Lease| other.vm == lease.vm && other.host == lease.host;
        let running = self.leases.values().find(runs).map(|other| other.id);
        match self.followed(lease.vm) {
            Some(followed) if running.is_none() => self.check_lease_of(&followed, lease)?,
            Some(_) => {}
            None => self.check_known(&lease.label)?,
        }
        self.check_machine(lease.vm, &lease.label)?;
        if let Some(other) = running {
            return Err(Refusal::Running {
                vm: lease.vm,
                host: lease.host.clone(),
                lease: other,
            });
        }
        let mut lease = lease.clone();
        lease.host_addresses = self.addresses_of(&lease.host).cloned();
        check_address(&lease)?;
        self.add(lease, Thing::Lease)
    }

    /// Refuses a label that nobody gave out, and that of somebody whom images follow.
    fn check_known(&self, label: &Label) -> Result<(), Refusal> {
        self.check_unfollowed(label)?;
        let mut identities = self.identities.values();
        let known =
            self.levels.contains_key(label) || identities.any(|identity| identity.label == *label);
        match known {
            true => Ok(()),
            false => Err(Refusal::UnknownLabel(Box::new(label.clone()))),
        }
    }

    /// The only addresses of a hypervisor's machines, if it is known and they are.
    fn addresses_of(&self, host: &HostName) -> Option<&BTreeSet<IpAddr>> {
        let name: HostId = host.as_str().parse().ok()?;
        self.hosts.get(&name)?.addresses.as_ref()
    }

    pub(super) fn renew_lease(&mut self, id: Uuid, ends: Option<Timestamp>) -> Result<(), Refusal> {
        let lease: &mut Lease = self.get_mut(&id, Thing::Lease)?;
        lease.ends = ends;
        check_lease(lease)
    }
}

/// A lease is for an address of its own host. That host may lose it later: then the lease admits nobody.
fn check_address(lease: &Lease) -> Result<(), Refusal> {
    match (lease.address, &lease.host_addresses) {
        (Some(address), Some(own)) if !own.contains(&address) => Err(Refusal::NotItsAddress {
            host: lease.host.clone(),
            address,
        }),
        _ => Ok(()),
    }
}

/// What must hold for a lease alone.
pub(crate) fn check_lease(lease: &Lease) -> Result<(), Refusal> {
    check_label(&lease.label)?;
    let start = lease.start;
    match lease.ends {
        Some(ends) if ends <= start => Err(Refusal::EndsBeforeStart { start, ends }),
        _ => Ok(()),
    }
}
