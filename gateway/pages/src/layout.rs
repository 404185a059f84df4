//! Where each number lies: a header, the worker's own numbers, then one slot for each image.
//!
//! Every place is a word of 64 bits. Parts begin on cache lines of their own.

use std::ops::Range;
use std::time::Duration;

/// The first word of a page. Whoever changes the layout changes it, so that a worker of another
/// build refuses the page and does not count into the wrong places.
pub(crate) const VERSION: u64 = 0x4c47_5047_0000_0003;

/// Words before the worker's own.
pub(crate) const HEADER_WORDS: usize = 8;
/// Words of the worker's own numbers.
pub(crate) const WORKER_WORDS: usize = 16;
/// Words of one slot.
pub(crate) const IMAGE_WORDS: usize = 144;

/// The most slots a page has. Pages of slots that are not used are never touched.
pub const MAX_SLOTS: u32 = 4096;

/// What a worker counts about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum WorkerCounter {
    /// Bytes that clients have sent, as far as they were asked for by the engine.
    ReceivedBytes,
    /// Bytes that have been sent to clients.
    SentBytes,
    /// Logins that were accepted, discovery included.
    LoginsAccepted,
    /// Logins that were refused.
    LoginsRefused,
    /// Logouts.
    Logouts,
    /// Sessions that were replaced by a new login of their initiator.
    SessionsReinstated,
    /// Connections that ended because their client broke the protocol.
    ProtocolErrors,
    /// Events for the audit trail that were dropped because the supervisor did not take them.
    EventsDropped,
    /// Turns of the worker's loop.
    Turns,
    /// Directories that NFS clients were given to begin with.
    MountsAccepted,
    /// Directories that NFS clients were refused.
    MountsRefused,
    /// Files handles that were refused.
    HandlesRefused,
}

/// What a worker measures about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum WorkerGauge {
    /// Bytes of its buffers that are in use.
    BufferBytes = WORKER_WORDS - 1,
}

/// The words of a worker's own numbers that are gauges.
pub(crate) const WORKER_GAUGES: Range<usize> = WORKER_WORDS - 1..WORKER_WORDS;

/// What is done to an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Operation {
    /// Data is read.
    Read,
    /// Data is written.
    Write,
    /// What has been written goes to stable storage.
    Flush,
    /// A range is no longer needed.
    Discard,
    /// A range becomes zeros.
    WriteZeroes,
    /// Whether a range is allocated.
    Extent,
    /// The image changes its length.
    Resize,
    /// What is known about the image.
    Status,
}

impl Operation {
    /// All of them, in the order of their places.
    pub const ALL: [Self; 8] = [
        Self::Read,
        Self::Write,
        Self::Flush,
        Self::Discard,
        Self::WriteZeroes,
        Self::Extent,
        Self::Resize,
        Self::Status,
    ];
}

/// Operations whose latency is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Timed {
    /// Reads.
    Read,
    /// Writes, also of zeros.
    Write,
    /// Flushes.
    Flush,
}

impl Timed {
    /// All of them, in the order of their places.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Flush];

    /// Under which an operation is timed, if it is.
    #[must_use]
    pub const fn of(operation: Operation) -> Option<Self> {
        match operation {
            Operation::Read => Some(Self::Read),
            Operation::Write | Operation::WriteZeroes => Some(Self::Write),
            Operation::Flush => Some(Self::Flush),
            Operation::Discard | Operation::Extent | Operation::Resize | Operation::Status => None,
        }
    }
}

/// Why an operation has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Failure {
    /// The range is not within the image.
    OutOfRange,
    /// The image is read-only.
    ReadOnly,
    /// The store is full.
    NoSpace,
    /// The store could not read or write its medium.
    Medium,
    /// An earlier flush has failed.
    Poisoned,
    /// The image has been taken away from the label.
    Revoked,
    /// The backend is not there at the moment.
    NotReady,
    /// Something else.
    Other,
}

impl Failure {
    /// All of them, in the order of their places.
    pub const ALL: [Self; 8] = [
        Self::OutOfRange,
        Self::ReadOnly,
        Self::NoSpace,
        Self::Medium,
        Self::Poisoned,
        Self::Revoked,
        Self::NotReady,
        Self::Other,
    ];
}

/// Upper bounds of the buckets of latency, inclusive, in nanoseconds; the last bucket has none.
pub const BOUNDS: [u64; 17] = {
    const US: u64 = 1_000;
    const MS: u64 = 1_000 * US;
    const S: u64 = 1_000 * MS;
    [
        50 * US,
        100 * US,
        250 * US,
        500 * US,
        MS,
        2 * MS + 500 * US,
        5 * MS,
        10 * MS,
        25 * MS,
        50 * MS,
        100 * MS,
        250 * MS,
        500 * MS,
        S,
        2 * S + 500 * MS,
        5 * S,
        10 * S,
    ]
};

/// Buckets of a histogram, with the one that has no bound.
pub const BUCKETS: usize = BOUNDS.len() + 1;

/// The bucket a latency falls into, and the latency in nanoseconds.
pub(crate) fn bucket(latency: Duration) -> (usize, u64) {
    let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
    // Most latencies are in the first few: that is where it looks first.
    let bucket = BOUNDS.iter().position(|&bound| nanoseconds <= bound);
    (bucket.unwrap_or(BOUNDS.len()), nanoseconds)
}

/// Words of one histogram: its buckets, then the sum in nanoseconds.
const HISTOGRAM_WORDS: usize = BUCKETS + 1;

const OPERATIONS: usize = 0;
const BYTES: usize = OPERATIONS + Operation::ALL.len();
const FAILURES: usize = BYTES + Operation::ALL.len();
const HISTOGRAMS: usize = FAILURES + Failure::ALL.len();
const BACKEND: usize = HISTOGRAMS + Timed::ALL.len() * HISTOGRAM_WORDS;
const END: usize = BACKEND + Timed::ALL.len() * HISTOGRAM_WORDS;
/// Operations that have begun and not ended.
pub(crate) const IN_FLIGHT: usize = IMAGE_WORDS - 1;
const _: () = assert!(END <= IN_FLIGHT, "the slot holds everything");

/// The words of a slot that are gauges.
pub(crate) const IMAGE_GAUGES: Range<usize> = IN_FLIGHT..IMAGE_WORDS;

/// Where in a slot the number of these operations is.
pub(crate) const fn operations(operation: Operation) -> usize {
    OPERATIONS + operation as usize
}

/// Where in a slot the bytes of these operations are.
pub(crate) const fn bytes(operation: Operation) -> usize {
    BYTES + operation as usize
}

/// Where in a slot these failures are.
pub(crate) const fn failures(failure: Failure) -> usize {
    FAILURES + failure as usize
}

/// Where in a slot a histogram is.
pub(crate) const fn histogram(timed: Timed) -> Range<usize> {
    let start = HISTOGRAMS + timed as usize * HISTOGRAM_WORDS;
    start..start + HISTOGRAM_WORDS
}

/// Where in a slot a histogram is of what the image's backend has taken.
pub(crate) const fn backend_histogram(timed: Timed) -> Range<usize> {
    let start = BACKEND + timed as usize * HISTOGRAM_WORDS;
    start..start + HISTOGRAM_WORDS
}

/// Where in a page a slot is.
pub(crate) const fn slot(slot: usize) -> Range<usize> {
    let start = HEADER_WORDS + WORKER_WORDS + slot * IMAGE_WORDS;
    start..start + IMAGE_WORDS
}

/// Words of a page with so many slots.
pub(crate) const fn words(slots: u32) -> usize {
    HEADER_WORDS + WORKER_WORDS + slots as usize * IMAGE_WORDS
}

/// Where in a page the worker's own numbers are.
pub(crate) const WORKER: Range<usize> = HEADER_WORDS..HEADER_WORDS + WORKER_WORDS;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_shares_its_place_with_another() {
        let mut taken = [false; IMAGE_WORDS];
        let singles = Operation::ALL
            .iter()
            .flat_map(|&operation| [operations(operation), bytes(operation)]);
        let singles = singles.chain(Failure::ALL.iter().map(|&failure| failures(failure)));
        let histograms = Timed::ALL
            .iter()
            .flat_map(|&timed| histogram(timed).chain(backend_histogram(timed)));
        for place in singles.chain(histograms).chain(IMAGE_GAUGES) {
            assert!(!std::mem::replace(&mut taken[place], true), "{place}");
        }
    }

    #[test]
    fn a_latency_on_a_bound_is_within_it() {
        for (number, &bound) in BOUNDS.iter().enumerate() {
            assert_eq!(bucket(Duration::from_nanos(bound)), (number, bound));
            assert_eq!(bucket(Duration::from_nanos(bound + 1)).0, number + 1);
        }
        assert_eq!(bucket(Duration::ZERO).0, 0);
        assert_eq!(bucket(Duration::MAX), (BUCKETS - 1, u64::MAX));
    }
}
