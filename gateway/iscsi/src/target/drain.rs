//! Leaving in good order: clients are asked to log out.

use std::time::Instant;

use super::connection::Phase;
use super::{Target, Turn};
use crate::pdu::{AsyncEvent, AsyncMessage};

impl Target {
    /// > RFC 7143, 11.9.1: event 1, "target requests Logout; the Async Message MUST be sent on the
    /// > same connection as the one requesting to be logged out. The initiator MUST honor this
    /// > request by issuing a Logout as early as possible but no later than Parameter3 seconds."
    pub(super) fn ask_to_leave(&mut self, deadline: Instant, turn: &mut Turn<'_>) {
        self.draining = Some(deadline);
        self.check_by(deadline);
        let seconds = deadline
            .saturating_duration_since(turn.now)
            .as_secs()
            .max(1);
        let within = u16::try_from(seconds).unwrap_or(u16::MAX);
        let ids: Vec<_> = self.connections.keys().copied().collect();
        for id in ids {
            let Self {
                connections,
                ledger,
                ..
            } = self;
            let Some(connection) = connections.get_mut(&id) else {
                continue;
            };
            if let Phase::Full(session) = &mut connection.phase {
                let event = AsyncEvent::LogoutRequested { within };
                let header = AsyncMessage { event }.encode(session.window.status(ledger));
                self.send_pdu(id, &header, &[], turn);
            } else {
                self.close_now(id, "the gateway is shutting down", turn);
            }
        }
    }
}
