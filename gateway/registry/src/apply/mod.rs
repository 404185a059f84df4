//! The rules by which a snapshot changes.

mod follow;
mod group;
mod host;
mod identity;
mod image;
mod lease;
mod level;
mod machine;
mod store;

pub(crate) use group::MAX_MEMBERS;
pub(crate) use host::{MAX_HOSTS, check_host};
pub(crate) use identity::check_identity;
pub(crate) use image::{check_image, check_in_store, place_of};
pub(crate) use lease::check_lease;

use labelgate_control::MAX_LABEL;
use labelgate_mac::Label;

use crate::record::{Group, Host, Lease};
use crate::snapshot::Tabled;
use crate::{Change, Refusal, Snapshot, Thing, allocate};

/// How many records of a kind there may be.
pub(crate) const MAX_RECORDS: usize = 1 << 20;

impl Snapshot {
    /// This snapshot with a change made, and the label that was given out, if one was.
    ///
    /// Secrets are not part of a snapshot: a registry checks them itself.
    ///
    /// # Errors
    /// What is in the way of the change.
    pub fn after(&self, change: &Change) -> Result<(Self, Option<Label>), Refusal> {
        let mut next = self.clone();
        let allocated = next.make(change)?;
        next.revision = next.revision.saturating_add(1);
        Ok((next, allocated))
    }

    fn make(&mut self, change: &Change) -> Result<Option<Label>, Refusal> {
        match change {
            Change::AddStore(new) => self.add_store(new)?,
            Change::RekeyStore { store, key } => self.rekey_store(store, key)?,
            Change::RemoveStore(name) => self.remove_store(name)?,
            Change::AddImage(image) => self.add_image(image)?,
            Change::RemoveImage(id) => self.remove_image(id)?,
            Change::RelabelImage { image, label } => self.relabel_image(image, label)?,
            Change::FollowMachine { image, vm, rest } => self.follow_machine(image, *vm, rest)?,
            Change::SetOut { vm, level } => self.set_out(*vm, level)?,
            Change::ComeBack { vm } => self.come_back(*vm)?,
            Change::ResizeImage { image, size } => self.resize_image(image, *size)?,
            Change::AddIdentity(identity) => self.add_identity(identity)?,
            Change::RotateIdentity { identity, secrets } => {
                self.rotate_identity(identity, secrets)?;
            }
            Change::RemoveIdentity(name) => self.remove_identity(name)?,
            Change::AddGroup(label) => self.add_group(label)?,
            Change::RemoveGroup(label) => {
                let _: Group = self.remove(label, Thing::group)?;
            }
            Change::Grant { group, member } => self.grant(group, member)?,
            Change::Revoke { group, member } => self.revoke(group, member)?,
            Change::AllocateLevel(wanted) => return allocate::allocate(self, wanted).map(Some),
            Change::ReleaseLevel(label) => self.release_level(label)?,
            Change::StartLease(lease) => self.start_lease(lease)?,
            Change::RenewLease { lease, ends } => self.renew_lease(*lease, *ends)?,
            Change::MoveLease { lease, label } => self.move_lease(*lease, label)?,
            Change::EndLease(id) => {
                let _: Lease = self.remove(id, Thing::Lease)?;
            }
            Change::AddHost(host) => self.add_host(host)?,
            Change::RemoveHost(name) => {
                let _: Host = self.remove(name, Thing::Host)?;
            }
            Change::RecertifyHost {
                host,
                fingerprint,
                expires,
            } => self.recertify_host(host, *fingerprint, *expires)?,
            Change::SetHostAddresses { host, addresses } => {
                self.set_host_addresses(host, addresses.as_ref())?;
            }
            Change::GrantMachine { host, vm } => self.grant_machine(host, *vm)?,
            Change::RevokeMachine { host, vm } => self.revoke_machine(host, *vm)?,
        }
        Ok(None)
    }

    /// Refuses a key that is not free: before anything else, because who adds a thing twice is to
    /// be told that.
    fn check_free<R: Tabled>(
        &self,
        key: &R::Key,
        thing: fn(R::Key) -> Thing,
    ) -> Result<(), Refusal> {
        if R::table(self).contains_key(key) {
            return Err(Refusal::Exists(thing(key.clone())));
        }
        Ok(())
    }

    /// Adds a record under a key that is free.
    fn add<R: Tabled>(&mut self, record: R, thing: fn(R::Key) -> Thing) -> Result<(), Refusal> {
        self.check_free::<R>(&record.key(), thing)?;
        let table = R::table_mut(self);
        if table.len() >= MAX_RECORDS {
            return Err(Refusal::TooMany(table.len()));
        }
        table.insert(record.key(), record);
        Ok(())
    }

    /// A record that is there.
    fn get_mut<R: Tabled>(
        &mut self,
        key: &R::Key,
        thing: fn(R::Key) -> Thing,
    ) -> Result<&mut R, Refusal> {
        let absent = || Refusal::Absent(thing(key.clone()));
        R::table_mut(self).get_mut(key).ok_or_else(absent)
    }

    /// Removes a record that is there.
    fn remove<R: Tabled>(
        &mut self,
        key: &R::Key,
        thing: fn(R::Key) -> Thing,
    ) -> Result<R, Refusal> {
        let absent = || Refusal::Absent(thing(key.clone()));
        R::table_mut(self).remove(key).ok_or_else(absent)
    }
}

/// Refuses a label that no worker could be told of.
pub(crate) fn check_label(label: &Label) -> Result<(), Refusal> {
    if label.to_string().len() > MAX_LABEL {
        return Err(Refusal::LabelTooLong);
    }
    Ok(())
}
