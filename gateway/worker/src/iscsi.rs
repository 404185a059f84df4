//! The iSCSI target as a service of the worker.

use std::io;

use labelgate_control::{AuditEvent, Configure};
use labelgate_engine::ConnectionId;
use labelgate_iscsi::{Limits, Target};

use crate::service::Service;

/// One part in so many of the memory covers what initiators may send unasked.
const UNSOLICITED: usize = 4;

/// The iSCSI target of one label, within the memory and the connections it was given.
///
/// # Errors
/// The system refuses the memory, or it is too little to serve anybody.
pub fn target(configure: &Configure) -> io::Result<Target> {
    let bytes = usize::try_from(configure.pool_bytes).map_err(|_| io::ErrorKind::OutOfMemory)?;
    let unsolicited_bytes = bytes / UNSOLICITED;
    Target::new(Limits {
        connections: configure.max_connections,
        shared_bytes: bytes - unsolicited_bytes,
        unsolicited_bytes,
        ..Limits::default()
    })
}

impl Service for Target {
    fn trim(&self) -> io::Result<()> {
        Self::trim(self)
    }

    fn take_event(&mut self) -> Option<(ConnectionId, AuditEvent)> {
        None
    }
}
