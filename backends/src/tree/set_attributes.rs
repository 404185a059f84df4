//! SETATTR.

use rustix::fs::{AtFlags, Mode, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};

use super::resolve::Placed;
use super::{Attributes, Kind, Node, Time, Tree, TreeError, TreeOptions};

/// What becomes of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SetTime {
    /// It stays.
    #[default]
    Keep,
    /// It is now, by the clock of the gateway.
    Now,
    /// It is this.
    To(Time),
}

/// The attributes to be set (RFC 1813 2.6, sattr3); by default, none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SetAttributes {
    /// Permissions, with set-user-ID and the like. A symbolic link keeps those it has; the root's
    /// cannot be set, since they keep other users of the gateway out.
    pub mode: Option<u32>,
    /// The owner. Anything but what it is said to be already is refused
    /// ([`TreeError::Permission`]): files belong to the process that serves them.
    pub uid: Option<u32>,
    /// The group, likewise.
    pub gid: Option<u32>,
    /// The length in bytes. What is new reads as zeros.
    pub size: Option<u64>,
    /// When it was last read.
    pub accessed: SetTime,
    /// When its data was last changed.
    pub modified: SetTime,
}

impl SetAttributes {
    /// The times, if one of them is to be set.
    pub(super) fn times(&self) -> Option<Timestamps> {
        let kept = matches!(
            (self.accessed, self.modified),
            (SetTime::Keep, SetTime::Keep)
        );
        (!kept).then(|| Timestamps {
            last_access: self.accessed.into(),
            last_modification: self.modified.into(),
        })
    }
}

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
        guard: Option<Time>,
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
        if let Some(times) = set.times() {
            let flags = AtFlags::EMPTY_PATH;
            rustix::fs::utimensat(&placed.object, c"", &times, flags)?;
        }
        Ok(())
    }
}

impl From<SetTime> for Timespec {
    fn from(time: SetTime) -> Self {
        let special = |nanoseconds| Self {
            tv_sec: 0,
            tv_nsec: nanoseconds,
        };
        match time {
            SetTime::Keep => special(UTIME_OMIT),
            SetTime::Now => special(UTIME_NOW),
            SetTime::To(time) => Self {
                tv_sec: time.seconds,
                tv_nsec: time.nanoseconds.into(),
            },
        }
    }
}
