//! Ways into a tree: from the root of the export, and by MOUNT.

use labelgate_engine::ConnectionId;
use labelgate_engine::tree::{self, Call as TreeCall, FileId, Kind, Name, TreeId};
use labelgate_handle::Object;

use super::super::{Server, Turn};
use super::answering::To;
use super::{Ask, Asked};
use crate::mount::MountStat;
use crate::v3::Status;

impl Server {
    fn root_of(&self, id: ConnectionId, xid: u32, tree: TreeId) -> Option<Asked> {
        let node = self.export.tree(tree)?.root;
        let file = FileId { tree, node };
        Some(Asked { id, xid, file })
    }

    /// LOOKUP of a tree in the root of the export.
    pub(in super::super) fn lookup_tree(
        &mut self,
        id: ConnectionId,
        xid: u32,
        tree: TreeId,
        turn: &mut Turn<'_>,
    ) {
        match self.root_of(id, xid, tree) {
            Some(asked) => {
                let call = TreeCall::Attributes(asked.file.node);
                self.ask_tree(asked, Ask::Root, call, turn);
            }
            None => self.answer_not_found(id, xid, Status::NoEnt, turn),
        }
    }

    pub(super) fn answer_root_of_tree(
        &mut self,
        to: To,
        found: Result<tree::Attributes, Status>,
        turn: &mut Turn<'_>,
    ) {
        match found {
            Ok(known) => {
                let object = Object::root_of_tree(to.tree.0);
                let attributes = Some(self.told(to.tree, &known));
                self.answer_found(to.id, to.xid, object, attributes, turn);
            }
            Err(status) => self.answer_not_found(to.id, to.xid, status, turn),
        }
    }

    /// MNT of a path in a tree.
    pub(in super::super) fn walk(
        &mut self,
        id: ConnectionId,
        xid: u32,
        (tree, names): (TreeId, Vec<Name>),
        turn: &mut Turn<'_>,
    ) {
        match self.root_of(id, xid, tree) {
            Some(asked) => self.ask_tree(asked, Ask::Mount, TreeCall::Walk(names), turn),
            None => {
                let gone = Err((MountStat::NoEnt, "there is no such directory"));
                self.answer_mount(id, xid, gone, turn);
            }
        }
    }

    pub(super) fn answer_walk(
        &mut self,
        to: To,
        found: Result<tree::Attributes, Status>,
        turn: &mut Turn<'_>,
    ) {
        let (tree, no_directory) = (to.tree, "it is no directory");
        let found = match found {
            Ok(known) if known.kind == Kind::Directory => {
                let node = known.node;
                Ok(self.object_of(FileId { tree, node }))
            }
            Ok(_) | Err(Status::NotDir) => Err((MountStat::NotDir, no_directory)),
            Err(Status::NoEnt) => Err((MountStat::NoEnt, "there is no such directory")),
            Err(Status::Acces | Status::Perm) => Err((
                MountStat::Acces,
                "the kernel does not let its worker go there",
            )),
            Err(Status::Inval) => Err((MountStat::Inval, "its path has a NUL")),
            Err(Status::NameTooLong) => Err((MountStat::NameTooLong, "its path is too long")),
            Err(_) => Err((MountStat::Io, "its store could not read it")),
        };
        self.answer_mount(to.id, to.xid, found, turn);
    }
}
