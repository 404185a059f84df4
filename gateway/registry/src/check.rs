//! What holds for every snapshot.

use std::collections::{BTreeMap, HashMap, HashSet};

use labelgate_mac::Label;

use crate::allocate::MAX_CURSORS;
use crate::apply::{
    MAX_HOSTS, MAX_MEMBERS, MAX_RECORDS, check_host, check_identity, check_image, check_in_store,
    check_label, check_lease, place_of,
};
use crate::record::Proof;
use crate::snapshot::Tabled;
use crate::{Refusal, Snapshot};

/// Two records that cannot both be there, or one that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Contradiction(String);

impl Contradiction {
    pub(crate) const fn new(what: String) -> Self {
        Self(what)
    }
}

impl From<Refusal> for Contradiction {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.to_string())
    }
}

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), Contradiction> {
    if holds {
        Ok(())
    } else {
        Err(Contradiction(what()))
    }
}

impl Snapshot {
    /// Whether everything holds that holds for every snapshot, however it came to be:
    ///
    /// * every record is kept under its own key, and there are not too many;
    /// * every image is sound in itself and in a store that is there; no two share a file, a
    ///   serial number or an NAA identifier; no two stores share a directory or a pool;
    /// * no two identities share a network; one that needs a lease has a virtual machine;
    /// * every member of a group is an identity; no identity's and no lease's own label is a
    ///   group's;
    /// * every level that was given out has two categories at `s0`;
    /// * no two hosts have one certificate;
    /// * a virtual machine has one label, in its identities and leases, and no other virtual
    ///   machine has it; it has at most one lease on each host;
    /// * images that follow one machine rest at one allocated level and are at one; nobody else has
    ///   either, and the machine has no identity; its leases are where they rest, or where they are.
    ///
    /// It is checked whenever a registry is opened or restored.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn check(&self) -> Result<(), Contradiction> {
        self.check_stores_and_images()?;
        self.check_identities_and_groups()?;
        self.check_levels()?;
        self.check_hosts()?;
        self.check_machines()?;
        self.check_followed()
    }

    fn check_stores_and_images(&self) -> Result<(), Contradiction> {
        keyed(&self.stores)?;
        keyed(&self.images)?;
        let places: HashSet<_> = self.stores.values().map(|s| s.place.to_string()).collect();
        ensure(places.len() == self.stores.len(), || {
            "two stores have one directory or one pool".to_owned()
        })?;
        let (mut files, mut serials, mut naas) = (HashSet::new(), HashSet::new(), HashSet::new());
        for (id, image) in &self.images {
            check_image(image)?;
            let store = self.stores.get(&image.store);
            let store = store.ok_or_else(|| Contradiction(format!("image {id} has no store")))?;
            check_in_store(image, store)?;
            let alone = files.insert(place_of(image, store))
                & serials.insert(image.designator.serial)
                & naas.insert(image.designator.naa);
            ensure(alone, || {
                format!("image {id} has another's file or serial number")
            })?;
        }
        Ok(())
    }

    fn check_identities_and_groups(&self) -> Result<(), Contradiction> {
        keyed(&self.identities)?;
        keyed(&self.groups)?;
        let mut networks = HashSet::new();
        for (name, identity) in &self.identities {
            check_identity(identity)?;
            if let Proof::Address(network) = identity.proof {
                ensure(networks.insert(network), || {
                    format!("{network} is two identities")
                })?;
            }
            let label = &identity.label;
            let own = !self.groups.contains_key(label);
            ensure(own, || format!("{label} of identity {name} is a group's"))?;
        }
        for (label, group) in &self.groups {
            check_label(label)?;
            let known = group
                .members
                .iter()
                .all(|member| self.identities.contains_key(member));
            ensure(known, || {
                format!("a member of group {label} is no identity")
            })?;
            ensure(group.members.len() <= MAX_MEMBERS, || {
                format!("group {label} has too many members")
            })?;
        }
        Ok(())
    }

    fn check_levels(&self) -> Result<(), Contradiction> {
        keyed(&self.levels)?;
        for label in self.levels.keys() {
            let pair = label.pair_index().is_some();
            ensure(pair, || {
                format!("level {label} has not two categories at s0")
            })?;
        }
        let cursors = self.cursors.values().all(|&cursor| cursor < Label::PAIRS);
        ensure(cursors && self.cursors.len() <= MAX_CURSORS, || {
            "a cursor is beyond the last level".to_owned()
        })
    }

    fn check_hosts(&self) -> Result<(), Contradiction> {
        keyed(&self.hosts)?;
        ensure(self.hosts.len() <= MAX_HOSTS, || {
            "there are too many hosts".to_owned()
        })?;
        let mut fingerprints = HashSet::new();
        for (name, host) in &self.hosts {
            check_host(host)?;
            ensure(fingerprints.insert(host.fingerprint), || {
                format!("host {name} has another's certificate")
            })?;
        }
        Ok(())
    }

    fn check_machines(&self) -> Result<(), Contradiction> {
        keyed(&self.leases)?;
        let mut hosts = HashSet::new();
        for (id, lease) in &self.leases {
            check_lease(lease)?;
            let own = !self.groups.contains_key(&lease.label);
            ensure(own, || {
                format!("{} of lease {id} is a group's", lease.label)
            })?;
            let alone = hosts.insert((lease.vm, &lease.host));
            ensure(alone, || format!("lease {id} is a second one on its host"))?;
        }
        let (mut labels, mut machines) = (HashMap::new(), HashMap::new());
        for (vm, label, by) in self.machines() {
            let one_label = *labels.entry(vm).or_insert(label) == label;
            let one_machine = *machines.entry(label).or_insert(vm) == vm;
            ensure(one_label && one_machine, || {
                format!("{by}: virtual machine {vm} and label {label} do not go together")
            })?;
        }
        Ok(())
    }
}

fn keyed<R: Tabled>(table: &BTreeMap<R::Key, R>) -> Result<(), Contradiction> {
    ensure(table.len() <= MAX_RECORDS, || {
        format!("too many {}", R::NAME)
    })?;
    match table.iter().find(|(key, record)| record.key() != **key) {
        Some((key, _)) => Err(Contradiction(format!(
            "{key} in {} has another's key",
            R::NAME
        ))),
        None => Ok(()),
    }
}
