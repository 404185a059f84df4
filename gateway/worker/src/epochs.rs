//! When everything has ended that was begun before a certain moment.

use std::collections::VecDeque;

use labelgate_engine::IoId;

/// Operations of one image, counted by when they were begun: each [`Epochs::settle`] begins a new
/// epoch while something is in flight.
#[derive(Debug, Default)]
pub(crate) struct Epochs {
    /// The number of the oldest epoch in `ended`.
    first: u64,
    /// Epochs that are over but for what is in flight of them, oldest first.
    ended: VecDeque<Epoch>,
    /// What is in flight of the present one.
    present: usize,
}

#[derive(Debug)]
struct Epoch {
    in_flight: usize,
    /// Who waits for it and for those before it.
    then: IoId,
}

impl Epochs {
    /// An operation begins: in which epoch.
    pub(crate) fn begin(&mut self) -> u64 {
        self.present += 1;
        self.first + self.ended.len() as u64
    }

    /// An operation of this epoch has ended. Who has waited for it is added to `settled`.
    pub(crate) fn end(&mut self, epoch: u64, settled: &mut Vec<IoId>) {
        let at = usize::try_from(epoch - self.first).unwrap_or(usize::MAX);
        match self.ended.get_mut(at) {
            Some(ended) => ended.in_flight = ended.in_flight.saturating_sub(1),
            None => self.present = self.present.saturating_sub(1),
        }
        while self
            .ended
            .front()
            .is_some_and(|oldest| oldest.in_flight == 0)
        {
            let oldest = self.ended.pop_front();
            settled.extend(oldest.map(|oldest| oldest.then));
            self.first += 1;
        }
    }

    /// Whether everything that was begun has ended; if not, `then` is named when it has.
    pub(crate) fn settle(&mut self, then: IoId) -> bool {
        if self.in_flight() == 0 {
            return true;
        }
        let in_flight = std::mem::take(&mut self.present);
        self.ended.push_back(Epoch { in_flight, then });
        false
    }

    /// What is in flight.
    pub(crate) fn in_flight(&self) -> usize {
        let ended = self.ended.iter().map(|epoch| epoch.in_flight);
        self.present + ended.sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(epochs: &mut Epochs, epoch: u64) -> Vec<IoId> {
        let mut settled = Vec::new();
        epochs.end(epoch, &mut settled);
        settled
    }

    #[test]
    fn who_waits_does_so_for_what_was_begun_before_and_for_nothing_else() {
        let mut epochs = Epochs::default();
        assert!(epochs.settle(IoId(1)), "nothing is in flight");
        let (a, b) = (epochs.begin(), epochs.begin());
        assert!(!epochs.settle(IoId(2)));
        let c = epochs.begin();
        assert_eq!(epochs.in_flight(), 3);

        assert!(end(&mut epochs, b).is_empty());
        assert!(end(&mut epochs, c).is_empty());
        assert_eq!(end(&mut epochs, a), [IoId(2)]);
        assert_eq!(epochs.in_flight(), 0);
        assert!(epochs.settle(IoId(3)));
    }

    #[test]
    fn those_who_wait_are_named_in_their_order() {
        let mut epochs = Epochs::default();
        let a = epochs.begin();
        assert!(!epochs.settle(IoId(1)));
        let b = epochs.begin();
        assert!(!epochs.settle(IoId(2)) && !epochs.settle(IoId(3)));

        assert!(end(&mut epochs, b).is_empty(), "the older one is in flight");

        assert_eq!(end(&mut epochs, a), [IoId(1), IoId(2), IoId(3)]);
        let c = epochs.begin();
        assert!(!epochs.settle(IoId(4)));
        assert_eq!(end(&mut epochs, c), [IoId(4)]);
    }
}
