//! Where everything is in the memory, in words of 64 bits.

/// How many entries each ring has. A worker has at most so many operations under way in a queue
/// pair, those included whose ends it has not taken yet; so the way back is never full.
pub const DEPTH: u32 = 256;

/// What stands in the first word. Another layout has another one.
pub(crate) const VERSION: u64 = 0x6c67_7170_0000_0002;

/// Of a submission.
pub(crate) const SUBMISSION_WORDS: usize = 8;
/// Of a completion.
pub(crate) const COMPLETION_WORDS: usize = 4;

/// A ring.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// How many entries have been put in: the producer's.
    pub(crate) tail: usize,
    /// How many have been taken out: the consumer's.
    pub(crate) head: usize,
    /// Not zero if the consumer sleeps, or is about to.
    pub(crate) sleeps: usize,
    /// The first entry.
    pub(crate) entries: usize,
    /// Words of an entry.
    pub(crate) words: usize,
}

// Each on a pair of cache lines of its own, as processors fetch them in pairs.
pub(crate) const SUBMISSIONS: Layout = Layout {
    tail: 16,
    head: 32,
    sleeps: 48,
    entries: 512,
    words: SUBMISSION_WORDS,
};
pub(crate) const COMPLETIONS: Layout = Layout {
    tail: 64,
    head: 80,
    sleeps: 96,
    entries: SUBMISSIONS.entries + SUBMISSION_WORDS * DEPTH as usize,
    words: COMPLETION_WORDS,
};

/// All of it: seven pages.
pub(crate) const WORDS: usize = COMPLETIONS.entries + COMPLETION_WORDS * DEPTH as usize;
