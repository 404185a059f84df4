//! CREATE.

use std::os::fd::OwnedFd;
use std::rc::Rc;

use labelgate_engine::Timestamp;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::name::Name;
use super::resolve::{BENEATH, Located, Placed, open_beneath};
use super::set_attributes::{Since, owner, times};
use super::stable::once_changed;
use super::{Attributes, Create, Kind, Node, SetAttributes, SetTime, Tree, TreeError, Verifier};

/// What a file may be used for that was made without a mode.
const DEFAULT_MODE: u32 = 0o600;

impl Tree {
    /// Makes a file, and keeps it open: its attributes.
    ///
    /// # Errors
    /// See [`TreeError`].
    pub fn create(
        &mut self,
        directory: Node,
        name: &[u8],
        how: &Create,
    ) -> Result<Attributes, TreeError> {
        let name = Name::of_new(name)?;
        let set = attributes_of(how);
        self.check_owner(&set)?;
        let parent = self.locate_directory(directory)?;
        // Before it is made, and would have to be removed again.
        self.files.make_room()?;
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(DEFAULT_MODE);
        match self.as_caller(|| rustix::fs::openat2(&parent, name, flags, mode, BENEATH))? {
            Ok(file) => self.made_file(directory, &parent, name, file, &set),
            Err(Errno::EXIST) => self.there(directory, &parent, name, how),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Gives a new file its attributes, or removes it again.
    fn made_file(
        &mut self,
        directory: Node,
        parent: &Located,
        name: &[u8],
        file: OwnedFd,
        set: &SetAttributes,
    ) -> Result<Attributes, TreeError> {
        let attributes = self.observe(&file, b"")?;
        self.remember(attributes.node, directory, name);
        let made = self
            .prepare(&file, set)
            .and_then(|()| self.take_file(attributes.node, file, true))
            .and_then(|()| self.date_file(attributes.node, set))
            .and_then(|()| self.sync_file(attributes.node));
        if let Err(error) = made {
            self.files.gone(attributes.node);
            self.places.leave(attributes.node, directory, name);
            // If it cannot go, the first error says more.
            let _ = rustix::fs::unlinkat(parent, name, AtFlags::empty());
            return Err(error);
        }
        self.sync_directory(parent)?;
        self.attributes(attributes.node).map_err(once_changed)
    }

    /// The owner that was asked for, and exactly the mode, whatever the umask; then the size.
    fn prepare(&self, file: &OwnedFd, set: &SetAttributes) -> Result<(), TreeError> {
        let mode = set.mode.unwrap_or(DEFAULT_MODE) & 0o7777;
        let given = self.has_owners() && (set.uid, set.gid) != (None, None);
        self.as_caller(|| {
            if given {
                let (uid, gid) = owner(set);
                rustix::fs::fchown(file, uid, gid)?;
            }
            rustix::fs::fchmod(file, Mode::from_raw_mode(mode))
        })??;
        if let Some(size) = set.size.filter(|&size| size != 0) {
            rustix::fs::ftruncate(file, size)?;
        }
        Ok(())
    }

    /// Sets the times of a file that is open: after it was taken, which reads of it, and so changes
    /// when it was last read.
    fn date_file(&self, node: Node, set: &SetAttributes) -> Result<(), TreeError> {
        let Some(times) = times(set) else {
            return Ok(());
        };
        let file = self.files.descriptor(node).ok_or(TreeError::Stale)?;
        Ok(self.as_caller(|| rustix::fs::futimens(file, &times))??)
    }

    /// What is made of something that is there already.
    fn there(
        &mut self,
        directory: Node,
        parent: &Located,
        name: &[u8],
        how: &Create,
    ) -> Result<Attributes, TreeError> {
        let attributes = self.observe(parent, name)?;
        let node = attributes.node;
        match how {
            Create::Unchecked(set) if attributes.kind == Kind::Regular => {
                self.remember(node, directory, name);
                let size = SetAttributes {
                    size: set.size,
                    ..SetAttributes::default()
                };
                self.set_attributes(node, &size, None)
            }
            Create::Exclusive(verifier) if made_with(&attributes, *verifier) => {
                self.remember(node, directory, name);
                Ok(attributes)
            }
            _ => Err(TreeError::Exists),
        }
    }

    /// An object was made that is no file: gives it its attributes.
    pub(super) fn made(
        &mut self,
        directory: Node,
        parent: &Located,
        name: &[u8],
        set: &SetAttributes,
    ) -> Result<Attributes, TreeError> {
        self.finish(directory, parent, name, set)
            .map_err(once_changed)
    }

    fn finish(
        &mut self,
        directory: Node,
        parent: &Located,
        name: &[u8],
        set: &SetAttributes,
    ) -> Result<Attributes, TreeError> {
        let descriptor = open_beneath(parent, name, OFlags::PATH)?;
        let attributes = self.observe(&descriptor, b"")?;
        self.remember(attributes.node, directory, name);
        let placed = Placed {
            object: Located {
                descriptor,
                attributes,
            },
            parent: open_beneath(parent, b".", OFlags::PATH)?,
            name: Rc::from(name),
        };
        self.apply(&placed, set, Since::Now)?;
        if attributes.kind == Kind::Directory {
            self.sync_object(&placed)?;
        }
        self.sync_directory(parent)?;
        self.observe(&placed.object, b"")
    }
}

/// What a file is given that is made so.
fn attributes_of(how: &Create) -> SetAttributes {
    match how {
        Create::Unchecked(set) | Create::Guarded(set) => *set,
        Create::Exclusive(verifier) => {
            let [accessed, modified] = times_of(*verifier);
            SetAttributes {
                accessed: SetTime::To(accessed),
                modified: SetTime::To(modified),
                ..SetAttributes::default()
            }
        }
    }
}

/// A verifier as the time of access and the time of modification. Every file system keeps 31 bits
/// of seconds; the last bit of each half becomes a nanosecond.
fn times_of([a, b, c, d, e, f, g, h]: Verifier) -> [Timestamp; 2] {
    [[a, b, c, d], [e, f, g, h]].map(|half| {
        let half = u32::from_be_bytes(half);
        Timestamp {
            seconds: i64::from(half >> 1),
            nanoseconds: half & 1,
        }
    })
}

fn made_with(attributes: &Attributes, verifier: Verifier) -> bool {
    attributes.kind == Kind::Regular
        && attributes.size == 0
        && times_of(verifier) == [attributes.accessed, attributes.modified]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_of_a_verifier_counts() {
        let zero = times_of([0; 8]);
        for bit in 0..64 {
            let verifier = (1_u64 << bit).to_be_bytes();
            assert_ne!(times_of(verifier), zero, "bit {bit}");
        }
        assert!(
            times_of([0xFF; 8])
                .iter()
                .all(|time| time.seconds <= i64::from(i32::MAX))
        );
    }
}
