//! For whom a tree acts, and as whom.
//!
//! A process that is root within a user namespace of its own finds its way everywhere in the tree,
//! and does what a caller asks for with the caller's ids for as long as that takes: then it is the
//! kernel that says whether the caller may, with modes, groups and access lists. While a thread has a
//! user's ids for files, it has none of its capabilities for files (capabilities(7), "Effect of user ID
//! changes on capabilities").

use std::os::fd::AsFd;

use labelgate_engine::tree::Caller;
use nix::fcntl::AtFlags;
use nix::unistd::{AccessFlags, Gid, Uid, faccessat, setfsgid, setfsuid};
use rustix::thread::set_thread_groups;

use super::{Attributes, Tree, TreeError};

/// Whose the objects of a tree are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Owners {
    /// The process's that serves it, whoever calls: nobody else is known there.
    #[default]
    Process,
    /// All of this user's (and of the group of the same number), whoever calls. The process can act
    /// for others: it is root in a user namespace.
    One(u32),
    /// Each its own. The process can act for others, and does so for those who call.
    Callers {
        /// To be root counts for nothing.
        squash_root: bool,
    },
}

/// The last id that means the same on the store and to a client: the first 65536 are mapped.
pub const LAST_ID: u32 = 65_535;

impl Owners {
    /// As whom something is done for a caller; `None` as the process itself.
    fn acting(self, caller: Option<&Caller>) -> Option<Caller> {
        match self {
            Self::Process => None,
            Self::One(id) => Some(Caller::new(id, id, &[])),
            Self::Callers { squash_root } => {
                Some(caller.map_or(Caller::NOBODY, |caller| known(caller, squash_root)))
            }
        }
    }
}

/// A caller of whom nothing is left that the store could not say.
fn known(caller: &Caller, squash_root: bool) -> Caller {
    let least = u32::from(squash_root);
    let is_known = |id: &u32| (least..=LAST_ID).contains(id);
    let or_nobody = |id: u32, nobody: u32| if is_known(&id) { id } else { nobody };
    let groups: Vec<u32> = caller.groups().iter().copied().filter(is_known).collect();
    Caller::new(
        or_nobody(caller.uid, Caller::NOBODY.uid),
        or_nobody(caller.gid, Caller::NOBODY.gid),
        &groups,
    )
}

impl Tree {
    /// Says for whom the calls and operations that follow are. Only a tree whose objects have owners
    /// asks; to it, nobody in particular is nobody.
    pub fn act_for(&mut self, caller: Option<&Caller>) {
        self.caller = self.options.owners.acting(caller);
    }

    /// Does something with the ids of the caller, so that the kernel decides whether the caller may.
    pub(super) fn as_caller<T>(&self, work: impl FnOnce() -> T) -> Result<T, TreeError> {
        let _acting = self.caller.as_ref().map(Acting::begin).transpose()?;
        Ok(work())
    }

    /// Whether the caller may do this with an object, as far as its mode, its access list and the caller's
    /// groups decide. A file's owner may read and write it whatever its mode says: see [`super::open`].
    pub(super) fn may_use(
        &self,
        object: impl AsFd,
        attributes: &Attributes,
        uses: Uses,
    ) -> Result<(), TreeError> {
        if self.is_owner(attributes) {
            return Ok(());
        }
        let may = |what| self.is_allowed(&object, what);
        let allowed = match uses {
            // > The server can not distinguish between a client reading a file to execute it and one
            // > reading it to read it (RFC 1813 4.4, in substance)
            Uses::Reads => may(AccessFlags::R_OK)? || may(AccessFlags::X_OK)?,
            Uses::Writes => may(AccessFlags::W_OK)?,
        };
        match allowed {
            true => Ok(()),
            false => Err(TreeError::Access),
        }
    }

    /// Whether an object is the caller's own.
    pub(super) fn is_owner(&self, attributes: &Attributes) -> bool {
        match (self.options.owners, &self.caller) {
            (Owners::Callers { .. }, Some(caller)) => caller.uid == attributes.uid,
            // Everything is everybody's.
            _ => true,
        }
    }

    /// Whether objects have owners.
    pub(super) const fn has_owners(&self) -> bool {
        matches!(self.options.owners, Owners::Callers { .. })
    }

    /// What the kernel says of an object that was found, to the caller.
    pub(super) fn is_allowed(
        &self,
        object: impl AsFd,
        what: AccessFlags,
    ) -> Result<bool, TreeError> {
        let flags = AtFlags::AT_EMPTY_PATH | AtFlags::AT_EACCESS;
        self.as_caller(|| faccessat(object, c"", what, flags).is_ok())
    }
}

/// What data is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Uses {
    Reads,
    Writes,
}

/// As long as it lives, this thread has a caller's ids for files, and no capability for them.
struct Acting;

/// An id that no call takes, which says what is set.
const ASK: u32 = u32::MAX;

impl Acting {
    fn begin(caller: &Caller) -> Result<Self, TreeError> {
        let groups: Vec<_> = caller
            .groups()
            .iter()
            .map(|&group| rustix::process::Gid::from_raw(group))
            .collect();
        set_thread_groups(&groups)?;
        // From here on it is undone, whatever comes.
        let acting = Self;
        let (uid, gid) = (Uid::from_raw(caller.uid), Gid::from_raw(caller.gid));
        setfsgid(gid);
        setfsuid(uid);
        // They do not say whether they have succeeded.
        match setfsuid(Uid::from_raw(ASK)) == uid && setfsgid(Gid::from_raw(ASK)) == gid {
            true => Ok(acting),
            false => Err(TreeError::Access),
        }
    }
}

impl Drop for Acting {
    fn drop(&mut self) {
        // The process is root in its namespace again, whose groups add nothing to that.
        setfsuid(Uid::from_raw(0));
        setfsgid(Gid::from_raw(0));
        let _ = set_thread_groups(&[]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_the_store_cannot_keep_are_nobodys() {
        let caller = Caller::new(LAST_ID + 1, LAST_ID, &[0, 5, u32::MAX]);
        let known = known(&caller, false);

        assert_eq!((known.uid, known.gid), (Caller::NOBODY.uid, LAST_ID));
        assert_eq!(known.groups(), [0, 5]);
    }

    #[test]
    fn root_is_nobody_where_it_is_squashed() {
        let squashed = known(&Caller::new(0, 0, &[0, 5]), true);

        let nobody = Caller::NOBODY;
        assert_eq!((squashed.uid, squashed.gid), (nobody.uid, nobody.gid));
        assert_eq!(squashed.groups(), [5]);
    }

    #[test]
    fn whoever_names_no_user_is_nobody() {
        let owners = Owners::Callers { squash_root: false };

        assert_eq!(owners.acting(None), Some(Caller::NOBODY));
        assert_eq!(Owners::Process.acting(Some(&Caller::new(0, 0, &[]))), None);
        assert_eq!(Owners::One(7).acting(None), Some(Caller::new(7, 7, &[])));
    }
}
