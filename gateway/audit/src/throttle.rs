//! Rationing the records that clients can cause at will, label by label.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use labelgate_mac::Label;

use crate::decision::Decision;
use crate::event::Event;
use crate::record::Record;
use crate::trail::Trail;

/// So many labels have a ration of their own; those beyond share one with clients that have no
/// label.
const MOST_LABELS: usize = 16_384;

/// Lets so many records of each label through that a flood of refusals fills no disk and no label
/// takes another's place in the trail. It counts those that it holds back.
#[derive(Debug)]
pub struct Throttle {
    interval: Duration,
    burst: Duration,
    rations: Mutex<HashMap<Option<Label>, Ration>>,
    /// All that were ever held back.
    suppressed: AtomicU64,
}

/// One label's ration: a bucket that leaks at a constant rate.
#[derive(Debug, Clone, Copy)]
struct Ration {
    /// When everything written so far would have been written at the permitted rate.
    due: Instant,
    held_back: u64,
}

/// Records that were held back.
#[derive(Debug, Clone, PartialEq, Eq)]
struct HeldBack {
    label: Option<Label>,
    count: u64,
}

impl Throttle {
    /// So many records of a label at once, and so many per second in the long run.
    #[must_use]
    pub fn new(per_second: u32, burst: u32) -> Self {
        let interval = Duration::from_secs(1) / per_second.max(1);
        Self {
            interval,
            burst: interval * burst.saturating_sub(1),
            rations: Mutex::default(),
            suppressed: AtomicU64::new(0),
        }
    }

    /// Writes the record, or counts it.
    pub fn write(&self, record: &Record<'_>) {
        self.pass(record, Instant::now(), |record| record.write());
    }

    /// Writes down how many were only counted so far, for each label.
    pub fn flush(&self) {
        self.flush_at(Instant::now(), |record| record.write());
    }

    /// How many records it has held back so far, of all labels.
    #[must_use]
    pub fn suppressed(&self) -> u64 {
        self.suppressed.load(Ordering::Relaxed)
    }

    /// Like [`Throttle::write`], into a trail of its own and at a time of its own.
    pub fn write_to(&self, trail: &Trail, record: &Record<'_>, now: Instant) {
        self.pass(record, now, |record| {
            let _ = record.write_to(trail);
        });
    }

    /// Like [`Throttle::flush`], into a trail of its own and at a time of its own.
    pub fn flush_to(&self, trail: &Trail, now: Instant) {
        self.flush_at(now, |record| {
            let _ = record.write_to(trail);
        });
    }

    fn pass(&self, record: &Record<'_>, now: Instant, write: impl Fn(&Record<'_>)) {
        if let Some(held_back) = self.admit(record.label, now) {
            held_back.report(&write);
            write(record);
        }
    }

    fn flush_at(&self, now: Instant, write: impl Fn(&Record<'_>)) {
        let mut found = Vec::new();
        self.lock().retain(|label, ration| {
            let count = std::mem::take(&mut ration.held_back);
            let label = label.clone();
            found.push(HeldBack { label, count });
            // One that is full again is like one that was never used.
            ration.due > now
        });
        found.iter().for_each(|held_back| held_back.report(&write));
    }

    /// Whether a record of this label may be written, and how many were held back before it.
    fn admit(&self, label: Option<&Label>, now: Instant) -> Option<HeldBack> {
        let mut rations = self.lock();
        let mut label = label.cloned();
        if rations.len() >= MOST_LABELS && !rations.contains_key(&label) {
            label = None;
        }
        let fresh = Ration {
            due: now,
            held_back: 0,
        };
        let ration = rations.entry(label.clone()).or_insert(fresh);
        let due = ration.due.max(now);
        if due.duration_since(now) > self.burst {
            ration.held_back = ration.held_back.saturating_add(1);
            self.suppressed.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        ration.due = due + self.interval;
        let count = std::mem::take(&mut ration.held_back);
        Some(HeldBack { label, count })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Option<Label>, Ration>> {
        self.rations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HeldBack {
    fn report(&self, write: impl Fn(&Record<'_>)) {
        if self.count > 0 {
            let reason = format!("{} records were too many to be written singly", self.count);
            let record = Record {
                label: self.label.as_ref(),
                count: Some(self.count),
                ..Record::new(Event::Suppressed, Decision::Note)
            };
            write(&record.reason(&reason));
        }
    }
}
