//! Attributes of what is in an export.
//!
//! Who a client says it is means nothing here, so that the mode bits say the same of everybody:
//! what this label may do.

use labelgate_engine::tree::{self, FileId, Kind};
use labelgate_engine::{ImageId, Place, Status as Known, Timestamp};

use super::Server;
use super::export::ROOT;
use crate::v3::{Attributes, DeviceNumber, FileType, Mode, Time};

/// The file system that a root with its images is.
const FSID: u64 = 1;

/// What `ls` shows as the size of the directory.
const DIRECTORY_SIZE: u64 = 4096;

const READ_ONLY: u32 = 0o444;
const READ_WRITE: u32 = 0o666;
const LOOK: u32 = 0o555;

impl Server {
    /// The attributes of an image, of which its store knows this.
    pub(super) fn image_attributes(&self, id: ImageId, known: &Known) -> Option<Attributes> {
        let image = self.export.get(id)?;
        let mode = match image.geometry.read_only {
            true => READ_ONLY,
            false => READ_WRITE,
        };
        Some(Attributes {
            file_type: FileType::Regular,
            mode: Mode::new(mode),
            nlink: 1,
            uid: 0,
            gid: 0,
            size: image.geometry.size,
            used: known.allocated,
            rdev: DeviceNumber::default(),
            fsid: FSID,
            fileid: image.file,
            atime: time(known.accessed),
            mtime: time(known.modified),
            ctime: time(known.changed),
        })
    }

    /// The attributes of an object of a tree, which is a file system of its own.
    pub(super) fn node_attributes(&self, place: Place, known: &tree::Attributes) -> Attributes {
        let fsid = match place {
            Place::File(FileId { tree, .. }) => FSID + 1 + u64::from(tree.0),
            Place::Image(_) => FSID,
        };
        node_attributes(known, fsid)
    }

    /// The attributes of the root.
    pub(super) fn root_attributes(&self) -> Attributes {
        let changed = self.export.changed();
        Attributes {
            file_type: FileType::Directory,
            mode: Mode::new(LOOK),
            nlink: 2,
            uid: 0,
            gid: 0,
            size: DIRECTORY_SIZE,
            used: DIRECTORY_SIZE,
            rdev: DeviceNumber::default(),
            fsid: FSID,
            fileid: ROOT,
            atime: changed,
            mtime: changed,
            ctime: changed,
        }
    }
}

fn node_attributes(known: &tree::Attributes, fsid: u64) -> Attributes {
    Attributes {
        file_type: match known.kind {
            Kind::Regular => FileType::Regular,
            Kind::Directory => FileType::Directory,
            Kind::SymbolicLink => FileType::SymbolicLink,
            Kind::Fifo => FileType::Fifo,
            Kind::Socket => FileType::Socket,
            Kind::Block => FileType::Block,
            Kind::Character => FileType::Character,
        },
        mode: Mode::new(known.mode),
        nlink: known.links,
        uid: known.uid,
        gid: known.gid,
        size: known.size,
        used: known.used,
        rdev: DeviceNumber::default(),
        fsid,
        fileid: known.node.inode,
        atime: time(known.accessed),
        mtime: time(known.modified),
        ctime: time(known.changed),
    }
}

fn time(moment: Timestamp) -> Time {
    Time::nearest(moment.seconds, moment.nanoseconds)
}
