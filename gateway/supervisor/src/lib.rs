//! labelgated: listens, finds labels, starts and reaps workers.
#![forbid(unsafe_code)]
pub mod config;
pub mod image;
mod network;
mod uid;
