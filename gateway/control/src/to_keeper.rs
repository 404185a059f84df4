//! What the supervisor tells a keeper.

use std::os::fd::OwnedFd;

use labelgate_mac::Label;
use serde::{Deserialize, Serialize};

use crate::{Attached, Handed, Mismatch, Text};

/// What the supervisor tells a keeper. The first five, or six, come once each and in their order;
/// then images come and go, until [`Self::Leave`] or the end of the socket.
///
/// `D` is the descriptor: an [`OwnedFd`] in a process, [`Attached`] in a datagram.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToKeeper<D = OwnedFd> {
    /// Who the keeper is.
    Configure(ConfigureKeeper),
    /// The memory that the worker's buffers lie in: a memfd that is sealed against shrinking, growing
    /// and further seals.
    Memory(D),
    /// The queues between the worker and this keeper: a memfd that is sealed in the same way (crate
    /// `labelgate-queue-pair`).
    Queues(D),
    /// The worker's bell, an eventfd in non-blocking mode: rung by the keeper when the worker sleeps.
    Bell(D),
    /// The keeper's bell, another eventfd: rung by the worker when the keeper sleeps. Answered by
    /// [`crate::FromKeeper::Ready`], once the keeper is confined.
    OwnBell(D),
    /// The directory of anchors, beneath which the keeper opens those that it is handed by path.
    /// Follows [`Self::OwnBell`] if [`ConfigureKeeper::opens_anchors`] says so, and is then what
    /// [`crate::FromKeeper::Ready`] waits for; none comes later.
    ///
    /// The descriptor is open with `O_PATH`.
    Anchors(D),
    /// Open this image. Answered by [`crate::FromKeeper::ImageOpened`].
    ///
    /// The descriptor is its anchor, as [`KeepImage::handed`] says: open for reading, or still to be
    /// opened by the keeper itself, under its own context.
    AddImage(KeepImage, D),
    /// Look at the image's size again, after growing it if it is smaller than `size` (bytes).
    /// Answered by [`crate::FromKeeper::ImageRefreshed`].
    RefreshImage {
        /// Which image.
        image: u32,
        /// The least size it shall have, in bytes.
        size: Option<u64>,
    },
    /// Close the image once what is under way has ended. Answered by
    /// [`crate::FromKeeper::ImageRemoved`]. The worker has let go of it before.
    RemoveImage {
        /// Which image. The number is not used again for another image of this keeper.
        image: u32,
    },
    /// End what is under way, close every image, and exit.
    Leave,
}

/// Who a keeper is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigureKeeper {
    /// The label it serves, for its messages.
    #[serde(with = "crate::label")]
    pub label: Label,
    /// The store whose images it holds, for its messages.
    pub store: Text<64>,
    /// It runs under the supervisor's own UID: some confinement is not to be had, which is to be
    /// said in [`crate::FromKeeper::Ready`] and is no reason to stop.
    pub unprivileged: bool,
    /// The SELinux context it must run as, where that is what confines it: in any other it must
    /// open nothing.
    pub context: Option<Text<1536>>,
    /// It opens its anchors itself: [`ToKeeper::Anchors`] follows. Otherwise it may open nothing,
    /// ever.
    pub opens_anchors: bool,
    /// What it reaches its images with.
    pub library: Library,
    /// What it may use.
    pub limits: KeeperLimits,
}

/// What a keeper reaches its images with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Library {
    /// Ceph's `librbd.so.1` and `librados.so.2`.
    Rbd,
    /// Gluster's `libgfapi.so.0`, which connects before the keeper is confined: to this volume, and
    /// to no other.
    Gluster(Box<GlusterVolume>),
    /// `libiscsi.so.7`.
    Iscsi,
    /// None: NFS is the keeper's own.
    Nfs,
}

/// A volume of Gluster's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GlusterVolume {
    /// Its servers, with commas between them: whichever answers first tells where its bricks are.
    pub servers: Text<1024>,
    /// Its name.
    pub volume: Text<128>,
    /// The directory that images are beneath, from the volume's root and without a slash at either
    /// end; empty for the root itself. Its owner is whom the keeper acts as.
    pub directory: Text<256>,
}

/// What a keeper may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeeperLimits {
    /// The most images it will be given at a time.
    pub images: u32,
    /// How long it tries to connect before it says that the backend is out of reach, in
    /// milliseconds.
    pub connect_milliseconds: u32,
}

/// An image for a keeper to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepImage {
    /// What it is called in every later message, and by the worker in the queue.
    pub image: u32,
    /// What its descriptor is.
    pub handed: Handed,
    /// Whether writes are refused.
    pub read_only: bool,
    /// The least size it shall have, in bytes.
    pub size: Option<u64>,
}

impl<D> ToKeeper<D> {
    /// Parts the message from its descriptor.
    pub fn detach(self) -> (ToKeeper<Attached>, Option<D>) {
        match self {
            Self::Configure(configure) => (ToKeeper::Configure(configure), None),
            Self::Memory(fd) => (ToKeeper::Memory(Attached), Some(fd)),
            Self::Queues(fd) => (ToKeeper::Queues(Attached), Some(fd)),
            Self::Bell(fd) => (ToKeeper::Bell(Attached), Some(fd)),
            Self::OwnBell(fd) => (ToKeeper::OwnBell(Attached), Some(fd)),
            Self::Anchors(fd) => (ToKeeper::Anchors(Attached), Some(fd)),
            Self::AddImage(image, fd) => (ToKeeper::AddImage(image, Attached), Some(fd)),
            Self::RefreshImage { image, size } => (ToKeeper::RefreshImage { image, size }, None),
            Self::RemoveImage { image } => (ToKeeper::RemoveImage { image }, None),
            Self::Leave => (ToKeeper::Leave, None),
        }
    }
}

impl ToKeeper<Attached> {
    /// Joins the message with the descriptor that came with it.
    pub fn attach<D>(self, descriptor: Option<D>) -> Result<ToKeeper<D>, Mismatch> {
        match (self, descriptor) {
            (Self::Memory(Attached), Some(fd)) => Ok(ToKeeper::Memory(fd)),
            (Self::Queues(Attached), Some(fd)) => Ok(ToKeeper::Queues(fd)),
            (Self::Bell(Attached), Some(fd)) => Ok(ToKeeper::Bell(fd)),
            (Self::OwnBell(Attached), Some(fd)) => Ok(ToKeeper::OwnBell(fd)),
            (Self::Anchors(Attached), Some(fd)) => Ok(ToKeeper::Anchors(fd)),
            (Self::AddImage(image, Attached), Some(fd)) => Ok(ToKeeper::AddImage(image, fd)),
            (
                Self::Memory(_)
                | Self::Queues(_)
                | Self::Bell(_)
                | Self::OwnBell(_)
                | Self::Anchors(_)
                | Self::AddImage(..),
                None,
            ) => Err(Mismatch::Missing),
            (_, Some(_)) => Err(Mismatch::Unwanted),
            (Self::Configure(configure), None) => Ok(ToKeeper::Configure(configure)),
            (Self::RefreshImage { image, size }, None) => {
                Ok(ToKeeper::RefreshImage { image, size })
            }
            (Self::RemoveImage { image }, None) => Ok(ToKeeper::RemoveImage { image }),
            (Self::Leave, None) => Ok(ToKeeper::Leave),
        }
    }
}
