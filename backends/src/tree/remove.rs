//! REMOVE and RMDIR.

use std::os::fd::AsFd;

use rustix::fs::{AtFlags, OFlags};

use super::name::Name;
use super::resolve::open_beneath;
use super::young::Young;
use super::{Attributes, Kind, Node, Tree, TreeError};

impl Tree {
    /// Removes a name that is no directory's.
    ///
    /// # Errors
    /// See [`TreeError`].
    pub fn remove(&mut self, directory: Node, name: &[u8]) -> Result<(), TreeError> {
        let name = Name::of_old(name)?;
        let parent = self.locate_directory(directory)?;
        let victim = self.as_caller(|| self.observe(&parent, name))??;
        if victim.kind == Kind::Directory {
            return Err(TreeError::IsDirectory);
        }
        self.keep_young(&parent, name, &victim);
        self.as_caller(|| rustix::fs::unlinkat(&parent, name, AtFlags::empty()))??;
        self.removed(directory, name, &victim);
        self.sync_directory(&parent)
    }

    /// Removes an empty directory.
    ///
    /// > If the name ".." ... NFS3ERR_EXIST; if "." ... NFS3ERR_INVAL (RFC 1813 3.3.13)
    ///
    /// # Errors
    /// See [`TreeError`].
    pub fn rmdir(&mut self, directory: Node, name: &[u8]) -> Result<(), TreeError> {
        let name = match Name::parse(name)? {
            Name::Entry(name) => name,
            Name::Current => return Err(TreeError::Invalid),
            Name::Parent => return Err(TreeError::Exists),
        };
        let parent = self.locate_directory(directory)?;
        let victim = self.as_caller(|| self.observe(&parent, name))??;
        if victim.kind != Kind::Directory {
            return Err(TreeError::NotDirectory);
        }
        self.keep_young(&parent, name, &victim);
        self.as_caller(|| rustix::fs::unlinkat(&parent, name, AtFlags::REMOVEDIR))??;
        self.removed(directory, name, &victim);
        self.sync_directory(&parent)
    }

    /// Called before an object loses a name: its number must not be given again too soon.
    pub(super) fn keep_young(&mut self, parent: impl AsFd, name: &[u8], victim: &Attributes) {
        self.young.release();
        if Young::is(victim)
            && let Ok(descriptor) = open_beneath(parent, name, OFlags::PATH)
        {
            self.young.keep(descriptor);
        }
    }

    /// An object has lost a name.
    pub(super) fn removed(&mut self, directory: Node, name: &[u8], victim: &Attributes) {
        self.places.leave(victim.node, directory, name);
        if victim.links <= 1 {
            self.files.gone(victim.node);
        }
    }
}
