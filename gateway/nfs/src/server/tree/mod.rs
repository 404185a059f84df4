//! Calls about the objects of a directory tree.
//!
//! Each becomes one [`Call`] of the tree ([`procedures`], [`making`]); the [`Ask`] that goes with it
//! says what its [`Answer`](labelgate_engine::tree::Answer) is to be made of ([`answering`],
//! [`listing`]). The data of files goes the way of images' ([`super::transfer`]).

mod answering;
mod listing;
mod making;
mod procedures;
mod translate;
mod walking;

use labelgate_engine::ConnectionId;
use labelgate_engine::Place;
use labelgate_engine::tree::{Call, FileId};

use super::task::{Pending, Task};
use super::{Server, Turn};
use crate::v3::access::Permissions;

/// Whose results a call of a tree has to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    SetAttr,
    Lookup,
    /// Of these.
    Access(Permissions),
    ReadLink,
    /// CREATE, MKDIR, SYMLINK and MKNOD.
    Made,
    /// REMOVE and RMDIR.
    Removed,
    Rename,
    Link,
    ReadDir {
        count: u32,
    },
    ReadDirPlus {
        dircount: u32,
        maxcount: u32,
    },
    FsStat,
    FsInfo,
    PathConf,
    /// LOOKUP of a tree in the root of the export.
    Root,
    /// MNT of a path in a tree.
    Mount,
}

/// Whose call it is, and about what.
#[derive(Debug, Clone, Copy)]
struct Asked {
    id: ConnectionId,
    xid: u32,
    file: FileId,
}

impl Server {
    fn ask_tree(&mut self, asked: Asked, ask: Ask, call: Call, turn: &mut Turn<'_>) {
        let pending = Pending {
            connection: Some(asked.id),
            xid: asked.xid,
            place: Place::File(asked.file),
            task: Task::Tree(ask),
            data: None,
            replay: None,
        };
        self.ask(pending, call, turn);
    }
}
