//! Counters in a page that a worker shares with the supervisor.
//!
//! The supervisor makes a page for each worker ([`Page::create`]), keeps it mapped for reading,
//! and passes its descriptor with the worker's first message. The worker maps it before it
//! confines itself ([`Counters::map`]) and counts there. So a scrape of the metrics wakes no
//! worker, and needs none that is well.
//!
//! The supervisor believes a page for nothing but statistics. It reads a fixed number of words
//! from fixed places; which image a slot stands for is its own knowledge and not the page's; and
//! an [`Account`] takes in what it has read so that no total ever goes backwards, whatever a
//! worker that a guest has taken over writes. Such a worker can spoil its own label's numbers.
//!
//! **Why relaxed atomics are enough.** Each word has one writer, the worker's only thread, and
//! stands for itself: no word says anything about another, so no order between them is needed. A
//! load of one word sees one of the values that were stored in it, whole (it is an aligned atomic
//! of 64 bits), and a later load never an earlier value (read-read coherence, which every memory
//! order gives for a single location). With one writer, `store(load() + n)` loses nothing and
//! needs no locked instruction. What a reader may see is a byte counted whose operation is not
//! yet: statistics live with that, and a histogram's count is computed from its buckets, so that
//! it agrees with them.

mod account;
mod counters;
mod layout;
mod mapping;
mod page;
mod sample;

pub use account::Account;
pub use counters::{Counters, Ended, ImageCounters, MapError};
pub use layout::{
    BOUNDS, BUCKETS, Failure, MAX_SLOTS, Operation, Timed, WorkerCounter, WorkerGauge,
};
pub use page::Page;
pub use sample::{Histogram, ImageAccount, ImageSample, WorkerAccount, WorkerSample};
