//! ACCESS.

use std::os::fd::OwnedFd;

use rustix::fs::{Access as Ask, AtFlags};

use super::resolve::Placed;
use super::{Access, Kind, Node, Tree, TreeError};

impl Tree {
    /// What may be done with an object, as the kernel says. An owner may read and write more than
    /// that: see [`Tree::start`]. Nothing is executed on the gateway, where no policy allows it:
    /// whether a client may is what the mode says to the owner.
    ///
    /// # Errors
    /// See [`TreeError`].
    pub fn access(&mut self, node: Node) -> Result<Access, TreeError> {
        let Placed {
            object,
            parent,
            name,
        } = self.locate_placed(node)?;
        let may = |what| may(&parent, &name, what);
        Ok(match object.attributes.kind {
            Kind::Directory => {
                let changes = may(Ask::WRITE_OK) && may(Ask::EXEC_OK);
                Access {
                    read: may(Ask::READ_OK),
                    lookup: may(Ask::EXEC_OK),
                    modify: changes,
                    extend: changes,
                    delete: changes,
                    execute: false,
                }
            }
            // A link has no permissions of its own, and nobody follows it here.
            Kind::SymbolicLink => Access {
                read: true,
                ..Access::default()
            },
            kind => {
                let writes = may(Ask::WRITE_OK);
                Access {
                    read: may(Ask::READ_OK),
                    modify: writes,
                    extend: writes,
                    execute: kind == Kind::Regular && object.attributes.mode & 0o100 != 0,
                    ..Access::default()
                }
            }
        })
    }
}

fn may(parent: &OwnedFd, name: &[u8], what: Ask) -> bool {
    let flags = AtFlags::EACCESS | AtFlags::SYMLINK_NOFOLLOW;
    rustix::fs::accessat(parent, name, what, flags).is_ok()
}
