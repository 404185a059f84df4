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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn partial_sends_lose_and_repeat_nothing(
            lengths in proptest::collection::vec(0_usize..400, 0..80),
            steps in proptest::collection::vec(1_usize..500, 1..40),
        ) {
            let mut outbound = Outbound::default();
            let mut all = Vec::new();
            for (seed, &length) in (0_u8..).zip(&lengths) {
                let bytes: Vec<u8> = (seed..=255).cycle().take(length).collect();
                let mut transmission = Transmission::new();
                transmission.bytes(&bytes);
                all.extend(bytes);
                outbound.push(transmission);
            }
            let mut sent = Vec::new();
            let mut done = Vec::new();
            let mut steps = steps.into_iter().cycle();
            outbound.advance(0, |transmission| done.push(transmission.length()));
            while !outbound.is_empty() {
                let gathered = outbound.pieces().collect::<Vec<_>>().concat();
                let n = steps.next().unwrap().min(gathered.len());
                sent.extend_from_slice(&gathered[..n]);
                outbound.advance(n, |transmission| done.push(transmission.length()));
            }
            prop_assert_eq!(sent, all);
            prop_assert_eq!(done, lengths);
        }
    }

    #[test]
    fn a_gather_is_bounded() {
        let mut outbound = Outbound::default();
        for _ in 0..PIECES + 10 {
            let mut transmission = Transmission::new();
            transmission.bytes(b"x");
            outbound.push(transmission);
        }
        assert_eq!(outbound.pieces().count(), PIECES);
    }
}
