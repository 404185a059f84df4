//! ACCESS.

use std::os::fd::OwnedFd;

use nix::unistd::AccessFlags;
use rustix::fs::{Access as Ask, AtFlags};

use super::resolve::Placed;
use super::{Access, Attributes, Kind, Node, Tree, TreeError};

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
        let may = |what| match self.caller.is_some() {
            true => self.is_allowed(&object, flags_of(what)).unwrap_or(false),
            false => may(&parent, &name, what),
        };
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
                    execute: kind == Kind::Regular && self.executes(&object.attributes),
                    ..Access::default()
                }
            }
        })
    }
}

impl Tree {
    /// Whether the caller's machine may execute a file: not whether the gateway would.
    fn executes(&self, attributes: &Attributes) -> bool {
        let bit = match self.caller.as_ref().filter(|_| self.has_owners()) {
            Some(caller) if caller.uid == 0 => 0o111,
            Some(caller) if caller.uid != attributes.uid && caller.is_in(attributes.gid) => 0o010,
            Some(caller) if caller.uid != attributes.uid => 0o001,
            _ => 0o100,
        };
        attributes.mode & bit != 0
    }
}

fn flags_of(what: Ask) -> AccessFlags {
    AccessFlags::from_bits_truncate(what.bits().cast_signed())
}

fn may(parent: &OwnedFd, name: &[u8], what: Ask) -> bool {
    let flags = AtFlags::EACCESS | AtFlags::SYMLINK_NOFOLLOW;
    rustix::fs::accessat(parent, name, what, flags).is_ok()
}
