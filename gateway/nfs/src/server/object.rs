//! The objects that a call can be about.

use labelgate_engine::{ConnectionId, ImageId};
use labelgate_handle::Object;

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
            Object::Node { .. } => Err(Status::Stale),
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
