//! What both drivers do, by one body for both: a worker with a test engine, real sockets, real
//! files.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::wildcard_imports,
    clippy::print_stdout,
    missing_debug_implementations,
    dead_code,
    reason = "a panic in a test is a failed test, the test protocol's numbers are our own, and each test uses a part of the harness"
)]

#[path = "../harness/mod.rs"]
mod harness;

macro_rules! both {
    ($($name:ident),* $(,)?) => {
        mod ring { $(#[test] fn $name() { super::$name(super::Kind::Ring); })* }
        mod epoll { $(#[test] fn $name() { super::$name(super::Kind::Epoll); })* }
    };
}

mod bytes;
mod ends;
mod fuzz;
mod images;
mod kept;
mod supervisor;
