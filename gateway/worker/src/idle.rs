//! An idle worker gives memory back.

use std::time::{Duration, Instant};

/// How long nothing must have happened.
const QUIET: Duration = Duration::from_secs(1);

/// How long it takes, amply, until the driver has freed what it was asked to: the kernel has to
/// let go of it first.
const SETTLED: Duration = Duration::from_millis(50);

/// What is to be given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surplus {
    /// What the driver and the engine hold beyond what an idle worker needs.
    Held,
    /// What is free, but still the process's.
    Heap,
}

/// What is to be given back next, and when, unless something happens before.
#[derive(Debug)]
pub(crate) struct Idle {
    next: Option<(Instant, Surplus)>,
}

impl Idle {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            next: Some((now + QUIET, Surplus::Held)),
        }
    }

    /// Something has happened.
    pub(crate) fn active(&mut self, now: Instant) {
        *self = Self::new(now);
    }

    /// What is to be given back now. Each is named once, and not again before something happens.
    pub(crate) fn due(&mut self, now: Instant) -> Option<Surplus> {
        let (_, surplus) = self.next.take_if(|(due, _)| *due <= now)?;
        if surplus == Surplus::Held {
            self.next = Some((now + SETTLED, Surplus::Heap));
        }
        Some(surplus)
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.next.map(|(due, _)| due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_given_back_once_each_time_the_worker_falls_idle() {
        let start = Instant::now();
        let mut idle = Idle::new(start);
        for now in [start + QUIET * 10, start + QUIET * 20] {
            idle.active(now);
            assert_eq!(idle.due(now), None);
            assert_eq!(idle.due(now + QUIET), Some(Surplus::Held));
            assert_eq!(idle.due(now + QUIET), None);
            assert_eq!(idle.due(now + QUIET * 2), Some(Surplus::Heap));
            assert_eq!(idle.deadline(), None, "it sleeps from now on");
        }
    }
}
