//! What is on stable storage before a call returns.
//!
//! > Data-modifying operations ... must be committed to stable storage before the reply
//! > (RFC 1813 1.6, 4.8)
//!
//! A directory's `fsync` brings what was made, moved or removed in it with it. What its owner has
//! forbidden himself to read cannot be opened: for that, the whole file system is synced. The mode
//! and the times of a link, a pipe or a socket that is there already are waited for by nobody: it
//! would be the whole file system each time, with what every other label has written there.

use std::os::fd::AsFd;

use rustix::fs::OFlags;
use rustix::io::{Errno, retry_on_intr};

use super::resolve::{Placed, open_beneath};
use super::{Kind, Node, Tree, TreeError};

/// Something has been changed: who is told to come again would have it changed twice.
pub(super) const fn once_changed(error: TreeError) -> TreeError {
    match error {
        TreeError::Later => TreeError::Io,
        error => error,
    }
}

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
            return Ok(());
        }
        let synced = match open_beneath(parent, name, OFlags::RDONLY) {
            Ok(opened) => retry_on_intr(|| rustix::fs::fsync(&opened)),
            Err(Errno::ACCESS | Errno::PERM) => retry_on_intr(|| rustix::fs::syncfs(&self.root)),
            Err(errno) => Err(errno),
        };
        synced.map_err(|errno| once_changed(errno.into()))
    }

    const fn syncs(&self) -> bool {
        self.options.sync_metadata && !self.memory
    }
}
