//! SETATTR.

use labelgate_engine::Timestamp;
use rustix::fs::{AtFlags, Gid, Mode, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, Uid};

use super::acting::{LAST_ID, Uses};
use super::resolve::{Located, Placed};
use super::{Attributes, Kind, Node, SetAttributes, SetTime, Tree, TreeError, TreeOptions};

impl Tree {
    /// Sets attributes of an object: its attributes afterwards. With a guard, only if it was last
    /// changed then. What an open file has not on stable storage gets there with them.
    ///
    /// # Errors
    /// See [`TreeError`]; [`TreeError::NotSync`] for a guard that is over. What was set before an
    /// error stays set.
    pub fn set_attributes(
        &mut self,
        node: Node,
        set: &SetAttributes,
        guard: Option<Timestamp>,
    ) -> Result<Attributes, TreeError> {
        self.check_owner(set)?;
        let placed = self.locate_placed(node)?;
        let attributes = placed.object.attributes;
        if guard.is_some_and(|guard| guard != attributes.changed) {
            return Err(TreeError::NotSync);
        }
        if let Some(size) = set.size {
            self.may_use(&placed.object, &attributes, Uses::Writes)?;
            self.resize(&attributes, size)?;
        }
        self.apply(&placed, set, Since::Before)?;
        if *set != SetAttributes::default() {
            self.sync_object(&placed)?;
        }
        self.observe(&placed.object, b"")
    }

    /// Where objects have no owners, nobody is given anything.
    pub(super) fn check_owner(&self, set: &SetAttributes) -> Result<(), TreeError> {
        if self.has_owners() {
            // The next one means the label's own UID to this process, and another's on the store.
            let fits = |id: Option<u32>| id.is_none_or(|id| id <= LAST_ID);
            return match fits(set.uid) && fits(set.gid) {
                true => Ok(()),
                false => Err(TreeError::Invalid),
            };
        }
        let TreeOptions { uid, gid, .. } = self.options;
        if set.uid.is_none_or(|asked| asked == uid) && set.gid.is_none_or(|asked| asked == gid) {
            Ok(())
        } else {
            Err(TreeError::Permission)
        }
    }

    fn resize(&mut self, attributes: &Attributes, size: u64) -> Result<(), TreeError> {
        match attributes.kind {
            Kind::Regular => self.set_size(attributes.node, size),
            Kind::Directory => Err(TreeError::IsDirectory),
            _ => Err(TreeError::Invalid),
        }
    }

    /// Sets owner, mode and times: the times last, as the rest changes them, and the mode after the
    /// owner, as a new one takes bits of it away.
    pub(super) fn apply(
        &self,
        placed: &Placed,
        set: &SetAttributes,
        since: Since,
    ) -> Result<(), TreeError> {
        self.give(&placed.object, set)?;
        let attributes = &placed.object.attributes;
        if let Some(mode) = set.mode
            && attributes.kind != Kind::SymbolicLink
        {
            let mode = self.allowed_mode(&placed.object, mode & 0o7777, since)?;
            // There is no way to change it by an O_PATH descriptor that needs no /proc. The name
            // is that of the object unless somebody has just put something else there.
            let mode = Mode::from_raw_mode(mode);
            rustix::fs::chmodat(&placed.parent, &*placed.name, mode, AtFlags::empty())?;
        }
        if let Some(times) = times(set) {
            let flags = AtFlags::EMPTY_PATH;
            self.as_caller(|| rustix::fs::utimensat(&placed.object, c"", &times, flags))??;
        }
        Ok(())
    }

    /// Gives an object to whom the caller wants, if the kernel lets it.
    fn give(&self, object: &Located, set: &SetAttributes) -> Result<(), TreeError> {
        if !self.has_owners() || (set.uid, set.gid) == (None, None) {
            return Ok(());
        }
        let (uid, gid) = owner(set);
        let flags = AtFlags::EMPTY_PATH;
        Ok(self.as_caller(|| rustix::fs::chownat(object, c"", uid, gid, flags))??)
    }

    /// The mode that an object may be given. Where it has an owner, that is decided as chmod(2) says,
    /// here and not by the kernel, which would have the caller go to where the object is.
    ///
    /// > If the calling process is not privileged [...], and the group of the file does not match the
    /// > effective group ID of the process or one of its supplementary group IDs, the S_ISGID bit
    /// > will be turned off
    fn allowed_mode(&self, object: &Located, mode: u32, since: Since) -> Result<u32, TreeError> {
        let Some(caller) = self.caller.as_ref().filter(|_| self.has_owners()) else {
            return match object.attributes.node == self.node {
                // It keeps other users of the gateway out.
                true => Err(TreeError::Permission),
                false => Ok(mode),
            };
        };
        // It may have been given away a moment ago.
        let now = self.observe(object, b"")?;
        match caller.uid {
            0 => Ok(mode),
            uid if uid != now.uid => Err(TreeError::Permission),
            // A directory has it of the one that it is in.
            _ if caller.is_in(now.gid) || since == Since::Now => Ok(mode),
            _ => Ok(mode & !0o2000),
        }
    }
}

/// Since when there is an object that is given attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Since {
    /// It was there.
    Before,
    /// It was made for this call.
    Now,
}

/// The owner and the group that are set.
pub(super) fn owner(set: &SetAttributes) -> (Option<Uid>, Option<Gid>) {
    (set.uid.map(Uid::from_raw), set.gid.map(Gid::from_raw))
}

/// The times that are set, if one of them is.
pub(super) fn times(set: &SetAttributes) -> Option<Timestamps> {
    let kept = matches!((set.accessed, set.modified), (SetTime::Keep, SetTime::Keep));
    (!kept).then(|| Timestamps {
        last_access: timespec(set.accessed),
        last_modification: timespec(set.modified),
    })
}

const fn timespec(time: SetTime) -> Timespec {
    let (tv_sec, tv_nsec) = match time {
        SetTime::Keep => (0, UTIME_OMIT),
        SetTime::Now => (0, UTIME_NOW),
        SetTime::To(time) => (time.seconds, time.nanoseconds as i64),
    };
    Timespec { tv_sec, tv_nsec }
}
