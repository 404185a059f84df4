//! What the supervisor tells an importer.

use std::os::fd::OwnedFd;

use serde::{Deserialize, Serialize};

use crate::{Attached, Handed, Mismatch};

/// What the supervisor tells an importer: its files first, in any order, then [`Self::Start`].
///
/// `D` is the descriptor: an [`OwnedFd`] in a process, [`Attached`] in a datagram.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToImporter<D = OwnedFd> {
    /// The file to fill: empty, open for reading and writing or to be opened so, with no name yet
    /// that counts.
    Target(Handed, D),
    /// Where the image comes from: the reading end of a pipe, or an image file, open for reading or
    /// to be opened so.
    Source(Handed, D),
    /// Where a stream is put whose format must be read at any place: a file as the target is.
    Spool(Handed, D),
    /// A directory, open with `O_PATH`, beneath which files lie that it has to open; at most
    /// [`crate::MAX_STORES`] of them.
    Store(D),
    /// Begin. Sent once and last.
    Start(Import),
}

/// What an importer is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// What the source is.
    pub source: ImportSource,
    /// The target is made at least this large, in bytes, even beyond `max_size`.
    pub min_size: u64,
    /// The largest disk that may come out of the source, in bytes.
    pub max_size: u64,
    /// The most bytes that may be written to the target, and to the spool, holes not counted.
    pub max_data: u64,
    /// The size of the target is made a multiple of this: a power of two, in bytes.
    pub block_size: u32,
    /// The importer has the supervisor's UID, since that one has no privileges.
    pub unprivileged: bool,
}

/// What an importer's source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportSource {
    /// A pipe, through which an image of this format comes; `None` if its first bytes are to
    /// decide.
    Stream(Option<ImageFormat>),
    /// A file that is copied as it is.
    File,
}

/// A format that images come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ImageFormat {
    /// The disk's bytes, one after the other.
    Raw,
    /// QEMU's qcow2, version 2 or 3, that stands alone.
    Qcow2,
}

impl<D> ToImporter<D> {
    /// Parts the message from its descriptor.
    pub fn detach(self) -> (ToImporter<Attached>, Option<D>) {
        match self {
            Self::Target(handed, fd) => (ToImporter::Target(handed, Attached), Some(fd)),
            Self::Source(handed, fd) => (ToImporter::Source(handed, Attached), Some(fd)),
            Self::Spool(handed, fd) => (ToImporter::Spool(handed, Attached), Some(fd)),
            Self::Store(fd) => (ToImporter::Store(Attached), Some(fd)),
            Self::Start(import) => (ToImporter::Start(import), None),
        }
    }
}

impl ToImporter<Attached> {
    /// Joins the message with the descriptor that came with it.
    pub fn attach<D>(self, descriptor: Option<D>) -> Result<ToImporter<D>, Mismatch> {
        match (self, descriptor) {
            (Self::Target(handed, Attached), Some(fd)) => Ok(ToImporter::Target(handed, fd)),
            (Self::Source(handed, Attached), Some(fd)) => Ok(ToImporter::Source(handed, fd)),
            (Self::Spool(handed, Attached), Some(fd)) => Ok(ToImporter::Spool(handed, fd)),
            (Self::Store(Attached), Some(fd)) => Ok(ToImporter::Store(fd)),
            (Self::Start(import), None) => Ok(ToImporter::Start(import)),
            (Self::Start(_), Some(_)) => Err(Mismatch::Unwanted),
            (Self::Target(..) | Self::Source(..) | Self::Spool(..) | Self::Store(_), None) => {
                Err(Mismatch::Missing)
            }
        }
    }
}
