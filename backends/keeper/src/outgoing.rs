//! What the keeper has to say to the supervisor.

use std::collections::VecDeque;

use labelgate_control::{FromKeeper, KeeperEnd, SendError};

/// Messages that could not be sent yet, in order: answers, whose number the supervisor bounds by what
/// it asks, and news, each of which is said once for each image. What an image looks like may change
/// as often as its server likes: only the last of that waits.
#[derive(Debug, Default)]
pub(crate) struct Outgoing(VecDeque<FromKeeper>);

impl Outgoing {
    pub(crate) fn push(&mut self, message: FromKeeper) {
        if let FromKeeper::ImageResized { image: new, .. } = &message {
            let older = |queued: &FromKeeper| matches!(queued, FromKeeper::ImageResized { image, .. } if image == new);
            self.0.retain(|queued| !older(queued));
        }
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

#[cfg(test)]
mod tests {
    use labelgate_control::KeptShape;

    use super::*;

    #[test]
    fn of_sizes_the_last_one_waits() {
        let resized = |image, size| FromKeeper::ImageResized {
            image,
            shape: KeptShape {
                size,
                physical_block: 4096,
                discard: false,
                stable_writes: true,
            },
        };
        let mut outgoing = Outgoing::default();
        outgoing.push(FromKeeper::ImageRemoved { image: 3 });
        for size in 1..1000 {
            outgoing.push(resized(1, size));
            outgoing.push(resized(2, size));
        }
        outgoing.push(resized(1, 7));
        let sizes = outgoing.0.iter().map(|message| match message {
            FromKeeper::ImageResized { image, shape } => (*image, shape.size),
            _ => (0, 0),
        });
        assert_eq!(sizes.collect::<Vec<_>>(), [(0, 0), (2, 999), (1, 7)]);
    }
}
