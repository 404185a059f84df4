//! The trees of a label, as its worker is handed them.
//!
//! A worker's reach is settled when it starts. A tree that comes later is served by the next worker;
//! one that goes takes the worker with it.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use labelgate_control::{AddTree, MAX_STORES, NotServed, Text, ToWorker};
use labelgate_handle::tree_of_store;

use super::service::Service;
use crate::audit::{Decision, Event, Record};
use crate::config::Store;
use crate::image::{TreeOwner, tree_root};

/// Numbers that no image has, under which trees are counted.
const METER: u32 = 1 << 31;

/// No file in a tree is longer.
const LONGEST: u64 = i64::MAX as u64;

/// Landlock looks at opening, not at changing modes and times; nothing would stand between the files
/// of two labels.
const ONE_USER: &str = "labelgated does not run as root, and all its workers have one user: start it as root, or with provider = \"selinux\"";

/// Stores, with the roots of the label's trees there.
pub(super) type Trees = Vec<(Arc<Store>, OwnedFd)>;

impl Service {
    /// The stores in which the label has a tree: those that have trees, if its UID is the same for
    /// ever, as files that outlive its workers need.
    pub(super) fn wanted_trees(&self) -> Vec<Arc<Store>> {
        match self.label.pair_index() {
            Some(_) => self.shared.images.borrow().trees().to_vec(),
            None => Vec::new(),
        }
    }

    /// The roots of the label's trees, each with its store. One that cannot be had is left out, and
    /// on record.
    pub(super) fn trees(&self) -> Trees {
        let most = usize::try_from(MAX_STORES).unwrap_or(usize::MAX);
        let stores = self.wanted_trees().into_iter().take(most);
        let roots = stores.filter_map(|store| match self.tree(&store) {
            Ok(root) => Some((store, root)),
            Err(why) => {
                self.record_tree(&store, Decision::Deny, &why);
                None
            }
        });
        roots.collect()
    }

    fn tree(&self, store: &Store) -> Result<OwnedFd, String> {
        let owners = store.squash().keeps_owners();
        if owners && let Some(why) = self.cannot_map() {
            return Err(why.to_owned());
        }
        let label = self.shared.assignment.tree_of(&self.label, &store.name);
        let uid = self.shared.uids.as_ref().map(|uids| uids.of(&label));
        let uid = uid.transpose().map_err(|error| error.to_string())?;
        let selinux = self.shared.provider.selinux();
        if uid.is_none() && (selinux.is_none() || owners) {
            return Err(ONE_USER.to_owned());
        }
        let context = selinux.map(|selinux| selinux.domains().tree(&label));
        let owner = TreeOwner {
            label: &label,
            uid,
            keeps_owners: owners,
            context,
        };
        tree_root(store, &owner).map_err(|error| error.to_string())
    }

    /// Hands trees to a worker that has just been started.
    pub(super) fn hand_trees(&mut self, trees: Trees) {
        self.trees_told.clear();
        for (place, (store, root)) in (METER..).zip(trees) {
            let slot = self.meter.image_given(place, named(&store));
            let message = AddTree {
                tree: tree_of_store(&store.name),
                name: Text::clean(&store.name),
                slot,
                owners: store.squash().owners(),
            };
            self.trees_told.push(store);
            self.tell(ToWorker::Tree(message, root));
        }
        if !self.trees_told.is_empty()
            && let Some(process) = self.seat.process()
        {
            // It makes its files as long as its clients like.
            process.let_write(LONGEST);
        }
    }

    /// The worker has opened a tree, or has not.
    pub(super) fn said_tree(&self, tree: u32, result: &Result<(), NotServed>) -> bool {
        let mut told = self.trees_told.iter();
        let Some(store) = told.find(|store| tree_of_store(&store.name) == tree) else {
            return false;
        };
        match result {
            Ok(()) => self.record_tree(store, Decision::Allow, "its tree is served"),
            Err(why) => {
                let why = format!("the worker cannot serve its tree: {why}");
                self.record_tree(store, Decision::Deny, &why);
            }
        }
        true
    }

    /// Whether the worker serves a tree that it must no longer serve.
    pub(super) fn serves_lost_tree(&self) -> bool {
        let wanted = self.wanted_trees();
        let waiting = self.unmapped.iter().flatten().map(|(store, _)| store);
        let mut served = self.trees_told.iter().chain(waiting);
        served.any(|store| !wanted.contains(store))
    }

    pub(super) fn record_tree(&self, store: &Store, decision: Decision, reason: &str) {
        let name = named(store);
        let record = Record {
            image: Some(&name),
            ..Record::new(Event::Image, decision)
        };
        record.label(&self.label).reason(reason).write();
    }
}

/// What a label's tree in a store is called where images are called `STORE/IMAGE`.
fn named(store: &Store) -> String {
    format!("{}/", store.name)
}
