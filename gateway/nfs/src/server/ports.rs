//! The port mapper's questions, of a client whose label the network tells: it reaches no other port
//! mapper, and has a worker already.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use labelgate_engine::{ConnectionId, Ports};

use super::{Server, Turn};
use crate::portmap::{Services, Transport, answer};
use crate::rpc::{Accepted, CallHeader};

/// What a client is told that has reached this address of ours.
pub(super) fn services(ports: Ports, local: SocketAddr) -> Services {
    Services {
        nfs_port: ports.nfs,
        mount_port: ports.mount,
        portmap_port: local.port(),
        // No datagram of a labelled client is heard.
        udp: false,
        local: local.ip(),
        time: 0,
    }
}

impl Server {
    /// Answers one, on a connection that may ask any. On others there is no such program.
    pub(super) fn tell_ports(
        &mut self,
        id: ConnectionId,
        call: &CallHeader<'_>,
        arguments: &[u8],
        turn: &mut Turn<'_>,
    ) -> Result<(), Accepted> {
        let services = self.connections.get(&id).and_then(|it| it.services);
        let services = Services {
            time: self.seconds(turn),
            ..services.ok_or(Accepted::ProgUnavail)?
        };
        // Over TCP every call has an answer.
        let reply = answer(call, arguments, &services, Transport::Tcp);
        let reply = reply.ok_or(Accepted::SystemErr)?;
        self.send(id, |e| e.fixed(&reply), None, turn);
        Ok(())
    }

    /// The time, in seconds since 1970 began.
    fn seconds(&self, turn: &Turn<'_>) -> u32 {
        let (wall, start) = self.export.started();
        let epoch = wall.duration_since(SystemTime::UNIX_EPOCH);
        let since = turn.now.saturating_duration_since(start);
        let moment = epoch.unwrap_or(Duration::ZERO).saturating_add(since);
        u32::try_from(moment.as_secs()).unwrap_or(u32::MAX)
    }
}
