//! What waits to be written: bounded, and never waited for by those who have something to say.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// So many records wait at most, and so many bytes.
const MOST_ENTRIES: usize = 16_384;
const MOST_BYTES: usize = 8 << 20;
/// So many are taken at a time.
const BATCH: usize = 256;

/// A record that waits.
#[derive(Debug)]
pub struct Entry {
    /// When it was said. The queue's order is the order of these, as far as the clock has one.
    pub time: Timestamp,
    /// The record's body.
    pub body: String,
}

/// What the writer takes at a time.
#[derive(Debug, Default)]
pub struct Batch {
    /// Records, in order.
    pub entries: Vec<Entry>,
    /// How many after these found no room.
    pub dropped: u64,
    /// Whether these are the last.
    pub last: bool,
}

/// Records on their way to the writer.
#[derive(Debug, Default)]
pub struct Queue {
    state: Mutex<State>,
    filled: Condvar,
}

#[derive(Debug, Default)]
struct State {
    entries: VecDeque<Entry>,
    bytes: usize,
    accepted: u64,
    dropped: u64,
    closed: bool,
}

impl Queue {
    /// Adds a record and returns how many there were with it. `None`: there is no room.
    pub fn push(&self, body: String) -> Option<u64> {
        let mut state = self.lock();
        // Once one was dropped, so are the next until the writer knows: their order is kept.
        let full = state.entries.len() >= MOST_ENTRIES
            || state.bytes.saturating_add(body.len()) > MOST_BYTES;
        if full || state.closed || state.dropped > 0 {
            state.dropped = state.dropped.saturating_add(1);
            return None;
        }
        state.bytes += body.len();
        state.accepted += 1;
        let time = Timestamp::now();
        state.entries.push_back(Entry { time, body });
        let number = state.accepted;
        drop(state);
        self.filled.notify_one();
        Some(number)
    }

    /// Waits at most so long for records.
    pub fn take(&self, patience: Duration) -> Batch {
        let state = self.lock();
        let nothing =
            |state: &mut State| state.entries.is_empty() && state.dropped == 0 && !state.closed;
        let waited = self.filled.wait_timeout_while(state, patience, nothing);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let count = state.entries.len().min(BATCH);
        let entries: Vec<Entry> = state.entries.drain(..count).collect();
        let taken: usize = entries.iter().map(|entry| entry.body.len()).sum();
        state.bytes = state.bytes.saturating_sub(taken);
        if !state.entries.is_empty() {
            return Batch {
                entries,
                ..Batch::default()
            };
        }
        Batch {
            entries,
            dropped: std::mem::take(&mut state.dropped),
            last: state.closed,
        }
    }

    /// Takes nothing more.
    pub fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_counts_what_it_does_not_take() {
        let queue = Queue::default();
        for number in 1..=MOST_ENTRIES as u64 {
            assert_eq!(queue.push("{}".to_owned()), Some(number));
        }
        assert_eq!(queue.push("{}".to_owned()), None);
        assert_eq!(queue.push("{}".to_owned()), None);
        let mut taken = 0;
        let dropped = loop {
            let batch = queue.take(Duration::ZERO);
            taken += batch.entries.len();
            if batch.dropped > 0 {
                break batch.dropped;
            }
        };
        assert_eq!((taken, dropped), (MOST_ENTRIES, 2));
        assert!(queue.push("{}".to_owned()).is_some(), "there is room again");
    }

    #[test]
    fn few_large_records_fill_it_too() {
        let queue = Queue::default();
        let large = "x".repeat(1 << 20);
        let accepted = (0..20)
            .filter(|_| queue.push(large.clone()).is_some())
            .count();
        assert_eq!(accepted, MOST_BYTES >> 20);
    }

    #[test]
    fn what_was_taken_before_the_end_is_still_written() {
        let queue = Queue::default();
        queue.push("{}".to_owned());
        queue.close();
        assert_eq!(queue.push("{}".to_owned()), None);
        let batch = queue.take(Duration::ZERO);
        assert_eq!(
            (batch.entries.len(), batch.dropped, batch.last),
            (1, 1, true)
        );
    }
}
