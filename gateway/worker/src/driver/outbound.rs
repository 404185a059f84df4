//! The sending half of a connection: a queue of transmissions and how far the first has got.

use std::collections::VecDeque;

use labelgate_engine::Transmission;

use super::PIECES;

/// What is to be sent, in order.
#[derive(Debug, Default)]
pub(crate) struct Outbound {
    queue: VecDeque<Transmission>,
    /// How many bytes of the first transmission are in the socket.
    sent: usize,
}

impl Outbound {
    pub(crate) fn push(&mut self, transmission: Transmission) {
        self.queue.push_back(transmission);
    }

    /// Takes over everything queued in `other`.
    pub(crate) fn append(&mut self, other: &mut VecDeque<Transmission>) {
        self.queue.append(other);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// The next pieces to send, [`PIECES`] of them at most. None of them is empty.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let mut skip = self.sent;
        self.queue
            .iter()
            .flat_map(Transmission::slices)
            .filter_map(move |slice| {
                let rest = slice.get(skip..).unwrap_or_default();
                skip = skip.saturating_sub(slice.len());
                (!rest.is_empty()).then_some(rest)
            })
            .take(PIECES)
    }

    /// `n` more bytes are in the socket: hands out the transmissions that are complete now.
    pub(crate) fn advance(&mut self, n: usize, mut done: impl FnMut(Transmission)) {
        self.sent = self.sent.saturating_add(n);
        while let Some(first) = self.queue.front() {
            let length = first.length();
            if length > self.sent {
                break;
            }
            self.sent -= length;
            if let Some(first) = self.queue.pop_front() {
                done(first);
            }
        }
    }

    /// Frees what an idle connection does not need.
    pub(crate) fn shrink(&mut self) {
        if self.queue.is_empty() {
            self.queue = VecDeque::new();
        }
    }
}
