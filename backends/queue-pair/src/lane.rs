//! One ring: entries from one producer to one consumer.
//!
//! Both count for ever, modulo 2^64; what each has counted itself it remembers and never reads
//! back.

use std::sync::atomic::Ordering;

use crate::layout::Layout;
use crate::words::Words;
use crate::{Broken, PushError};

/// Who puts entries into a ring.
#[derive(Debug)]
pub(crate) struct Producer {
    layout: Layout,
    depth: u32,
    tail: u64,
    /// What the consumer had counted when its bell was last to be rung.
    rung: Option<u64>,
}

/// Who takes them out.
#[derive(Debug)]
pub(crate) struct Consumer {
    layout: Layout,
    depth: u32,
    head: u64,
}

/// Where the entry with this count is.
fn place(layout: Layout, depth: u32, count: u64) -> usize {
    let index = usize::try_from(count % u64::from(depth)).unwrap_or(0);
    layout.entries + index * layout.words
}

impl Producer {
    /// Of an empty ring.
    pub(crate) const fn new(layout: Layout, depth: u32) -> Self {
        Self {
            layout,
            depth,
            tail: 0,
            rung: None,
        }
    }

    /// Puts an entry in.
    pub(crate) fn push<W: Words>(&mut self, words: &W, entry: &[u64]) -> Result<(), PushError> {
        // With this the consumer has read what is about to be overwritten.
        let head = words.load(self.layout.head, Ordering::Acquire);
        let used = self.tail.wrapping_sub(head);
        if used > self.depth.into() {
            return Err(Broken.into());
        }
        if used == self.depth.into() {
            return Err(PushError::Full);
        }
        let place = place(self.layout, self.depth, self.tail);
        for (at, &word) in (place..).zip(entry.iter().take(self.layout.words)) {
            words.store(at, word, Ordering::Relaxed);
        }
        self.tail = self.tail.wrapping_add(1);
        words.store(self.layout.tail, self.tail, Ordering::Release);
        Ok(())
    }

    /// Whether the consumer sleeps and must be woken, which the caller then does. To be asked after
    /// the last of some pushes.
    ///
    /// Once is enough while there is something that it has not taken: it does not sleep again before
    /// it has. If it sleeps because it has not seen the push, what it had counted before it looked is
    /// seen here, since each side has a fence in between.
    pub(crate) fn wakes<W: Words>(&mut self, words: &W) -> bool {
        words.fence();
        if words.load(self.layout.sleeps, Ordering::Relaxed) == 0 {
            return false;
        }
        let head = words.load(self.layout.head, Ordering::Relaxed);
        // If it has taken everything, it may sleep on, and is to be rung for the next.
        head != self.tail && self.rung.replace(head) != Some(head)
    }
}

impl Consumer {
    /// Of an empty ring.
    pub(crate) const fn new(layout: Layout, depth: u32) -> Self {
        Self {
            layout,
            depth,
            head: 0,
        }
    }

    /// Takes an entry out, if there is one.
    pub(crate) fn pop<W: Words, const N: usize>(
        &mut self,
        words: &W,
    ) -> Result<Option<[u64; N]>, Broken> {
        let tail = words.load(self.layout.tail, Ordering::Acquire);
        let there = tail.wrapping_sub(self.head);
        if there > self.depth.into() {
            return Err(Broken);
        }
        if there == 0 {
            return Ok(None);
        }
        let place = place(self.layout, self.depth, self.head);
        let mut entry = [0; N];
        for (at, word) in (place..).zip(entry.iter_mut().take(self.layout.words)) {
            *word = words.load(at, Ordering::Relaxed);
        }
        self.head = self.head.wrapping_add(1);
        words.store(self.layout.head, self.head, Ordering::Release);
        Ok(Some(entry))
    }

    /// Says that the consumer is about to sleep: whether it may, because nothing has come.
    pub(crate) fn arm<W: Words>(&self, words: &W) -> bool {
        words.store(self.layout.sleeps, 1, Ordering::Relaxed);
        words.fence();
        let nothing = words.load(self.layout.tail, Ordering::Acquire) == self.head;
        if !nothing {
            self.disarm(words);
        }
        nothing
    }

    /// Says that it is awake.
    pub(crate) fn disarm<W: Words>(&self, words: &W) {
        words.store(self.layout.sleeps, 0, Ordering::Relaxed);
    }
}
