//! Logout (RFC 7143, 11.14, 11.15).

use labelgate_engine::{ConnectionId, Ending};

use super::ends::Then;
use super::notice::Notice;
use super::{Target, Turn};
use crate::pdu::{InitiatorTaskTag, LogoutOutcome, LogoutReason, LogoutRequest, LogoutResponse};
use crate::session_type::SessionType;

impl Target {
    /// The session's tasks are ended, then the logout is answered and the connection closed.
    pub(super) fn logout(&mut self, id: ConnectionId, pdu: &LogoutRequest, turn: &mut Turn<'_>) {
        if !self.arrives(id, pdu.immediate, pdu.cmd_sn, turn) {
            return;
        }
        if pdu.reason == LogoutReason::RemoveConnectionForRecovery {
            let outcome = LogoutOutcome::RecoveryNotSupported;
            return self.send_logout(id, pdu.initiator_task_tag, outcome, turn);
        }
        let Some(session) = self.session(id) else {
            return;
        };
        session.leaving = true;
        let keys: Vec<_> = session.tasks.values().copied().collect();
        self.condemn(&keys);
        let pending = keys
            .into_iter()
            .filter_map(|key| self.abort(key, turn))
            .collect();
        let itt = pdu.initiator_task_tag;
        self.when_ended(
            pending,
            Then::Logout {
                connection: id,
                itt,
            },
            turn,
        );
    }

    /// Nothing of the session is in flight any more.
    pub(super) fn logout_done(
        &mut self,
        connection: ConnectionId,
        itt: InitiatorTaskTag,
        turn: &mut Turn<'_>,
    ) {
        self.send_logout(connection, itt, LogoutOutcome::Closed, turn);
        let Some(open) = self.connections.get_mut(&connection).filter(|c| !c.closing) else {
            return;
        };
        open.closing = true;
        let names = open.session().map(|session| {
            let target = match &session.kind {
                SessionType::Discovery => None,
                SessionType::Normal { target } => Some(target.as_str().to_owned()),
            };
            (session.name.initiator.clone(), target)
        });
        if let Some((initiator, target)) = names {
            self.notice(Notice::LoggedOut {
                connection,
                initiator,
                target,
            });
        }
        turn.close(connection, Ending::AfterSending);
        self.end_session(connection, turn);
    }

    fn send_logout(
        &mut self,
        id: ConnectionId,
        initiator_task_tag: InitiatorTaskTag,
        outcome: LogoutOutcome,
        turn: &mut Turn<'_>,
    ) {
        let Some(numbers) = self.status_numbers(id) else {
            return;
        };
        let header = LogoutResponse {
            initiator_task_tag,
            outcome,
            time2wait: 0,
            time2retain: 0,
        }
        .encode(numbers);
        self.send_pdu(id, &header, &[], turn);
    }
}
