//! Hosts come, change and go.

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;

use crate::record::{Fingerprint, Host, HostRole, Machines};
use crate::{HostId, Refusal, Snapshot, Thing};

/// How many hosts there may be: each connection's certificate is looked for among them.
pub(crate) const MAX_HOSTS: usize = 4096;

/// How many machines may be granted to a host one by one: its record is read and written as a
/// whole.
pub(crate) const MAX_MACHINES: usize = 4096;

impl Snapshot {
    pub(super) fn add_host(&mut self, host: &Host) -> Result<(), Refusal> {
        check_host(host)?;
        self.check_free::<Host>(&host.name, Thing::Host)?;
        self.check_fingerprint(host.fingerprint)?;
        if self.hosts.len() >= MAX_HOSTS {
            return Err(Refusal::TooMany(MAX_HOSTS));
        }
        self.add(host.clone(), Thing::Host)
    }

    fn check_fingerprint(&self, fingerprint: Fingerprint) -> Result<(), Refusal> {
        match self.host_of(fingerprint) {
            Some(other) => Err(Refusal::CertificateTaken(other.name.clone())),
            None => Ok(()),
        }
    }

    /// The old certificate is good for nothing from then on.
    pub(super) fn recertify_host(
        &mut self,
        name: &HostId,
        fingerprint: Fingerprint,
        expires: Timestamp,
    ) -> Result<(), Refusal> {
        let _: &mut Host = self.get_mut(name, Thing::Host)?;
        self.check_fingerprint(fingerprint)?;
        let host: &mut Host = self.get_mut(name, Thing::Host)?;
        host.fingerprint = fingerprint;
        host.expires = expires;
        Ok(())
    }

    pub(super) fn grant_machine(&mut self, name: &HostId, vm: Uuid) -> Result<(), Refusal> {
        let machines = self.machines_of(name)?;
        if machines.len() >= MAX_MACHINES {
            return Err(Refusal::TooMany(MAX_MACHINES));
        }
        match machines.insert(vm) {
            true => Ok(()),
            false => Err(Refusal::MachineGranted {
                host: name.clone(),
                vm,
            }),
        }
    }

    /// A lease that the host has of it stays: it says where the machine runs.
    pub(super) fn revoke_machine(&mut self, name: &HostId, vm: Uuid) -> Result<(), Refusal> {
        match self.machines_of(name)?.remove(&vm) {
            true => Ok(()),
            false => Err(Refusal::MachineNotGranted {
                host: name.clone(),
                vm,
            }),
        }
    }

    fn machines_of(&mut self, name: &HostId) -> Result<&mut BTreeSet<Uuid>, Refusal> {
        let host: &mut Host = self.get_mut(name, Thing::Host)?;
        match &mut host.role {
            HostRole::Hypervisor(Machines::These(machines)) => Ok(machines),
            HostRole::Hypervisor(Machines::Any) => Err(Refusal::AnyMachine(name.clone())),
            HostRole::Admin | HostRole::Monitor => Err(Refusal::NoHypervisor(name.clone())),
        }
    }
}

/// What must hold for a host alone.
pub(crate) fn check_host(host: &Host) -> Result<(), Refusal> {
    match &host.role {
        HostRole::Hypervisor(Machines::These(machines)) if machines.len() > MAX_MACHINES => {
            Err(Refusal::TooMany(MAX_MACHINES))
        }
        _ => Ok(()),
    }
}
