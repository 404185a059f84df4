//! Opening files for their data.
//!
//! A client checks permissions when a program opens a file, and writes later, when the file may
//! have become read-only, or was made so (`open` with `O_CREAT` and mode 0444). So, as other
//! servers do, a file's owner reads and writes it whatever its mode says. The kernel knows no
//! such exception: the mode is widened, for the owner alone and for as long as it takes to open it.

use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::resolve::{Placed, open_beneath};
use super::{Kind, Node, Tree, TreeError};

impl Tree {
    /// Opens a regular file for reading and, if the store takes writes, writing: which of them. One
    /// that is to be read only is not widened for it.
    pub(super) fn open_data(
        &mut self,
        node: Node,
        writes: bool,
    ) -> Result<(OwnedFd, bool), TreeError> {
        let placed = self.locate_placed(node)?;
        match placed.object.attributes.kind {
            Kind::Regular => {}
            Kind::Directory => return Err(TreeError::IsDirectory),
            _ => return Err(TreeError::Invalid),
        }
        let open = |flags| open_beneath(&placed.parent, &placed.name, flags);
        let opened = match open(OFlags::RDWR) {
            Err(Errno::ACCESS) if writes => (open_as_owner(&placed)?, true),
            Err(Errno::ACCESS) => match open(OFlags::RDONLY) {
                Err(Errno::ACCESS) => (open_as_owner(&placed)?, true),
                answer => (answer?, false),
            },
            // Read-only, or immutable.
            Err(Errno::ROFS | Errno::PERM) => (open(OFlags::RDONLY)?, false),
            answer => (answer?, true),
        };
        if self.observe(&opened.0, b"")?.node != node {
            return Err(TreeError::Later);
        }
        Ok(opened)
    }
}

fn open_as_owner(placed: &Placed) -> Result<OwnedFd, TreeError> {
    let mode = placed.object.attributes.mode;
    let (parent, name) = (&placed.parent, &*placed.name);
    let wider = Mode::from_raw_mode(mode | 0o600);
    if Mode::from_raw_mode(mode) == wider {
        return Err(TreeError::Access);
    }
    let change = |mode| rustix::fs::chmodat(parent, name, mode, rustix::fs::AtFlags::empty());
    change(wider).map_err(|_| TreeError::Access)?;
    let opened = open_beneath(parent, name, OFlags::RDWR);
    let restored = change(Mode::from_raw_mode(mode));
    let opened = opened?;
    restored?;
    Ok(opened)
}
