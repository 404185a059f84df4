//! What is on stable storage before a call returns.
//!
//! > Data-modifying operations ... must be committed to stable storage before the reply
//! > (RFC 1813 1.6, 4.8)
//!
//! A directory's `fsync` brings what was made, moved or removed in it with it. Where an object
//! itself has changed and cannot be opened (a pipe, a socket, a link; what its owner has forbidden
//! himself to read), the whole file system is synced.

use std::os::fd::AsFd;

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::resolve::{Placed, open_beneath};
use super::{Kind, Node, Tree, TreeError};

impl Tree {
    pub(super) fn sync_directory(&self, directory: impl AsFd) -> Result<(), TreeError> {
        self.sync_entry(directory, b".", Kind::Directory)
    }

    /// An object's data and attributes.
    pub(super) fn sync_object(&mut self, placed: &Placed) -> Result<(), TreeError> {
        if !self.syncs() {
            return Ok(());
        }
        let attributes = &placed.object.attributes;
        if let Some(result) = self.files.sync(attributes.node) {
            return result;
        }
        self.sync_entry(&placed.parent, &placed.name, attributes.kind)
    }

    /// A file that is open.
    pub(super) fn sync_file(&mut self, node: Node) -> Result<(), TreeError> {
        if !self.syncs() {
            return Ok(());
        }
        self.files.sync(node).unwrap_or(Ok(()))
    }

    fn sync_entry(&self, parent: impl AsFd, name: &[u8], kind: Kind) -> Result<(), TreeError> {
        if !self.syncs() {
            return Ok(());
        }
        if !matches!(kind, Kind::Regular | Kind::Directory) {
            return Ok(rustix::fs::syncfs(&self.root)?);
        }
        match open_beneath(parent, name, OFlags::RDONLY) {
            Ok(opened) => Ok(rustix::fs::fsync(opened)?),
            Err(Errno::ACCESS | Errno::PERM) => Ok(rustix::fs::syncfs(&self.root)?),
            Err(errno) => Err(errno.into()),
        }
    }

    const fn syncs(&self) -> bool {
        self.options.sync_metadata && !self.memory
    }
}
