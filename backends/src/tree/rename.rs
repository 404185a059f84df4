//! RENAME and LINK.

use rustix::fs::{AtFlags, RenameFlags};
use rustix::io::Errno;

use super::name::Name;
use super::stable::once_changed;
use super::{Attributes, Kind, Node, Tree, TreeError};

impl Tree {
    /// Moves an object, over what has the new name if that is of the same kind and, if a
    /// directory, empty. It is there under one of the names at any time. Two names of one file
    /// stay as they are.
    ///
    /// # Errors
    /// See [`TreeError`].
    pub fn rename(
        &mut self,
        from: Node,
        old: &[u8],
        to: Node,
        new: &[u8],
    ) -> Result<(), TreeError> {
        let (old, new) = (Name::of_old(old)?, Name::of_old(new)?);
        let source = self.locate_directory(from)?;
        let target = self.locate_directory(to)?;
        let moving = self.as_caller(|| self.observe(&source, old))??;
        let victim = match self.as_caller(|| self.observe(&target, new))? {
            Ok(victim) => Some(victim),
            Err(TreeError::NoEntry) => None,
            Err(error) => return Err(error),
        };
        if !replaces(&moving, victim.as_ref()) {
            return Err(TreeError::Exists);
        }
        if moving.kind == Kind::Directory {
            self.check_depth(to)?;
        }
        if let Some(victim) = &victim {
            self.keep_young(&target, new, victim);
        }
        let flags = RenameFlags::empty();
        self.as_caller(|| rustix::fs::renameat_with(&source, old, &target, new, flags))?
            .map_err(not_replaced)?;
        let same = victim.is_some_and(|victim| victim.node == moving.node);
        if !same {
            // Within its directory too: its new name may be where the walk has been.
            if moving.kind == Kind::Directory {
                self.search.disturb();
            }
            self.remember(moving.node, to, new);
            if let Some(victim) = &victim {
                self.removed(to, new, victim);
            }
        }
        self.sync_directory(&target)?;
        if from != to {
            self.sync_directory(&source)?;
        }
        Ok(())
    }

    /// Gives an object that is no directory one more name: its attributes.
    ///
    /// # Errors
    /// See [`TreeError`].
    pub fn link(
        &mut self,
        node: Node,
        directory: Node,
        name: &[u8],
    ) -> Result<Attributes, TreeError> {
        let name = Name::of_new(name)?;
        let target = self.locate_directory(directory)?;
        let source = self.locate_placed(node)?;
        if source.object.attributes.kind == Kind::Directory {
            return Err(TreeError::Invalid);
        }
        let flags = AtFlags::empty();
        let (parent, old) = (&source.parent, &*source.name);
        self.as_caller(|| rustix::fs::linkat(parent, old, &target, name, flags))??;
        let linked = self.observe(&target, name).map_err(once_changed)?;
        if linked.node != node {
            // Somebody has put another object where this one was.
            rustix::fs::unlinkat(&target, name, flags)?;
            return Err(TreeError::Later);
        }
        // Often the old name goes next.
        self.remember(node, directory, name);
        self.sync_directory(&target)?;
        Ok(linked)
    }
}

/// > if the target is a directory but not empty, the server should return the error, NFS3ERR_EXIST.
/// > (RFC 1813 3.3.14)
fn not_replaced(errno: Errno) -> TreeError {
    match errno {
        Errno::NOTEMPTY => TreeError::Exists,
        errno => errno.into(),
    }
}

/// > If the directory, to.dir, already contains an entry with the name, to.name, the source object
/// > must be compatible with the target: either both are non-directories or both are directories
/// > and the target must be empty. (RFC 1813 3.3.14)
fn replaces(moving: &Attributes, victim: Option<&Attributes>) -> bool {
    let directory = |attributes: &Attributes| attributes.kind == Kind::Directory;
    victim.is_none_or(|victim| directory(victim) == directory(moving))
}
