//! Ids for a worker that tells its clients' users apart.
//!
//! It leaves the supervisor's user namespace. The supervisor gives it a range of ids that nobody else
//! has, and the label's own UID; and each tree whose objects have owners as a mount that shows their
//! real ids within that range. On the store they are what the clients' machines know them as.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use labelgate_control::ToWorker;
use labelgate_mac::idmap;

use super::death::Death;
use super::service::{Seat, Service};
use super::state::Phase;
use super::trees::Trees;
use crate::audit::{Decision, Event, Record};
use crate::uid::IdRange;

/// For how long trees that keep owners are left out when that has failed.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// What a gateway lacks that runs as root and may not do this.
const HINT: &str = "it takes CAP_SYS_ADMIN and CAP_SYS_PTRACE";

impl Service {
    /// Ids for a worker that is to serve these trees, if one of them keeps owners. If there are no more,
    /// those that do are left out, and on record.
    pub(super) fn ids_for(&self, trees: &mut Trees) -> Option<IdRange> {
        let uids = self.shared.uids.as_ref().filter(|_| keeps_owners(trees))?;
        let range = uids.range();
        if range.is_none() {
            trees.retain(|(store, _)| {
                let kept = !store.squash().keeps_owners();
                if !kept {
                    let why = "there are no more ids for users of clients";
                    self.record_tree(store, Decision::Deny, why);
                }
                kept
            });
        }
        range
    }

    /// Why a tree that keeps owners is not even tried, for a while after it has failed.
    pub(super) fn cannot_map(&self) -> Option<&str> {
        let (since, why) = self.unmappable.as_ref()?;
        (since.elapsed() < TRY_AGAIN).then_some(why)
    }

    /// A worker has ended that never was confined. If it was to have ids, that may be why: the label's
    /// disks are served by the next one, without trees that need them.
    pub(super) fn ended_early(&mut self, had_ids: bool, death: &Death) {
        if had_ids && !matches!(death, Death::Killed(_) | Death::Orderly) {
            let why =
                format!("a worker could not become root in a user namespace of its own: {death}");
            self.unmappable = Some((Instant::now(), why));
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
        let Some(process) = self.seat.process() else {
            return false;
        };
        if process.phase == Phase::Killed {
            // It said so when it was on its way out.
            return true;
        }
        match self.map(trees) {
            Ok(trees) => self.hand_mapped(trees),
            Err(why) => {
                let record = Record::new(Event::WorkerStart, Decision::Deny);
                record.label(&self.label).reason(&why).write();
                // The label's disks are served by the next one, without such trees.
                self.dismiss(&why);
                self.unmappable = Some((Instant::now(), why));
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
