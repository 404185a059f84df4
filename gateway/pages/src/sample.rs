//! What was read of a page at one time, or has been taken in of many.

use std::ops::Range;

use crate::account::Account;
use crate::layout::{
    self, BUCKETS, Failure, IMAGE_GAUGES, IMAGE_WORDS, Operation, Timed, WORKER_GAUGES,
    WORKER_WORDS, WorkerCounter, WorkerGauge,
};

/// A worker's own numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerSample(pub(crate) [u64; WORKER_WORDS]);

/// An image's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageSample(pub(crate) [u64; IMAGE_WORDS]);

/// The numbers of all workers that a label has had.
pub type WorkerAccount = Account<WorkerSample>;

/// The numbers of one image, under all workers that have had it.
pub type ImageAccount = Account<ImageSample>;

/// How long operations have taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Histogram {
    /// How many fell into each bucket; the bounds are [`crate::BOUNDS`].
    pub buckets: [u64; BUCKETS],
    /// All of them together, in nanoseconds.
    pub nanoseconds: u64,
}

impl WorkerSample {
    /// A count.
    #[must_use]
    pub fn counter(&self, counter: WorkerCounter) -> u64 {
        self.0.get(counter as usize).copied().unwrap_or(0)
    }

    /// A measurement.
    #[must_use]
    pub fn gauge(&self, gauge: WorkerGauge) -> u64 {
        self.0.get(gauge as usize).copied().unwrap_or(0)
    }
}

impl ImageSample {
    /// How many operations of this kind have ended, in whatever way.
    #[must_use]
    pub fn operations(&self, operation: Operation) -> u64 {
        self.word(layout::operations(operation))
    }

    /// How many bytes operations of this kind have moved, or covered, that succeeded.
    #[must_use]
    pub fn bytes(&self, operation: Operation) -> u64 {
        self.word(layout::bytes(operation))
    }

    /// How many operations have failed for this reason.
    #[must_use]
    pub fn failures(&self, failure: Failure) -> u64 {
        self.word(layout::failures(failure))
    }

    /// Operations that have begun and not ended.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.word(layout::IN_FLIGHT)
    }

    /// How long operations of this kind have taken.
    #[must_use]
    pub fn latency(&self, timed: Timed) -> Histogram {
        self.histogram(layout::histogram(timed))
    }

    /// How long the image's backend has taken over operations of this kind.
    #[must_use]
    pub fn backend_latency(&self, timed: Timed) -> Histogram {
        self.histogram(layout::backend_histogram(timed))
    }

    fn histogram(&self, place: Range<usize>) -> Histogram {
        let words = self.0.get(place).unwrap_or_default();
        let mut buckets = [0; BUCKETS];
        for (to, from) in buckets.iter_mut().zip(words) {
            *to = *from;
        }
        let nanoseconds = words.last().copied().unwrap_or(0);
        Histogram {
            buckets,
            nanoseconds,
        }
    }

    fn word(&self, place: usize) -> u64 {
        self.0.get(place).copied().unwrap_or(0)
    }
}

/// Words that an [`Account`] can take in.
pub trait Sample: Copy {
    /// One that has counted nothing.
    const ZERO: Self;
    /// The words.
    fn words(&self) -> &[u64];
    /// The words, to be changed.
    fn words_mut(&mut self) -> &mut [u64];
    /// Whether the word at this place is a gauge.
    fn is_gauge(place: usize) -> bool;
}

impl Sample for WorkerSample {
    const ZERO: Self = Self([0; WORKER_WORDS]);

    fn words(&self) -> &[u64] {
        &self.0
    }

    fn words_mut(&mut self) -> &mut [u64] {
        &mut self.0
    }

    fn is_gauge(place: usize) -> bool {
        WORKER_GAUGES.contains(&place)
    }
}

impl Sample for ImageSample {
    const ZERO: Self = Self([0; IMAGE_WORDS]);

    fn words(&self) -> &[u64] {
        &self.0
    }

    fn words_mut(&mut self) -> &mut [u64] {
        &mut self.0
    }

    fn is_gauge(place: usize) -> bool {
        IMAGE_GAUGES.contains(&place)
    }
}
