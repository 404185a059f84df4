//! Time limits: logins, silence, stalls.

use std::time::Instant;

use labelgate_engine::ConnectionId;

use super::connection::{Connection, Phase};
use super::task::Stage;
use super::{Target, Turn};

/// What a connection's clocks say.
enum Due {
    /// Nothing before then.
    At(Instant),
    /// Ask whether it is still there.
    Ping,
    /// It is over.
    Close(&'static str),
}

impl Target {
    /// Makes sure that the timers are looked at no later than `at`.
    pub(super) fn check_by(&mut self, at: Instant) {
        self.next_check = Some(self.next_check.map_or(at, |next| next.min(at)));
    }

    pub(super) fn check_timers(&mut self, turn: &mut Turn<'_>) {
        self.next_check = None;
        let ids: Vec<_> = self.connections.keys().copied().collect();
        for id in ids {
            match self.due(id, turn.now) {
                Some(Due::At(at)) => self.check_by(at),
                Some(Due::Ping) => {
                    self.ping(id, turn);
                    self.check_by(turn.now + self.limits.ping_time);
                }
                Some(Due::Close(why)) => {
                    self.close_now(id, why, turn);
                }
                None => {}
            }
        }
    }

    fn due(&self, id: ConnectionId, now: Instant) -> Option<Due> {
        let connection = self
            .connections
            .get(&id)
            .filter(|connection| !connection.closing)?;
        if self.draining.is_some_and(|end| now >= end) {
            return Some(Due::Close("the gateway is shutting down"));
        }
        let due = match connection.phase {
            Phase::Login(_) => {
                let end = connection.accepted + self.limits.login_time;
                if now >= end {
                    Due::Close("the login took too long")
                } else {
                    Due::At(end)
                }
            }
            Phase::Full(_) => self.session_due(id, connection, now),
            Phase::Reinstating(_) => {
                let end = connection.accepted + self.limits.login_time + self.limits.stall_time;
                if now >= end {
                    Due::Close("the session it would reinstate does not end")
                } else {
                    Due::At(end)
                }
            }
            Phase::Over => return None,
        };
        Some(match (due, self.draining) {
            (Due::At(at), Some(end)) => Due::At(at.min(end)),
            (due, _) => due,
        })
    }

    fn session_due(&self, id: ConnectionId, connection: &Connection, now: Instant) -> Due {
        let stall = self.limits.stall_time;
        if connection.unsent > 0 && now >= connection.drained + stall {
            return Due::Close("the peer does not read what it is sent");
        }
        let starved = self.tasks.iter().any(|(_, task)| {
            let owes = matches!(task.stage, Stage::Unsolicited | Stage::Solicited);
            task.connection == Some(id) && owes && now >= task.fed + stall
        });
        if starved {
            return Due::Close("the peer does not send the data it announced");
        }
        let since = connection.pinged.unwrap_or(connection.heard);
        let next = since + self.limits.ping_time;
        match connection.pinged {
            _ if now < next => Due::At(next.min(now + stall)),
            None if connection.choked => Due::At(now + self.limits.ping_time),
            None => Due::Ping,
            Some(_) => Due::Close("the peer does not answer a ping"),
        }
    }
}
