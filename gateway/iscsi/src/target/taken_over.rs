//! A login that another process has led to its end.

use labelgate_engine::{ConnectionId, Receive};

use super::{Target, Turn};
use crate::login::{Handover, HandoverError};

impl Target {
    /// Goes on where a greeter has left off: checks what was agreed upon, ends an older session of
    /// the nexus, and sends the last answer. The nexus is that of the identity which the
    /// supervisor has checked, whatever these bytes say.
    pub(super) fn take_over(
        &mut self,
        id: ConnectionId,
        login: &[u8],
        turn: &mut Turn<'_>,
    ) -> Receive {
        let Handover {
            established,
            reply,
            stat_sn,
        } = match Handover::decode(login) {
            Ok(handover) => handover,
            Err(error) => return self.close_now(id, blame(error), turn),
        };
        if let Some(phase) = self.login_phase(id) {
            phase.stat_sn = stat_sn.get();
        }
        self.established(id, established, reply, turn)
    }
}

/// What the record says: it is the greeter that is at fault, or that was taken over.
const fn blame(error: HandoverError) -> &'static str {
    match error {
        HandoverError::Truncated | HandoverError::Trailing => {
            "the greeter handed over bytes that are no login"
        }
        HandoverError::Version => "the greeter is of another version than the worker",
        HandoverError::State => "the greeter handed over a login that cannot be",
        HandoverError::Name => "the greeter handed over a name that is none",
        HandoverError::Parameters => "the greeter handed over parameters that are not ours",
        HandoverError::Text => "the greeter handed over an answer that is none",
    }
}
