//! The iSCSI target as a service of the worker.

use std::io;

use labelgate_buffers::Memory;
use labelgate_control::{AuditEvent, Configure, Text};
use labelgate_engine::{ConnectionId, ImageId};
use labelgate_iscsi::{Limits, Notice, Target};
use labelgate_scsi::Kept;

use crate::service::Service;

/// One part in so many of the memory covers what initiators may send unasked.
const UNSOLICITED: usize = 2;

/// The iSCSI target of one label, within the connections that it was given and `bytes` of memory,
/// which is a part of `memory` if there is one.
///
/// # Errors
/// The system refuses the memory, or it is too little to serve anybody.
pub fn target(configure: &Configure, bytes: usize, memory: Option<&Memory>) -> io::Result<Target> {
    let unsolicited_bytes = bytes / UNSOLICITED;
    let limits = Limits {
        connections: configure.max_connections,
        shared_bytes: bytes - unsolicited_bytes,
        unsolicited_bytes,
        ..Limits::default()
    };
    match memory {
        Some(memory) => Target::within(limits, memory),
        None => Target::new(limits),
    }
}

impl Service for Target {
    fn trim(&self) -> io::Result<()> {
        Self::trim(self)
    }

    fn buffer_bytes(&self) -> usize {
        self.bytes_in_use()
    }

    fn restore(&mut self, image: ImageId, kept: Kept) {
        Self::restore(self, image, kept);
    }

    fn take_event(&mut self) -> Option<(ConnectionId, AuditEvent)> {
        self.take_notice().map(told)
    }
}

/// A notice of the engine as the supervisor's record has it.
fn told(notice: Notice) -> (ConnectionId, AuditEvent) {
    let clean = |text: Option<String>| Text::clean(text.as_deref().unwrap_or_default());
    match notice {
        Notice::LoggedIn {
            connection,
            initiator,
            target,
        } => {
            let (initiator, target) = (Text::clean(&initiator), clean(target));
            (connection, AuditEvent::LoginAccepted { initiator, target })
        }
        Notice::LoginRefused {
            connection,
            initiator,
            target,
            status,
        } => {
            let reason = Text::clean(&status.to_string());
            let (initiator, target) = (clean(initiator), clean(target));
            (
                connection,
                AuditEvent::LoginRefused {
                    initiator,
                    target,
                    reason,
                },
            )
        }
        Notice::LoggedOut {
            connection,
            initiator,
            target,
        } => {
            let (initiator, target) = (Text::clean(&initiator), clean(target));
            (connection, AuditEvent::Logout { initiator, target })
        }
        Notice::Reinstated {
            connection,
            initiator,
            target,
        } => {
            let (initiator, target) = (Text::clean(&initiator), clean(target));
            (
                connection,
                AuditEvent::SessionReinstated { initiator, target },
            )
        }
        Notice::Closed { connection, why } => (
            connection,
            AuditEvent::ProtocolError {
                what: Text::clean(why),
            },
        ),
    }
}
