//! Side-by-side measurements against other servers, and of many labels at once: the programs `peers` and
//! `scale`, and those that they start.

pub mod accounting;
pub mod records;
pub mod statistics;
