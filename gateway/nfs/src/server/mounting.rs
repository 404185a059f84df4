//! MOUNT, for a connection whose label is known (RFC 1813, appendix I).
//!
//! Nobody is told what others have mounted, or could: lists are empty.

use labelgate_engine::ConnectionId;
use labelgate_handle::Object;

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
            Call::Mnt(path) => {
                let reply = self.mount(id, path);
                self.answer_v3(id, xid, &reply, turn);
            }
        }
    }

    /// The handle of a directory. There is one, the root, which has a name beside `/`: QEMU cannot
    /// mount a path without a name in it.
    fn mount(&mut self, id: ConnectionId, path: DirPath<'_>) -> MntReply {
        let mut components = path.components();
        let first = match components.next() {
            Some(ROOT_NAME) => components.next(),
            first => first,
        };
        let refused = match first.map(|name| self.export.of_name(name)) {
            None => None,
            Some(Some(_)) => Some((MountStat::NotDir, "it is an image and no directory")),
            Some(None) => Some((MountStat::NoEnt, "there is no such directory")),
        };
        if let Some((status, why)) = refused {
            let connection = id;
            self.notice(Notice::MountRefused { connection, why });
            return MntReply::Refused(status);
        }
        let Some(handle) = self.seal(id, Object::Root) else {
            return MntReply::Refused(MountStat::ServerFault);
        };
        self.notice(Notice::Mounted { connection: id });
        MntReply::Mounted(Mounted(handle))
    }
}
