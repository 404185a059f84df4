//! Ids for a worker that tells its clients' users apart.
//!
//! It leaves the supervisor's user namespace. The supervisor gives it a range of ids that nobody else
//! has, and the label's own UID; and each tree whose objects have owners as a mount that shows their
//! real ids within that range. On the store they are what the clients' machines know them as.

use std::io;
use std::os::fd::AsFd;

use labelgate_control::ToWorker;
use labelgate_mac::idmap;

use super::service::{Seat, Service};
use super::trees::Trees;
use crate::audit::{Decision, Event, Record};
use crate::uid::IdRange;

/// What a gateway lacks that runs as root and may not do this.
const HINT: &str = "it takes CAP_SYS_ADMIN and CAP_SYS_PTRACE";

impl Service {
    /// Ids for a worker that is to serve these trees, if one of them keeps owners.
    ///
    /// # Errors
    /// There are no more.
    pub(super) fn ids_for(&self, trees: &Trees) -> io::Result<Option<IdRange>> {
        match self.shared.uids.as_ref().filter(|_| keeps_owners(trees)) {
            Some(uids) => match uids.range() {
                Some(range) => Ok(Some(range)),
                None => Err(io::Error::other(
                    "there are no more ids for users of clients",
                )),
            },
            None => Ok(None),
        }
    }

    /// Hands a new worker its trees; if one of them keeps owners, once the worker has ids to show them
    /// with.
    pub(super) fn give_trees(&mut self, trees: Trees) {
        match keeps_owners(&trees) {
            true => self.unmapped = Some(trees),
            false => self.hand_trees(trees),
        }
    }

    /// The worker is in a user namespace of its own. Answers whether it was to be.
    pub(super) fn said_unshared(&mut self) -> bool {
        let Some(trees) = self.unmapped.take() else {
            return false;
        };
        match self.map(trees) {
            Ok(trees) => self.hand_mapped(trees),
            Err(why) => {
                let record = Record::new(Event::WorkerStart, Decision::Deny);
                record.label(&self.label).reason(&why).write();
                // The label's disks are served by the next one, without such trees.
                self.dismiss(&why);
                self.unmappable = Some(why);
            }
        }
        true
    }

    /// Maps the worker's ids, and has its trees show them. A tree that cannot is left out, and on
    /// record.
    fn map(&mut self, trees: Trees) -> Result<Trees, String> {
        let Seat::Taken(process) = &mut self.seat else {
            return Err("its worker is gone".to_owned());
        };
        let pid = process.pid();
        let (first, own) = process.ids().ok_or("it has no ids to be given")?;
        let failed = |error| format!("its worker's user ids cannot be mapped ({HINT}): {error}");
        let namespace = idmap::namespace_of(pid).map_err(failed)?;
        idmap::map_ids(pid, first, own).map_err(failed)?;
        let mut shown = Trees::new();
        for (store, root) in trees {
            if !store.squash().keeps_owners() {
                shown.push((store, root));
                continue;
            }
            match idmap::mount(root.as_fd(), namespace.as_fd()) {
                Ok(mount) => shown.push((store, mount)),
                Err(error) => {
                    let why = format!(
                        "its file system shows no other owners than its own (idmapped mounts; {HINT}): {error}"
                    );
                    self.record_tree(&store, Decision::Deny, &why);
                }
            }
        }
        Ok(shown)
    }

    /// Tells the worker that it has ids, then everything that has waited for that.
    fn hand_mapped(&mut self, trees: Trees) {
        let Some(process) = self.seat.process() else {
            return;
        };
        let (first, later): (Vec<_>, Vec<_>) =
            process.release().into_iter().partition(comes_before_trees);
        let count = u32::try_from(trees.len()).unwrap_or(u32::MAX);
        self.tell(ToWorker::Mapped { trees: count });
        for message in first {
            self.tell(message);
        }
        self.hand_trees(trees);
        for message in later {
            self.tell(message);
        }
    }
}

/// What a worker is told once, before its trees.
const fn comes_before_trees(message: &ToWorker) -> bool {
    matches!(
        message,
        ToWorker::Memory(_) | ToWorker::Bell(_) | ToWorker::Queues(_) | ToWorker::Store(_)
    )
}

/// Whether one of these trees keeps owners.
fn keeps_owners(trees: &Trees) -> bool {
    trees.iter().any(|(store, _)| store.squash().keeps_owners())
}
