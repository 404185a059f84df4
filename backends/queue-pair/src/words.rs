//! Shared memory, as words that anybody may change at any time.

use std::sync::atomic::Ordering;

/// Words of 64 bits that two sides share. In service it is a mapped memfd; the test of the model
/// has loom's atomics in its place.
pub trait Words {
    /// Reads a word.
    fn load(&self, at: usize, order: Ordering) -> u64;
    /// Writes a word.
    fn store(&self, at: usize, value: u64, order: Ordering);
    /// Between everything before and everything after, for this thread.
    fn fence(&self);
}

/// The rings over any words, for the test of the model.
#[doc(hidden)]
pub mod model {
    use super::Words;
    use crate::lane::{Consumer, Producer};
    use crate::layout::{COMPLETION_WORDS, Layout};
    use crate::{Broken, PushError};

    /// As few entries as make a ring go round.
    const LAYOUT: Layout = Layout {
        tail: 0,
        head: 1,
        sleeps: 2,
        entries: 3,
        words: COMPLETION_WORDS,
    };

    /// How many words a ring of so many entries has.
    #[must_use]
    pub const fn words(depth: u32) -> usize {
        LAYOUT.entries + LAYOUT.words * depth as usize
    }

    /// The producer of a ring.
    #[derive(Debug)]
    pub struct ModelProducer(Producer);

    /// The consumer of a ring.
    #[derive(Debug)]
    pub struct ModelConsumer(Consumer);

    impl ModelProducer {
        /// Of a ring of so many entries, a power of two.
        #[must_use]
        pub const fn new(depth: u32) -> Self {
            Self(Producer::new(LAYOUT, depth))
        }

        /// See [`crate::WorkerSide::submit`].
        ///
        /// # Errors
        /// [`PushError`]
        pub fn push<W: Words>(&mut self, words: &W, entry: [u64; 4]) -> Result<(), PushError> {
            self.0.push(words, &entry)
        }

        /// See [`crate::WorkerSide::wakes`].
        pub fn wakes<W: Words>(&mut self, words: &W) -> bool {
            self.0.wakes(words)
        }
    }

    impl ModelConsumer {
        /// Of a ring of so many entries, a power of two.
        #[must_use]
        pub const fn new(depth: u32) -> Self {
            Self(Consumer::new(LAYOUT, depth))
        }

        /// See [`crate::WorkerSide::take`].
        ///
        /// # Errors
        /// [`Broken`]
        pub fn pop<W: Words>(&mut self, words: &W) -> Result<Option<[u64; 4]>, Broken> {
            self.0.pop(words)
        }

        /// See [`crate::WorkerSide::arm`].
        pub fn arm<W: Words>(&self, words: &W) -> bool {
            self.0.arm(words)
        }

        /// See [`crate::WorkerSide::disarm`].
        pub fn disarm<W: Words>(&self, words: &W) {
            self.0.disarm(words);
        }
    }
}
