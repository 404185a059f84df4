//! The objects that a call can be about.

use labelgate_engine::tree::{FileId, Node, TreeId};
use labelgate_engine::{ConnectionId, ImageId, Place};
use labelgate_handle::{Object, TREE_ROOT};

use super::Server;
use crate::v3::{FileHandle, Status};

/// Something that a handle leads to, and that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum There {
    /// The root of the export.
    Root,
    /// One of its images.
    Image(ImageId),
}

impl Server {
    /// What a handle leads to.
    pub(super) fn find(
        &mut self,
        id: ConnectionId,
        handle: FileHandle<'_>,
    ) -> Result<There, Status> {
        match self.open(id, handle)? {
            Object::Root => Ok(There::Root),
            Object::Image(object) => {
                let image = self.export.of_object(object);
                image.map(There::Image).ok_or(Status::Stale)
            }
            // In a tree that is there, it was found before.
            Object::Node { .. } => Err(Status::Stale),
        }
    }

    /// The object of a tree that a handle leads to, if it leads to one and the tree is there.
    pub(super) fn find_in_tree(
        &mut self,
        id: ConnectionId,
        handle: FileHandle<'_>,
    ) -> Option<FileId> {
        let Ok(Object::Node {
            store,
            generation,
            inode,
        }) = self.unseal(id, handle)
        else {
            return None;
        };
        let tree = TreeId(store);
        let root = self.export.tree(tree)?.root;
        let node = match inode {
            TREE_ROOT => root,
            _ => Node { inode, generation },
        };
        Some(FileId { tree, node })
    }

    /// What handles of an object of a tree say. Who seals that of its root need not have seen it.
    pub(super) fn object_of(&self, FileId { tree, node }: FileId) -> Object {
        let is_root = self.export.tree(tree).is_some_and(|tree| tree.root == node);
        let TreeId(store) = tree;
        match is_root {
            true => Object::root_of_tree(store),
            false => Object::Node {
                store,
                generation: node.generation,
                inode: node.inode,
            },
        }
    }

    /// What has the data that a handle leads to.
    pub(super) fn find_place(
        &mut self,
        id: ConnectionId,
        handle: FileHandle<'_>,
    ) -> Result<Place, Status> {
        match self.find_in_tree(id, handle) {
            Some(file) => Ok(Place::File(file)),
            None => self.find_file(id, handle).map(Place::Image),
        }
    }

    /// The image that a handle leads to.
    pub(super) fn find_file(
        &mut self,
        id: ConnectionId,
        handle: FileHandle<'_>,
    ) -> Result<ImageId, Status> {
        match self.find(id, handle)? {
            There::Image(image) => Ok(image),
            There::Root => Err(Status::IsDir),
        }
    }

    /// Makes sure that a handle leads to the root.
    pub(super) fn find_directory(
        &mut self,
        id: ConnectionId,
        handle: FileHandle<'_>,
    ) -> Result<(), Status> {
        match self.find(id, handle)? {
            There::Root => Ok(()),
            There::Image(_) => Err(Status::NotDir),
        }
    }
}
