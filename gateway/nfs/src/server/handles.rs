//! What the handles of a call lead to.

use std::net::IpAddr;

use labelgate_engine::ConnectionId;
use labelgate_handle::{Handle, HandleKey, LENGTH, Object, Sealed};

use super::{Notice, Server};
use crate::v3::{FileHandle, Status};

/// How the handles of this label are sealed.
#[derive(Debug)]
pub struct Handles {
    /// The label's key.
    pub key: HandleKey,
    /// A handle is good only from the address that it was given to.
    pub bound: bool,
}

impl Handles {
    fn client(&self, peer: IpAddr) -> Option<IpAddr> {
        self.bound.then_some(peer)
    }
}

impl Server {
    /// The handle of an object, for this connection's client; or for the one whose answer is kept
    /// because it has gone.
    pub(super) fn seal(&self, id: ConnectionId, object: Object) -> Option<[u8; LENGTH]> {
        let connected = self.connections.get(&id).map(|it| (it.epoch, it.peer));
        let kept = self.replays.answering().map(|it| (it.epoch, it.client));
        let (epoch, peer) = connected.or(kept)?;
        let handle = Handle { epoch, object };
        Some(handle.seal(&self.handles.key, self.handles.client(peer)))
    }

    /// What a handle leads to, if it was given to this connection's client.
    pub(super) fn open(
        &mut self,
        id: ConnectionId,
        handle: FileHandle<'_>,
    ) -> Result<Object, Status> {
        let unsealed = self.unseal(id, handle);
        unsealed.map_err(|(status, why)| self.refuse(id, status, why))
    }

    /// As [`Server::open`], but that nothing is written down of a handle that is none.
    pub(super) fn unseal(
        &mut self,
        id: ConnectionId,
        handle: FileHandle<'_>,
    ) -> Result<Object, (Status, &'static str)> {
        let Some(connection) = self.connections.get_mut(&id) else {
            return Err((Status::Stale, "its connection has gone"));
        };
        let bytes = handle.as_bytes();
        // Most calls are about the same file as the one before.
        if let Some((known, object)) = &connection.known
            && known == bytes
        {
            return Ok(*object);
        }
        let Ok(sealed) = Sealed::parse(bytes) else {
            return Err((Status::BadHandle, "a handle that is none of this gateway"));
        };
        let client = self.handles.client(connection.peer);
        match sealed.open(&self.handles.key, client) {
            Ok(Handle { epoch, object }) if epoch == connection.epoch => {
                if let Ok(bytes) = bytes.try_into() {
                    connection.known = Some((bytes, object));
                }
                Ok(object)
            }
            Ok(_) => Err((
                Status::Stale,
                "a handle of another identity, or of a token that is no longer valid",
            )),
            Err(_) => Err((
                Status::Stale,
                "a handle of another label or client, or a forged one",
            )),
        }
    }

    /// Writes down the first handle that is refused on a connection, and then one in a thousand.
    fn refuse(&mut self, id: ConnectionId, status: Status, why: &'static str) -> Status {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.refused += 1;
            if connection.refused % 1000 == 1 {
                let connection = id;
                self.notice(Notice::HandleRefused { connection, why });
            }
        }
        status
    }
}
