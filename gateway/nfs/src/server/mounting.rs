//! MOUNT, for a connection whose label is known (RFC 1813, appendix I).
//!
//! Nobody is told what others have mounted, or could: lists are empty.

use labelgate_engine::ConnectionId;
use labelgate_engine::tree::Name;
use labelgate_handle::Object;

use super::export::Shown;
use super::{Notice, Server, Turn};
use crate::mount::{Call, DirPath, ExportList, MntReply, MountList, MountStat, Mounted};

/// What the root can be called.
const ROOT_NAME: &[u8] = b"images";

impl Server {
    pub(super) fn mount_procedure(
        &mut self,
        id: ConnectionId,
        xid: u32,
        call: Call<'_>,
        turn: &mut Turn<'_>,
    ) {
        match call {
            Call::Null | Call::Umnt(_) | Call::UmntAll => self.answer_v3(id, xid, &(), turn),
            Call::Dump => self.answer_v3(id, xid, &MountList::default(), turn),
            Call::Export => self.answer_v3(id, xid, &ExportList::default(), turn),
            Call::Mnt(path) => self.mount(id, xid, path, turn),
        }
    }

    /// Answers the MNT that another process has read from a connection.
    pub(super) fn mount_at_once(
        &mut self,
        id: ConnectionId,
        xid: u32,
        path: &[u8],
        turn: &mut Turn<'_>,
    ) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.calls += 1;
        }
        match DirPath::new(path) {
            Some(path) => self.mount(id, xid, path, turn),
            None => {
                let why = "its path is too long";
                self.answer_mount(id, xid, Err((MountStat::NameTooLong, why)), turn);
            }
        }
    }

    /// The handle of a directory: of the root, which has a name beside `/`, because QEMU cannot mount
    /// a path without a name in it; of a tree, or of a directory in one.
    fn mount(&mut self, id: ConnectionId, xid: u32, path: DirPath<'_>, turn: &mut Turn<'_>) {
        let mut components = path.components();
        let first = match components.next() {
            Some(ROOT_NAME) => components.next(),
            first => first,
        };
        let found = match first.map(|name| self.export.of_name(name)) {
            None => Ok(Object::Root),
            Some(Some(Shown::Tree(tree))) => {
                let names = components.map(Name::from).collect();
                return self.walk(id, xid, (tree, names), turn);
            }
            Some(Some(Shown::Image(_))) => {
                Err((MountStat::NotDir, "it is an image and no directory"))
            }
            Some(None) => Err((MountStat::NoEnt, "there is no such directory")),
        };
        self.answer_mount(id, xid, found, turn);
    }

    pub(super) fn answer_mount(
        &mut self,
        id: ConnectionId,
        xid: u32,
        found: Result<Object, (MountStat, &'static str)>,
        turn: &mut Turn<'_>,
    ) {
        let connection = id;
        let reply = match found.map(|object| self.seal(id, object)) {
            Ok(Some(handle)) => {
                self.notice(Notice::Mounted { connection });
                MntReply::Mounted(Mounted(handle))
            }
            Ok(None) => MntReply::Refused(MountStat::ServerFault),
            Err((status, why)) => {
                self.notice(Notice::MountRefused { connection, why });
                MntReply::Refused(status)
            }
        };
        self.answer_v3(id, xid, &reply, turn);
    }
}
