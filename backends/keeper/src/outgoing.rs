//! What the keeper has to say to the supervisor.

use std::collections::VecDeque;

use labelgate_control::{FromKeeper, KeeperEnd, SendError};

/// Messages that could not be sent yet, in order: answers, whose number the supervisor bounds by what
/// it asks, and news, each of which is said once for each image.
#[derive(Debug, Default)]
pub(crate) struct Outgoing(VecDeque<FromKeeper>);

impl Outgoing {
    pub(crate) fn push(&mut self, message: FromKeeper) {
        self.0.push_back(message);
    }

    /// Sends as much as the socket takes.
    ///
    /// # Errors
    /// The supervisor is gone, or the socket or a message is broken.
    pub(crate) fn send(&mut self, to: &KeeperEnd) -> Result<(), SendError> {
        while let Some(message) = self.0.front() {
            match to.send(message) {
                Ok(()) => {}
                Err(SendError::WouldBlock) => break,
                Err(error) => return Err(error),
            }
            self.0.pop_front();
        }
        Ok(())
    }

    /// Whether nothing waits for the socket.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
