//! All of the registry but the secrets, at one moment.

use std::collections::BTreeMap;

use jiff::Timestamp;
use labelgate_mac::Label;
use serde::Serialize;
use uuid::Uuid;

use crate::record::{Fingerprint, Group, Host, Identity, Image, Lease, Level, Record, Store};
use crate::{HostId, IdentityName, ImageId, StoreName};

/// All of the registry but the secrets, at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Snapshot {
    /// Grows with every change.
    pub revision: u64,
    /// Where images live.
    pub stores: BTreeMap<StoreName, Store>,
    /// The images.
    pub images: BTreeMap<ImageId, Image>,
    /// Who may connect.
    pub identities: BTreeMap<IdentityName, Identity>,
    /// Labels of disks that several identities share.
    pub groups: BTreeMap<Label, Group>,
    /// Labels that were given out.
    pub levels: BTreeMap<Label, Level>,
    /// Virtual machines that run.
    pub leases: BTreeMap<Uuid, Lease>,
    /// Who may speak to the gateway over the network.
    pub hosts: BTreeMap<HostId, Host>,
    /// Where the next label is looked for: the [`Label::pair_index`] after the last that was
    /// given out, by the categories it was taken from, in their canonical text. So a label that
    /// was released is not given to another virtual machine soon.
    pub cursors: BTreeMap<String, u32>,
}

impl Snapshot {
    /// The leases whose time is over and that nobody has ended yet.
    pub fn expired(&self, now: Timestamp) -> impl Iterator<Item = &Lease> {
        self.leases
            .values()
            .filter(move |lease| lease.is_expired(now))
    }

    /// The leases of a virtual machine that hold at this time.
    pub fn leases_of(&self, vm: Uuid, now: Timestamp) -> impl Iterator<Item = &Lease> {
        let held = move |lease: &&Lease| lease.vm == vm && !lease.is_expired(now);
        self.leases.values().filter(held)
    }

    /// The host that a certificate proves.
    #[must_use]
    pub fn host_of(&self, fingerprint: Fingerprint) -> Option<&Host> {
        let mut hosts = self.hosts.values();
        hosts.find(|host| host.fingerprint == fingerprint)
    }

    /// Whether an identity may open images of this label: its own, and those of groups it is a
    /// member of.
    #[must_use]
    pub fn may_open(&self, identity: &Identity, label: &Label) -> bool {
        identity.label == *label
            || self
                .groups
                .get(label)
                .is_some_and(|group| group.members.contains(&identity.name))
    }
}

/// A kind of record that a snapshot has a table of.
pub(crate) trait Tabled: Record {
    /// The table's name in a database.
    const NAME: &'static str;

    fn table(snapshot: &Snapshot) -> &BTreeMap<Self::Key, Self>;
    fn table_mut(snapshot: &mut Snapshot) -> &mut BTreeMap<Self::Key, Self>;
}

macro_rules! tabled {
    ($($record:ty: $field:ident),* $(,)?) => {$(
        impl Tabled for $record {
            const NAME: &'static str = stringify!($field);

            fn table(snapshot: &Snapshot) -> &BTreeMap<Self::Key, Self> {
                &snapshot.$field
            }

            fn table_mut(snapshot: &mut Snapshot) -> &mut BTreeMap<Self::Key, Self> {
                &mut snapshot.$field
            }
        }
    )*};
}

tabled! {
    Store: stores,
    Image: images,
    Identity: identities,
    Group: groups,
    Level: levels,
    Lease: leases,
    Host: hosts,
}
