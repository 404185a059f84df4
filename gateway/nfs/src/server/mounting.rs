//! MOUNT, for a connection whose label is known (RFC 1813, appendix I).
//!
//! Nobody is told what others have mounted, or could: lists are empty.

use labelgate_engine::ConnectionId;
use labelgate_handle::Object;

use super::{Notice, Server, Turn};
use crate::mount::{Call, DirPath, ExportList, MntReply, MountList, MountStat, Mounted};

/// So much of a path is written down.
const WRITTEN: usize = 200;

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

    /// The handle of a directory. There is one, the root.
    fn mount(&mut self, id: ConnectionId, path: DirPath<'_>) -> MntReply {
        let by_token = self.connections.get(&id).is_some_and(|it| it.by_token);
        let below = match (by_token, path.split_token()) {
            // Who made it here has proved it.
            (true, Some((_, below))) => below,
            (true, None) | (false, _) => path,
        };
        let shown = shown(below);
        let first = below.components().next();
        let refused = match first.map(|name| self.export.of_name(name)) {
            None => None,
            Some(Some(_)) => Some((MountStat::NotDir, "it is an image and no directory")),
            Some(None) => Some((MountStat::NoEnt, "there is no such directory")),
        };
        if let Some((status, why)) = refused {
            self.notice(Notice::MountRefused {
                connection: id,
                path: shown,
                why,
            });
            return MntReply::Refused(status);
        }
        let Some(handle) = self.seal(id, Object::Root) else {
            return MntReply::Refused(MountStat::ServerFault);
        };
        self.notice(Notice::Mounted {
            connection: id,
            path: shown,
        });
        MntReply::Mounted(Mounted(handle))
    }
}

/// A path as it is written down: without what a client may have proved itself with.
fn shown(path: DirPath<'_>) -> String {
    let text = String::from_utf8_lossy(path.expose());
    let path = format!("/{}", text.trim_start_matches('/'));
    path.chars().take(WRITTEN).collect()
}
