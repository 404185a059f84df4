//! The last records, for trails that have no file to read them from.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::follow::Line;

/// So many records at most, and so many bytes.
const MOST_LINES: usize = 1000;
const MOST_BYTES: usize = 1 << 20;

/// The last records.
#[derive(Debug, Default)]
pub struct Recent(Mutex<Lines>);

#[derive(Debug, Default)]
struct Lines {
    lines: VecDeque<Line>,
    bytes: usize,
}

impl Recent {
    /// Adds a record.
    pub fn push(&self, line: Line) {
        let mut kept = self.lock();
        kept.bytes += line.text.len();
        kept.lines.push_back(line);
        while kept.lines.len() > MOST_LINES || kept.bytes > MOST_BYTES {
            let oldest = kept.lines.pop_front();
            kept.bytes -= oldest.map_or(0, |line| line.text.len());
        }
    }

    /// Those after a number, at most `most`.
    pub fn after(&self, seq: u64, most: usize) -> Vec<Line> {
        let kept = self.lock();
        let begin = kept.lines.partition_point(|line| line.seq <= seq);
        kept.lines.iter().skip(begin).take(most).cloned().collect()
    }

    /// The last `count`.
    pub fn last(&self, count: usize) -> Vec<Line> {
        let kept = self.lock();
        let begin = kept.lines.len().saturating_sub(count);
        kept.lines.iter().skip(begin).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_the_last_ones_within_its_bounds() {
        let recent = Recent::default();
        for seq in 1..=3000 {
            let text = "x".repeat(2000);
            recent.push(Line { seq, text });
        }
        let kept = recent.last(usize::MAX);
        assert_eq!(kept.len(), MOST_BYTES / 2000);
        assert_eq!(kept.last().unwrap().seq, 3000);
        let after: Vec<u64> = recent.after(2990, 3).iter().map(|line| line.seq).collect();
        assert_eq!(after, [2991, 2992, 2993]);
        assert_eq!(recent.after(0, 1)[0].seq, kept[0].seq);
        assert!(recent.after(3000, 10).is_empty());
    }
}
