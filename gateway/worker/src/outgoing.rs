//! What the worker has to say to the supervisor.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use labelgate_control::{FromWorker, SendError, WorkerEnd};

/// How soon a full control socket is tried again.
const AGAIN: Duration = Duration::from_millis(10);

/// How many messages wait at most before audit events are dropped. All others are answers, which
/// the supervisor bounds by what it asks.
const MANY: usize = 1024;

/// Messages that could not be sent yet, in order.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    waiting: VecDeque<FromWorker>,
    again: Option<Instant>,
}

impl Outgoing {
    /// Puts a message at the end; whether it was taken.
    pub(crate) fn push(&mut self, message: FromWorker) -> bool {
        let taken = self.waiting.len() < MANY || !matches!(message, FromWorker::Audit { .. });
        if taken {
            self.waiting.push_back(message);
        }
        taken
    }

    /// Sends as much as the socket takes.
    ///
    /// # Errors
    /// The supervisor is gone, or the socket or a message is broken.
    pub(crate) fn send(&mut self, to: &WorkerEnd, now: Instant) -> Result<(), SendError> {
        self.again = None;
        while let Some(message) = self.waiting.front() {
            match to.send(message) {
                Ok(()) => {}
                Err(SendError::WouldBlock) => {
                    self.again = Some(now + AGAIN);
                    break;
                }
                Err(error) => return Err(error),
            }
            self.waiting.pop_front();
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// When to try again.
    pub(crate) const fn deadline(&self) -> Option<Instant> {
        self.again
    }
}

#[cfg(test)]
mod tests {
    use labelgate_control::{AuditEvent, Text};

    use super::*;

    #[test]
    fn events_that_the_supervisor_does_not_take_are_dropped_and_answers_never() {
        let event = || FromWorker::Audit {
            connection: 1,
            event: AuditEvent::ProtocolError {
                what: Text::clean("x"),
            },
        };
        let mut outgoing = Outgoing::default();
        assert!((0..MANY).all(|_| outgoing.push(event())));
        assert!(!outgoing.push(event()), "whoever counts hears of it");
        assert!(outgoing.push(FromWorker::ImageRemoved { image: 1 }));
        assert_eq!(outgoing.waiting.len(), MANY + 1);
    }
}
