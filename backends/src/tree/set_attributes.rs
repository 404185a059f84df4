//! SETATTR.

use labelgate_engine::Timestamp;
use rustix::fs::{AtFlags, Mode, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};

use super::resolve::Placed;
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
            self.resize(&attributes, size)?;
        }
        self.apply(&placed, set)?;
        if *set != SetAttributes::default() {
            self.sync_object(&placed)?;
        }
        self.observe(&placed.object, b"")
    }

    /// Nobody is given anything.
    pub(super) fn check_owner(&self, set: &SetAttributes) -> Result<(), TreeError> {
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

    /// Sets mode and times: the times last, as the rest changes them.
    pub(super) fn apply(&self, placed: &Placed, set: &SetAttributes) -> Result<(), TreeError> {
        let attributes = &placed.object.attributes;
        if let Some(mode) = set.mode
            && attributes.kind != Kind::SymbolicLink
        {
            if attributes.node == self.node {
                return Err(TreeError::Permission);
            }
            // There is no way to change it by an O_PATH descriptor that needs no /proc. The name
            // is that of the object unless somebody has just put something else there.
            let mode = Mode::from_raw_mode(mode & 0o7777);
            rustix::fs::chmodat(&placed.parent, &*placed.name, mode, AtFlags::empty())?;
        }
        if let Some(times) = times(set) {
            let flags = AtFlags::EMPTY_PATH;
            rustix::fs::utimensat(&placed.object, c"", &times, flags)?;
        }
        Ok(())
    }
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
