//! Hosts come, change and go.

use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::Timestamp;
use uuid::Uuid;

use crate::record::{Fingerprint, Host, HostRole, Machines};
use crate::{HostId, Refusal, Snapshot, Thing};

/// How many hosts there may be: each connection's certificate is looked for among them.
pub(crate) const MAX_HOSTS: usize = 4096;

/// How many addresses a host may have: each lease on it has all of them.
const MAX_ADDRESSES: usize = 64;

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
        self.add(host.clone(), Thing::Host)?;
        self.bind_leases(&host.name, host.addresses.as_ref());
        Ok(())
    }

    pub(super) fn set_host_addresses(
        &mut self,
        name: &HostId,
        addresses: Option<&BTreeSet<IpAddr>>,
    ) -> Result<(), Refusal> {
        let host: &mut Host = self.get_mut(name, Thing::Host)?;
        if !matches!(host.role, HostRole::Hypervisor(_)) {
            return Err(Refusal::NoHypervisor(name.clone()));
        }
        host.addresses = addresses.cloned();
        check_host(host)?;
        self.bind_leases(name, addresses);
        Ok(())
    }

    /// The leases on a host admit from its addresses alone, whoever has made them.
    fn bind_leases(&mut self, name: &HostId, addresses: Option<&BTreeSet<IpAddr>>) {
        let leases = self.leases.values_mut();
        for lease in leases.filter(|lease| lease.host.as_str() == name.as_str()) {
            lease.host_addresses = addresses.cloned();
        }
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
    let addresses = host.addresses.as_ref().map_or(0, BTreeSet::len);
    match &host.role {
        _ if addresses > MAX_ADDRESSES => Err(Refusal::TooMany(MAX_ADDRESSES)),
        HostRole::Hypervisor(Machines::These(machines)) if machines.len() > MAX_MACHINES => {
            Err(Refusal::TooMany(MAX_MACHINES))
        }
        HostRole::Hypervisor(_) => Ok(()),
        HostRole::Admin | HostRole::Monitor if host.addresses.is_some() => {
            Err(Refusal::NoHypervisor(host.name.clone()))
        }
        HostRole::Admin | HostRole::Monitor => Ok(()),
    }
}
