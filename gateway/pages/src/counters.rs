//! The worker's side of a page.

use std::io;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::layout::{
    self, Failure, IMAGE_WORDS, IN_FLIGHT, Operation, Timed, VERSION, WorkerCounter, WorkerGauge,
};
use crate::mapping::{Access, Mapping};
use crate::page::Page;

/// Why a page cannot be counted into.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    /// It cannot be mapped, or is no page of the supervisor's.
    #[error("the page for counters cannot be mapped: {0}")]
    System(#[from] io::Error),
    /// The supervisor is of another build and counts differently.
    #[error("the page for counters has another layout: labelgated is of another version")]
    Layout,
}

/// One worker's page, for counting. There is one counter for each page: counting is not atomic.
#[derive(Debug)]
pub struct Counters {
    memory: Mapping,
    slots: usize,
}

impl Counters {
    /// Maps a page that the supervisor has made. The descriptor is closed; the mapping stays, and
    /// needs no system call from then on.
    ///
    /// # Errors
    /// See [`MapError`].
    pub fn map(page: OwnedFd) -> Result<Self, MapError> {
        let memory = Mapping::new(&page, Access::Write)?;
        let (first, length) = {
            let words = memory.words();
            (words.first().map(load), words.len())
        };
        let slots = length.saturating_sub(layout::words(0)) / IMAGE_WORDS;
        if first != Some(VERSION) || slots == 0 {
            return Err(MapError::Layout);
        }
        Ok(Self { memory, slots })
    }

    /// A page that nobody else looks at, for a worker without a supervisor.
    ///
    /// # Errors
    /// As [`Counters::map`].
    pub fn alone() -> Result<Self, MapError> {
        let (_, descriptor) = Page::create(1)?;
        Self::map(descriptor)
    }

    /// Counts something of the worker's own.
    pub fn add(&self, counter: WorkerCounter, count: u64) {
        let words = self.memory.words().get(layout::WORKER);
        bump(words.unwrap_or_default().get(counter as usize), count);
    }

    /// Notes a measurement of the worker's own.
    pub fn set(&self, gauge: WorkerGauge, value: u64) {
        let words = self.memory.words().get(layout::WORKER);
        if let Some(word) = words.unwrap_or_default().get(gauge as usize) {
            word.store(value, Ordering::Relaxed);
        }
    }

    /// The numbers of the image of a slot; of the last slot, if there is no such.
    #[must_use]
    pub fn image(&self, slot: u32) -> ImageCounters<'_> {
        let slot = (slot as usize).min(self.slots.saturating_sub(1));
        let words = self.memory.words().get(layout::slot(slot));
        ImageCounters(words.unwrap_or_default())
    }
}

/// The numbers of one image.
#[derive(Debug, Clone, Copy)]
pub struct ImageCounters<'a>(&'a [AtomicU64]);

/// An operation that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// What it was.
    pub operation: Operation,
    /// How many bytes it was about.
    pub bytes: u64,
    /// What became of it.
    pub result: Result<(), Failure>,
    /// How long it has taken.
    pub latency: Duration,
}

impl ImageCounters<'_> {
    /// An operation has begun.
    pub fn began(&self) {
        bump(self.0.get(IN_FLIGHT), 1);
    }

    /// An operation has ended. One that failed has moved no bytes that count.
    pub fn ended(&self, ended: Ended) {
        bump(self.0.get(IN_FLIGHT), u64::MAX);
        bump(self.0.get(layout::operations(ended.operation)), 1);
        match ended.result {
            Ok(()) => bump(self.0.get(layout::bytes(ended.operation)), ended.bytes),
            Err(failure) => bump(self.0.get(layout::failures(failure)), 1),
        }
        if let Some(timed) = Timed::of(ended.operation) {
            self.timed(layout::histogram(timed), ended.latency);
        }
    }

    /// The image's backend has carried out an operation, and has taken so long.
    pub fn backend_ended(&self, operation: Operation, took: Duration) {
        if let Some(timed) = Timed::of(operation) {
            self.timed(layout::backend_histogram(timed), took);
        }
    }

    fn timed(&self, histogram: Range<usize>, latency: Duration) {
        let words = self.0.get(histogram).unwrap_or_default();
        let (bucket, nanoseconds) = layout::bucket(latency);
        bump(words.get(bucket), 1);
        bump(words.last(), nanoseconds);
    }
}

fn load(word: &AtomicU64) -> u64 {
    word.load(Ordering::Relaxed)
}

/// Adds to a word of which this is the only writer; modulo 2^64, so that MAX takes one away.
fn bump(word: Option<&AtomicU64>, count: u64) {
    if let Some(word) = word {
        word.store(load(word).wrapping_add(count), Ordering::Relaxed);
    }
}
