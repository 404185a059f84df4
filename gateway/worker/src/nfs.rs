//! The NFS server as a service of the worker.

use std::io;
use std::time::SystemTime;

use labelgate_buffers::Memory;
use labelgate_control::{AuditEvent, Configure, Text};
use labelgate_engine::ConnectionId;
use labelgate_nfs::handle::HandleKey;
use labelgate_nfs::server::{Handles, Limits, Notice, Server};

use crate::service::Service;

/// The NFS server of one label, within the connections that it was given and `bytes` of memory,
/// which is a part of `memory` if there is one.
///
/// # Errors
/// The system refuses the memory, it is too little to serve anybody, or the key is none.
pub fn server(configure: &Configure, bytes: usize, memory: Option<&Memory>) -> io::Result<Server> {
    let key = HandleKey::try_from(&*configure.handle_key);
    let handles = Handles {
        key: key.map_err(io::Error::other)?,
        bound: configure.bind_handles,
    };
    let limits = Limits {
        connections: configure.max_connections,
        pool_bytes: bytes,
        ..Limits::default()
    };
    let started = SystemTime::now();
    match memory {
        Some(memory) => Server::within(limits, memory, handles, started),
        None => Server::new(limits, handles, started),
    }
}

impl Service for Server {
    fn trim(&self) -> io::Result<()> {
        Self::trim(self)
    }

    fn buffer_bytes(&self) -> usize {
        self.bytes_in_use()
    }

    fn take_event(&mut self) -> Option<(ConnectionId, AuditEvent)> {
        self.take_notice().map(told)
    }
}

/// A notice of the server as the supervisor's record has it.
fn told(notice: Notice) -> (ConnectionId, AuditEvent) {
    match notice {
        Notice::Mounted { connection } => (connection, AuditEvent::Mounted),
        Notice::MountRefused { connection, why } => {
            let reason = Text::clean(why);
            (connection, AuditEvent::MountRefused { reason })
        }
        Notice::HandleRefused { connection, why } => {
            let reason = Text::clean(why);
            (connection, AuditEvent::HandleRefused { reason })
        }
        Notice::Closed { connection, why } => {
            let what = Text::clean(why);
            (connection, AuditEvent::ProtocolError { what })
        }
    }
}
