//! The states of a label's worker.
//!
//! ```text
//!            start            all images settled          idle, stopped
//!   Vacancy ───────▶ Starting ──────────────▶ Serving ───────────────▶ Draining
//!      ▲                │                        │                        │
//!      └────────────────┴────────── reaped ──────┴────────────────────────┘
//! ```
//!
//! A worker that is killed stays where it is, as [`Phase::Killed`], until it is reaped: only then
//! has its last I/O ended.

use std::time::{Duration, Instant};

use super::backoff::Backoff;

/// A label without a worker: proof that there has been none, or that the last one is reaped.
///
/// There is one for each label. Starting a worker takes it, reaping the worker gives it back, so
/// that a label never has two.
#[derive(Debug)]
pub struct Vacancy {
    backoff: Backoff,
    not_before: Option<Instant>,
}

impl Vacancy {
    /// The vacancy of a label that never had a worker. Made once for each label, by its service.
    pub(super) fn first() -> Self {
        Self {
            backoff: Backoff::default(),
            not_before: None,
        }
    }

    /// The vacancy after a worker that has been reaped, or could not be started.
    pub(super) fn after_failure(mut self, lived: Duration, now: Instant) -> Self {
        self.not_before = now.checked_add(self.backoff.failed(lived));
        self
    }

    /// The vacancy after a worker that ended as it was asked to.
    pub(super) fn after_orderly_end(mut self) -> Self {
        self.backoff.ended();
        self.not_before = None;
        self
    }

    /// When the next worker may be started at the earliest; `None` is at once.
    #[must_use]
    pub const fn not_before(&self) -> Option<Instant> {
        self.not_before
    }

    /// Whether the next worker may be started.
    #[must_use]
    pub fn is_due(&self, now: Instant) -> bool {
        self.not_before.is_none_or(|at| at <= now)
    }
}

/// Where a living worker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It confines itself and opens its images; connections wait.
    Starting {
        /// When it must be done.
        until: Instant,
    },
    /// It takes connections.
    Serving {
        /// Since when it has had none.
        idle_since: Option<Instant>,
    },
    /// It has been asked to end; connections wait for its successor.
    Draining {
        /// When it must have ended.
        until: Instant,
    },
    /// It has been killed and is not reaped yet; connections wait for its successor.
    Killed,
}

impl Phase {
    /// Everything is there that it was to have.
    #[must_use]
    pub const fn settled(self, now: Instant) -> Self {
        match self {
            Self::Starting { .. } => Self::Serving {
                idle_since: Some(now),
            },
            other => other,
        }
    }

    /// It is asked to end. There is no way back, and no second deadline.
    #[must_use]
    pub const fn drain(self, until: Instant) -> Self {
        match self {
            Self::Starting { .. } | Self::Serving { .. } => Self::Draining { until },
            other => other,
        }
    }

    /// It has so many connections now.
    #[must_use]
    pub const fn with_connections(self, count: usize, now: Instant) -> Self {
        match (self, count) {
            (Self::Serving { idle_since: None }, 0) => Self::Serving {
                idle_since: Some(now),
            },
            (Self::Serving { .. }, 1..) => Self::Serving { idle_since: None },
            (other, _) => other,
        }
    }

    /// When something is to be done about it, given how long it may be idle.
    #[must_use]
    pub fn deadline(self, idle: Duration) -> Option<Instant> {
        match self {
            Self::Starting { until } | Self::Draining { until } => Some(until),
            Self::Serving { idle_since } => idle_since.and_then(|since| since.checked_add(idle)),
            Self::Killed => None,
        }
    }

    /// Whether it takes connections.
    #[must_use]
    pub const fn is_serving(self) -> bool {
        matches!(self, Self::Serving { .. })
    }

    /// Whether it will be gone without anything further being done.
    #[must_use]
    pub const fn is_ending(self) -> bool {
        matches!(self, Self::Draining { .. } | Self::Killed)
    }

    /// Whether it was asked to end and has not been killed.
    #[must_use]
    pub const fn is_draining(self) -> bool {
        matches!(self, Self::Draining { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Duration = Duration::from_secs(300);

    #[test]
    fn a_worker_serves_only_after_it_has_settled_and_never_again_after_draining() {
        let now = Instant::now();
        let until = now + Duration::from_secs(30);
        let starting = Phase::Starting { until };
        assert!(!starting.is_serving());
        assert_eq!(starting.with_connections(1, now), starting);

        let serving = starting.settled(now);
        assert!(serving.is_serving());
        let draining = serving.drain(until);
        assert!(!draining.is_serving());
        assert_eq!(draining.settled(now), draining);
        assert_eq!(
            draining.drain(now),
            Phase::Draining { until },
            "no second deadline"
        );
        for event in [
            Phase::settled(Phase::Killed, now),
            Phase::Killed.drain(until),
        ] {
            assert_eq!(event, Phase::Killed);
        }
    }

    #[test]
    fn idleness_counts_from_the_last_connection() {
        let now = Instant::now();
        let later = now + Duration::from_secs(100);
        let serving = Phase::Starting { until: now }.settled(now);
        assert_eq!(
            serving.deadline(IDLE),
            Some(now + IDLE),
            "one that never had a connection"
        );

        let busy = serving.with_connections(2, now).with_connections(1, later);
        assert_eq!(busy.deadline(IDLE), None);
        let idle = busy.with_connections(0, later);
        assert_eq!(idle.deadline(IDLE), Some(later + IDLE));
        let still = idle.with_connections(0, later + IDLE);
        assert_eq!(
            still, idle,
            "hearing of it again does not make it less idle"
        );
    }

    #[test]
    fn a_vacancy_is_due_after_its_pause() {
        let now = Instant::now();
        let vacancy = Vacancy::first();
        assert!(vacancy.is_due(now));
        let vacancy = vacancy.after_failure(Duration::ZERO, now);
        assert!(!vacancy.is_due(now));
        assert!(vacancy.is_due(now + Duration::from_millis(100)));
        let vacancy = vacancy.after_failure(Duration::ZERO, now);
        assert!(!vacancy.is_due(now + Duration::from_millis(199)));
        assert!(vacancy.after_orderly_end().is_due(now));
    }
}
